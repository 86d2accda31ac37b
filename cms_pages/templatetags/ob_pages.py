"""Tags of the portal's pages: what search engines and other sites read of them."""

from __future__ import annotations

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.models import Page

from cms_pages import meta

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
