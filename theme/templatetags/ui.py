"""``{% ui %}``, ``{% uiblock %}``, ``{% ui_field %}``: how templates make components (see theme/README.md)."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _

from theme.fields import view_of
from theme.icons import ICONS

register = template.Library()

#: What every component may see of the page around it.
_SHARED = ("request", "csrf_token", "CSP_NONCE", "LANGUAGE_CODE")


def _render(context: Context, name: str, arguments: dict[str, Any]) -> SafeString:
    shared = {key: context[key] for key in _SHARED if key in context}
    return render_to_string(f"components/{name.replace('-', '_')}.html", {**shared, **arguments})


@register.simple_tag(takes_context=True)
def ui(context: Context, component: str, **arguments: Any) -> SafeString:
    """The component ``components/<component>.html`` with these arguments (``name`` may be one of them); dashes and
    underscores in its name are the same."""
    return _render(context, component, arguments)


@register.simple_block_tag(takes_context=True)
def uiblock(context: Context, content: str, component: str, **arguments: Any) -> SafeString:
    """As ``{% ui %}``, with the enclosed markup as the component's ``content``. Ends with ``{% enduiblock %}``."""
    return _render(context, component, {**arguments, "content": content})


@register.simple_tag(takes_context=True)
def ui_field(context: Context, field: BoundField, **options: Any) -> SafeString:
    """A Django form field with label, hint, error and control; options are listed in theme/README.md."""
    return _render(context, "field", {**options, "field": view_of(field, **options)})


@register.simple_tag(takes_context=True)
def ui_form(context: Context, form: Any, **options: Any) -> SafeString:
    """All fields of the form one below the other (hidden ones too), without ``<form>`` or error summary."""
    return SafeString("".join(ui_field(context, bound, **options) for bound in form))


@register.simple_tag(takes_context=True)
def ui_errors(context: Context, *forms: Any, title: str = "") -> SafeString:
    """The error summary of one or several bound forms; nothing when there is no error."""
    return _render(context, "error_summary", {"errors": _errors(forms), "title": title})


@register.simple_tag
def title_prefix(*forms: Any) -> str:
    """``"Błąd: "`` (translated) when one of the forms has errors; for the page's title."""
    return _("Error: ") if any(getattr(form, "errors", None) for form in forms) else ""


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An inline drawing; without ``label`` it is hidden from screen readers. Raises KeyError for an unknown name."""
    speech = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="ob-icon {}" viewBox="0 0 24 24" {} focusable="false">{}</svg>',
        css,
        speech,
        SafeString(ICONS[name]),
    )


@register.filter
def anchor(value: object) -> str:
    """An id made of words: for components whose caller gave none."""
    return slugify(str(value)) or "part"


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """``mapping[key]`` for dictionaries, sequences and forms; empty when absent."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return ""


def _errors(forms: tuple[Any, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for form in forms:
        if form is None or not getattr(form, "errors", None):
            continue
        found.extend({"text": str(text), "href": ""} for text in form.non_field_errors())
        for bound in form:
            target = f"#{view_of(bound).id}" if bound.errors else ""
            # "This field is required" alone would not say which: the label goes before it.
            required = str(bound.field.error_messages.get("required", ""))
            found.extend(
                {"text": f"{bound.label} – {text}" if text == required else str(text), "href": target}
                for text in bound.errors
            )
    return found
