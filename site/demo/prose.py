"""From the plain text of the data files to the small HTML of running text: paragraphs, lists, headings."""

from __future__ import annotations

import re

from django.utils.html import escape

_INLINE = re.compile(r"&lt;(/?)(strong|em|ul|li)&gt;")
_LINK = re.compile(r"\[([^\]]+)\]\((/[^)\s]*)\)")


def html(text: str) -> str:
    """Blocks parted by empty lines: "- " lines are a list, "## " a heading, anything else a paragraph. Inside, only
    strong, em and lists may be written as tags, and [words](/address) is a link within the portal."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def _block(block: str) -> str:
    lines = [line.strip() for line in block.strip().splitlines()]
    if all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>"
    if len(lines) == 1 and lines[0].startswith("## "):
        return f"<h2>{_inline(lines[0][3:])}</h2>"
    whole = _inline(" ".join(lines))
    return whole if whole.startswith("<ul>") else f"<p>{whole}</p>"


def _inline(text: str) -> str:
    return _LINK.sub(r'<a href="\2">\1</a>', _INLINE.sub(r"<\1\2>", escape(text)))
