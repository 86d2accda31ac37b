"""Files. They are stored the moment they arrive; the answer names them by digest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from cms_pages.forms.fields.base import Kind, Parts, Unfit, register, whole_number
from cms_pages.forms.spec import Field, Json
from documents.reading.policy import DEFAULT, MB, TYPES, UploadPolicy, UploadRefused, check_set, size_words

_DIGEST = re.compile(r"[0-9a-f]{64}")


class SeveralFiles(forms.ClearableFileInput):
    """A file input that may take several files at once."""

    allow_multiple_selected = True


class FileList(forms.Field):
    """What the step's form puts in: the list of files the draft keeps for this field."""

    widget = SeveralFiles

    def clean(self, value: object) -> object:
        return value


@register
class Files(Kind):
    """A list of stored files: [{"sha256", "name", "size" (bytes), "type"}]."""

    name, label, icon = "files", gettext_lazy("Files"), "upload"

    def settings_blocks(self) -> list[tuple[str, blocks.Block]]:
        return [
            ("extensions", blocks.MultipleChoiceBlock(
                label=gettext_lazy("Types taken (none ticked: all)"), required=False,
                choices=[(e, e.upper()) for e in TYPES if e not in ("jpeg", "tiff")])),
            ("max_mb", blocks.IntegerBlock(label=gettext_lazy("Largest file in MB"), required=False, min_value=1,
                                           max_value=DEFAULT.max_bytes // MB)),
            ("max_files", blocks.IntegerBlock(label=gettext_lazy("At most files"), required=False, min_value=1,
                                              max_value=DEFAULT.max_files)),
        ]  # fmt: skip

    def read_settings(self, value: Mapping[str, Any]) -> dict[str, Any]:
        found = super().read_settings(value)
        if found.get("extensions"):
            found["extensions"] = [e for e in TYPES if e in found["extensions"]]
        return {name: setting for name, setting in found.items() if setting}

    def problems(self, item: Field) -> Iterator[tuple[str, str]]:
        if unknown := set(item.settings.get("extensions") or ()) - set(TYPES):
            yield "extensions", _("Unknown file types: %(types)s.") % {"types": ", ".join(sorted(unknown))}

    @staticmethod
    def policy(item: Field) -> UploadPolicy:
        """What this field takes; never more than the installation's own policy."""
        wanted = list(item.settings.get("extensions") or ())
        wanted += [twin for one, twin in (("jpg", "jpeg"), ("tif", "tiff")) if one in wanted]
        return DEFAULT.narrowed(wanted, max_bytes=whole_number(item.settings, "max_mb", 25) * MB,
                                max_files=whole_number(item.settings, "max_files", 10))  # fmt: skip

    def rules(self, item: Field) -> str:
        """What may be added, said before the citizen tries."""
        policy = self.policy(item)
        count = ngettext("%(n)d file", "up to %(n)d files", policy.max_files) % {"n": policy.max_files}
        return _("%(count)s, each up to %(size)s. Types: %(types)s.") % {
            "count": count, "size": size_words(policy.max_bytes), "types": policy.words()}  # fmt: skip

    def parts(self, item: Field, language: str) -> dict[str, forms.Field]:
        accept = self.policy(item).accept
        return {"": FileList(label=item.label.in_language(language), required=False,
                             widget=SeveralFiles(attrs={"accept": accept, "multiple": True}))}  # fmt: skip

    def combine(self, item: Field, parts: Parts) -> Json:
        files = parts.get("") or []
        if not files:
            return None
        if not isinstance(files, list) or not all(_is_file(f) for f in files):
            raise Unfit(_("The files could not be read. Add them again."))
        try:
            check_set([f["size"] for f in files], self.policy(item))
        except UploadRefused as error:
            raise Unfit(error.message) from error
        return [{"sha256": f["sha256"], "name": f["name"], "size": f["size"], "type": f["type"]} for f in files]

    def display(self, item: Field, value: Json, language: str = "pl") -> str:
        return "\n".join(f"{f['name']} ({size_words(f['size'])})" for f in files_in(value))

    def schema(self, item: Field) -> dict[str, Any]:
        one = {"type": "object", "required": ["sha256", "name", "size", "type"], "additionalProperties": False,
               "properties": {"sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                              "name": {"type": "string", "maxLength": 160}, "size": {"type": "integer", "minimum": 1},
                              "type": {"type": "string", "maxLength": 120}}}  # fmt: skip
        return {"type": "array", "items": one, "minItems": 1, "maxItems": self.policy(item).max_files}

    def missing(self, item: Field, language: str) -> str:
        return _("Add a file: %(label)s.") % {"label": item.label.in_language(language)}


def files_in(value: Json) -> list[dict[str, Any]]:
    """The well-formed files of an answer."""
    found: list[Any] = value if isinstance(value, list) else []
    return [f for f in found if _is_file(f)]


def _is_file(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("sha256"), str)
        and _DIGEST.fullmatch(value["sha256"]) is not None
        and isinstance(value.get("name"), str)
        and isinstance(value.get("size"), int)
        and isinstance(value.get("type"), str)
    )
