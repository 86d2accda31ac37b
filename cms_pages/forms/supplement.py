"""The form by which a party answers a call for a supplement; made from the call's items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from cms_pages.forms.fields import Files, kind_of
from cms_pages.forms.fields.plain import MAX_TEXT
from cms_pages.forms.spec import Field, Text
from documents.files import store_upload
from documents.filing import Answer, Attachment
from documents.reading.policy import UploadRefused, clean_filename
from journal.errors import Refused

#: Which kind of field asks for which kind of item.
KINDS_OF = {"text": "long_text", "file": "files", "signature": "files"}
SIGN = gettext_lazy(
    "Open “What you sent” below, download your letter (PDF or XML), sign it, for example with a trusted or a qualified "
    "signature, and add the signed file here. Do not change the letter itself."
)


class StoredFileField(forms.FileField):
    """An upload that is checked by the office's policy and stored at once; cleans to an Attachment or None."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            blob = store_upload(upload.name or "", upload.size or 0, upload)
        except (UploadRefused, Refused) as error:
            raise forms.ValidationError(str(error.message)) from error
        return Attachment(blob.sha256, clean_filename(upload.name or "", blob.media_type), blob.media_type, blob.size)


def supplement_form(items: Sequence[dict[str, Any]], data: Any = None, files: Any = None) -> forms.Form:
    """A form with one field per item: text, file, or a signature (a signed file).

    The same kinds of fields as in the forms of services, so that a text is cleaned and a fault said alike; only a file
    is kept at once here, because an answer has no draft that would keep it.
    """
    form = forms.Form(data, files)
    language = get_language() or "pl"
    for item in items:
        kept = {"max_length": MAX_TEXT} if item["kind"] == "text" else {"max_files": 1}
        spec = Field(item["id"], KINDS_OF[item["kind"]], Text(item["label"]), required=item["required"], settings=kept)
        kind = kind_of(spec)
        field: forms.Field
        if isinstance(kind, Files):
            hint = SIGN if item["kind"] == "signature" else kind.rules(spec)
            field = StoredFileField(label=item["label"], help_text=hint)
        else:
            field = kind.parts(spec, language)[""]
        field.required = spec.required
        field.error_messages["required"] = kind.missing(spec, language)
        form.fields[item["id"]] = field
    return form


def answers_of(items: Sequence[dict[str, Any]], form: forms.Form) -> tuple[tuple[Answer, ...], tuple[Attachment, ...]]:
    """What a valid form holds, as answers and attachments of a Filing."""
    answers, attachments = [], []
    for item in items:
        value = form.cleaned_data.get(item["id"])
        if isinstance(value, Attachment):
            attachments.append(value)
            answers.append(Answer(item["id"], item["label"], "file", value.file_name, value.file_name))
        elif value:
            answers.append(Answer(item["id"], item["label"], "text", value, value))
    return tuple(answers), tuple(attachments)
