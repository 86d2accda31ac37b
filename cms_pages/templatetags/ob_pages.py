"""Tags of the portal's pages: what search engines and other sites read of them."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.models import Page

from cms_pages import languages, meta
from cms_pages.edition import remembered
from cms_pages.models.wording import newer_original

register = template.Library()

#: Characters that could end a script element or be read as markup.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@register.simple_tag
def json_ld(text: str) -> SafeString:
    """JSON-LD in a script element; nothing for an empty text. The element is data: nothing in it runs."""
    if not text:
        return SafeString("")
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text.translate(_ESCAPES)))


@register.simple_tag(takes_context=True)
def page_trail(context: Context, page: Page) -> list[dict[str, str]]:
    """The pages above a page; those above a form in the active language, where they are translated."""
    request = context.get("request")
    return remembered(request, f"trail-{page.pk}", lambda: _trail(request, page))


def _trail(request: HttpRequest | None, page: Page) -> list[dict[str, str]]:
    above = page.get_ancestors().filter(depth__gt=1).select_related("locale")
    if getattr(page, "speaks_all_languages", False) and languages.active() != page.locale.language_code:
        above = [languages.in_language(each, languages.active()) or each for each in above]
    return [
        {"url": each.get_url(request) or "", "title": each.title, "language": each.locale.language_code}
        for each in above
    ]


@register.simple_tag(takes_context=True)
def service_card(context: Context, service: Page, heading: str = "h3") -> SafeString:
    """One card of the catalogue, drawn once for all pages that show it. `service` comes from `with_state`."""
    request = context.get("request")
    shown = {"service": service, "heading": heading, "request": request}
    return remembered(
        request, f"card-{service.pk}-{heading}", lambda: render_to_string("portal/_service_card.html", shown)
    )


@register.simple_tag(takes_context=True)
def newer_polish(context: Context, page: Page) -> dict[str, Any]:
    """The Polish page, where it says something newer than this translation of it; empty where not."""
    if page.locale.language_code == settings.LANGUAGE_CODE:
        return {}
    newer = newer_original(page)
    if newer is None or not newer.page.live:
        return {}
    return {"url": newer.page.get_url(context.get("request")) or "", "day": newer.changed_at}


@register.simple_tag(takes_context=True)
def page_meta(context: Context, page: Page) -> SafeString:
    """Description, canonical address, other languages, Open Graph, feeds and structured data of a page."""
    found = meta.of_page(page, context.get("request"))
    lines = [format_html('<meta name="{}" content="{}">', name, value) for name, value in found.names if value]
    lines += [format_html('<meta property="{}" content="{}">', name, said) for name, said in found.properties if said]
    for attributes in found.links:
        inside = [format_html('{}="{}"', name, value) for name, value in attributes.items()]
        lines.append(format_html("<link {}>", SafeString(" ".join(inside))))
    lines.append(json_ld(found.structured))
    return SafeString("\n  ".join(line for line in lines if line))
