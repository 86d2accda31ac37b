"""Turns a Django bound field into what the field component shows. No field class of another app is known here."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Option:
    """One radio button or check box."""

    control: SafeString
    id: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Part:
    """One control of a compound widget, such as the day of a date."""

    control: SafeString
    id: str
    label: str


@dataclass(frozen=True)
class FieldView:
    """Everything the field template needs; ``kind`` picks the part of it."""

    kind: str
    id: str
    name: str
    label: str
    hint: str
    errors: list[str]
    required: bool
    optional: bool
    control: SafeString = SafeString("")
    options: list[Option] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    hint_id: str = ""
    error_id: str = ""
    described_by: str = ""


def kind_of(widget: forms.Widget) -> str:
    """One of hidden, radios, checkboxes, checkbox, file, select, textarea, date, group, input.

    A widget may name its own kind in an attribute ``ui_kind``.
    """
    if named := getattr(widget, "ui_kind", ""):
        return str(named)
    if widget.is_hidden:
        return "hidden"
    for types, kind in (
        (forms.CheckboxSelectMultiple, "checkboxes"),
        (forms.RadioSelect, "radios"),
        (forms.CheckboxInput, "checkbox"),
        (forms.FileInput, "file"),
        (forms.Select, "select"),
        (forms.Textarea, "textarea"),
        (forms.SelectDateWidget, "date"),
    ):
        if isinstance(widget, types):
            return kind
    if isinstance(widget, forms.MultiWidget):
        return "date" if len(widget.widgets) == 3 else "group"
    return "input"


def _classes(widget: forms.Widget, kind: str, size: str) -> str:
    base = {"select": "ob-select", "textarea": "ob-textarea", "input": "ob-input"}.get(kind, "")
    return " ".join(filter(None, (base, f"ob-w-{size}" if size and base else "", widget.attrs.get("class", ""))))


def _attributes(widget: forms.Widget, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    attrs: dict[str, Any] = {"class": _classes(widget, kind, str(options.get("size", "")))}
    for name in ("autocomplete", "inputmode", "placeholder", "rows", "maxlength"):
        if options.get(name):
            attrs[name] = options[name]
    if digits := options.get("digits"):
        attrs["class"] += " ob-input--digits"
        attrs |= {
            "inputmode": "numeric",
            "autocomplete": attrs.get("autocomplete", "off"),
            "spellcheck": "false",
            "data-digits": digits,
            "data-digits-text": _("{0} of {1} digits"),
        }
    if limit := options.get("count"):
        attrs |= {
            "data-count-max": limit,
            "data-count-left": _("Characters left: {0}"),
            "data-count-over": _("Too long by {0} characters"),
        }
    return attrs


def _options(bound: BoundField, hints: dict[str, str]) -> list[Option]:
    choices = []
    for sub in bound.subwidgets:
        data = sub.data
        hint = hints.get(str(data["value"]), "")
        option_id = data["attrs"].get("id", "")
        extra = f"{option_id}_hint" if hint else ""
        data["attrs"].pop("aria-describedby", None)
        data["attrs"].pop("aria-invalid", None)
        if extra:
            data["attrs"]["aria-describedby"] = extra
        data["wrap_label"] = False
        choices.append(Option(sub.tag(wrap_label=False), option_id, str(data["label"]), hint))
    return choices


def _parts(bound: BoundField, labels: list[str]) -> list[Part]:
    context = bound.field.widget.get_context(
        bound.html_name, bound.value(), bound.build_widget_attrs({"id": bound.auto_id or ""})
    )
    parts = []
    for index, sub in enumerate(context["widget"]["subwidgets"]):
        attrs = sub["attrs"]
        select = sub.get("template_name", "").endswith("select.html")
        attrs["class"] = "ob-select" if select else "ob-input"
        attrs.pop("aria-describedby", None)
        if bound.errors:
            attrs["aria-invalid"] = "true"
        label = str(attrs.pop("aria-label", "") or (labels[index] if index < len(labels) else ""))
        if not select:
            attrs.setdefault("inputmode", "numeric")
            if index == len(context["widget"]["subwidgets"]) - 1 and len(labels) == 3:
                attrs["class"] += " ob-input--year"
        html = bound.form.renderer.render(sub["template_name"], {"widget": sub})
        parts.append(Part(SafeString(html), str(attrs.get("id", "")), label))
    return parts


def view_of(bound: BoundField, **options: Any) -> FieldView:
    """The field as its component shows it; ``options`` are those of ``{% ui_field %}`` (theme/README.md)."""
    widget = bound.field.widget
    kind = kind_of(widget)
    hint = str(options.get("hint", bound.help_text) or "")
    hint_id = f"{bound.auto_id}_helptext" if hint else ""
    errors = [str(error) for error in bound.errors]
    error_id = f"{bound.auto_id}_error" if errors else ""
    described_by = " ".join(filter(None, (hint_id, error_id)))
    attrs = _attributes(widget, kind, options)
    if described_by:
        attrs["aria-describedby"] = described_by
    control = SafeString("")
    choices: list[Option] = []
    parts: list[Part] = []
    identifier = bound.id_for_label or bound.auto_id or bound.html_name
    if kind in {"radios", "checkboxes"}:
        choices = _options(bound, options.get("option_hints") or {})
        identifier = choices[0].id if choices else identifier
    elif kind in {"date", "group"}:
        labels = list(options.get("part_labels") or getattr(widget, "part_labels", None) or [])
        if not labels and kind == "date":
            labels = [_("Day"), _("Month"), _("Year")]
        parts = _parts(bound, labels)
        identifier = parts[0].id if parts else identifier
    elif kind == "file":
        # ClearableFileInput would add its own "currently" line: the list of files says that better.
        attrs.pop("class", None)
        control = bound.as_widget(_plain_file(widget), attrs=attrs)
    else:
        control = bound.as_widget(attrs=attrs)
    return FieldView(
        kind=kind,
        id=identifier,
        name=bound.html_name,
        label=str(options.get("label", bound.label) or ""),
        hint=hint,
        errors=errors,
        required=bound.field.required,
        optional=bool(options.get("optional", not bound.field.required and kind != "checkbox")),
        control=control,
        options=choices,
        parts=parts,
        hint_id=hint_id,
        error_id=error_id,
        described_by=described_by,
    )


def _plain_file(widget: forms.Widget) -> forms.Widget:
    plain = copy.copy(widget)
    if isinstance(plain, forms.ClearableFileInput):
        plain.template_name = "django/forms/widgets/file.html"
    return plain
