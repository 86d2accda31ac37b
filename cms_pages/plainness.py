"""What makes a page hard to read: long sentences and paragraphs, links that say nothing, headings out of order,
pictures without words. Shown beside Wagtail's own checks while an editor writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.fields import RichTextField

#: Words in a sentence and in a paragraph beyond which a reader gets lost (plain Polish: shorter than 25 words).
LONG_SENTENCE, LONG_PARAGRAPH = 25, 110
#: Texts of links that say nothing when read out of their place (WCAG 2.4.4, 2.4.9).
EMPTY_LINKS = frozenset(
    {"tutaj", "tu", "kliknij", "kliknij tutaj", "więcej", "czytaj więcej", "zobacz", "zobacz więcej", "link", "strona",
     "here", "click here", "more", "read more", "тут", "тут натисніть", "більше", "детальніше"}
)  # fmt: skip
#: A full stop after these ends no sentence.
_SHORT = frozenset(
    "al art dr dz godz gr im inż itd itp j lit m.in max mgr min mjr nr np os par pkt pl płk pok poz prof r red rozdz s "
    "st str sygn tab tel tj tys tzn tzw u ul ust ww zał zob zł".split()
)
_END = re.compile(r"[.!?…]+[”\")]*(?=\s+[„“\"(]?[A-ZĄĆĘŁŃÓŚŹŻА-ЯІЇЄҐ0-9])")
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_BARE = re.compile(r"^(https?://|www\.)\S+$", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One thing to mend: what it is, where (a piece of the text), and how to mend it."""

    title: str
    place: str
    help: str


class _Reader(HTMLParser):
    """Takes running text apart into blocks (tag, text) and links (text)."""

    BLOCKS = frozenset({"p", "li", "h2", "h3", "h4"})

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[tuple[str, str]] = []
        self.links: list[str] = []
        self._block: list[str] = []
        self._tag = "p"
        self._link: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self._end_block()
            self._tag = tag
        elif tag == "a":
            self._link = []
        elif tag == "br":
            self._block.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self._end_block()
        elif tag == "a" and self._link is not None:
            self.links.append("".join(self._link).strip())
            self._link = None

    def handle_data(self, data: str) -> None:
        self._block.append(data)
        if self._link is not None:
            self._link.append(data)

    def close(self) -> None:
        super().close()
        self._end_block()

    def _end_block(self) -> None:
        text = " ".join("".join(self._block).split())
        if text:
            self.blocks.append((self._tag, text))
        self._block, self._tag = [], "p"


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph."""
    found, begin = [], 0
    for match in _END.finditer(text):
        before = text[begin : match.start()].rsplit(None, 1)
        last = before[-1].lower().lstrip('(„"') if before else ""
        number = last.isdigit() and len(before) == 1
        if match[0] == "." and (last in _SHORT or number or (len(last) == 1 and last.isalpha())):
            continue
        found.append(text[begin : match.end()].strip())
        begin = match.end()
    rest = text[begin:].strip()
    return [*found, rest] if rest else found


def words(text: str) -> int:
    """How many words a text has."""
    return len(_WORD.findall(text))


def of_html(html: str) -> list[Finding]:
    """What to mend in one running text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [*_of_blocks(reader.blocks), *_of_links(reader.links)]


def _of_blocks(blocks: list[tuple[str, str]]) -> Iterator[Finding]:
    level = 1
    for tag, text in blocks:
        if tag.startswith("h"):
            here = int(tag[1])
            if here > level + 1:
                yield Finding(_("Heading out of order"), _cut(text),
                              _("Do not skip a level: a heading %(level)s stands below a heading %(above)s.")
                              % {"level": here, "above": here - 1})  # fmt: skip
            level = here
            continue
        for sentence in sentences(text):
            if (count := words(sentence)) > LONG_SENTENCE:
                help_text = ngettext(
                    "It has %(count)s word. Make two sentences of it, or a list.",
                    "It has %(count)s words. Make two sentences of it, or a list.",
                    count,
                )
                yield Finding(_("Long sentence"), _cut(sentence), help_text % {"count": count})
        if (count := words(text)) > LONG_PARAGRAPH:
            yield Finding(_("Long paragraph"), _cut(text), _("Divide it, and give the parts headings."))


def _of_links(links: list[str]) -> Iterator[Finding]:
    for text in links:
        if text.lower().strip(" .…»›>") in EMPTY_LINKS:
            help_text = _("Write where the link leads: people jump from link to link without the text around it.")
            yield Finding(_("Link that says nothing"), text, help_text)
        elif _BARE.match(text):
            yield Finding(
                _("Address instead of a text"), _cut(text), _("Write the name of the page as the link's text.")
            )


def of_page(page: Any) -> list[Finding]:
    """What to mend on a page, in the order of its fields. Pictures that tell something need words."""
    found: list[Finding] = []
    for field in page._meta.get_fields():
        value = getattr(page, field.name, None) if getattr(field, "concrete", False) else None
        if isinstance(field, RichTextField) and value:
            found += of_html(str(value))
        elif field.name == "lead" and value:
            found += list(_of_blocks([("p", str(value))]))
        elif field.name in ("image", "photo", "map_image") and value is not None and not value.description.strip():
            found.append(Finding(_("Picture without words"), value.title,
                                 _("Describe the picture in its record, unless it only decorates.")))  # fmt: skip
    return found


def _cut(text: str) -> str:
    return str(Truncator(text).chars(110))
