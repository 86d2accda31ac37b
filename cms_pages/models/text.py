"""Running text of pages: what editors may use in it, and its words without tags."""

from __future__ import annotations

from django.utils.html import strip_tags

#: What editors may use in running text; no images from elsewhere, no embeds.
TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "hr"]

#: The same for texts that are easy to read: no small marks.
EASY = ["h2", "bold", "ul", "link"]


def plain(html: str) -> str:
    """Running text without tags."""
    return strip_tags(html.replace("</p>", "</p>\n").replace("</li>", "</li>\n"))
