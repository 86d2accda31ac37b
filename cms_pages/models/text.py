"""Running text of pages: what editors may use in it, and its words without tags."""

from __future__ import annotations

from django.utils.html import strip_tags

#: What editors may use in running text; no images from elsewhere, no embeds.
TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "hr"]


def plain(html: str) -> str:
    """Running text without tags."""
    return strip_tags(html.replace("</p>", "</p>\n").replace("</li>", "</li>\n"))
