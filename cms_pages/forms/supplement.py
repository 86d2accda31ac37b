"""The form by which a party answers a call for a supplement; made from the call's items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from documents.files import store_upload
from documents.filing import Answer, Attachment
from documents.reading.policy import DEFAULT, UploadRefused, clean_filename
from journal.errors import Refused


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
    """A form with one field per item: text, file, or a signature (a signed file)."""
    form = forms.Form(data, files)
    for item in items:
        if item["kind"] == "text":
            form.fields[item["id"]] = forms.CharField(
                label=item["label"], required=item["required"], max_length=20_000,
                widget=forms.Textarea(attrs={"rows": 4}))
        else:
            hint = _("A signed file (PDF or XML)") if item["kind"] == "signature" else DEFAULT.words()
            form.fields[item["id"]] = StoredFileField(label=item["label"], required=item["required"], help_text=hint)
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
