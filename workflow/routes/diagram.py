"""A route as a picture: one row for each group, boxes side by side, an arrow from row to row. Pure; gives SVG.

The colours are classes of the admin's style sheet, so the picture follows light, dark, contrast and print; every state
is told by a word and a sign, too, never by colour alone. The same in words stands beside it (`Row`, `Box`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDE, TALL, GAP, DOWN = 232, 92, 20, 46
#: Letters of a line that fit into a box.
LETTERS, LINES = 25, 2


class Standing(StrEnum):
    """How a step stands in a running process; a template's steps have none."""

    NONE = ""
    DONE = "done"
    NOW = "now"
    WAITING = "waiting"


@dataclass(frozen=True)
class Box:
    """One step: what is done, by whom, what else is said of it, and how it stands."""

    label: str
    who: str
    notes: tuple[str, ...] = ()
    standing: Standing = Standing.NONE
    #: The word for the standing, in the reader's language.
    said: str = ""


@dataclass(frozen=True)
class Row:
    """Steps side by side and, where there are several, how many of them are needed, in words."""

    boxes: tuple[Box, ...]
    needed: str = ""


SIGNS = {Standing.DONE: "✓", Standing.NOW: "●", Standing.WAITING: "○"}


def draw(rows: Sequence[Row], *, title: str, description: str, name: str) -> SafeString:
    """The picture. `name`: an id of its own on the page, for the labels."""
    widest = max((len(row.boxes) for row in rows), default=1)
    width = widest * WIDE + (widest - 1) * GAP + 4
    heights = [max(_height(box) for box in row.boxes) for row in rows]
    top, parts = 2, []
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        if number:
            parts.append(_arrow(width // 2, top - DOWN, row.needed))
        left = (width - len(row.boxes) * WIDE - (len(row.boxes) - 1) * GAP) // 2
        if len(row.boxes) > 1:
            parts.append(_frame(left - 8 if left > 8 else 1, top - 1, width, height, len(row.boxes)))
        parts += [_box(box, left + place * (WIDE + GAP), top, height) for place, box in enumerate(row.boxes)]
        top += height + DOWN
    whole = max(top - DOWN + 4, 10)
    return format_html(
        '<svg class="obieg-route" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{title}</title><desc id="{n}-d">{description}</desc>{inside}'
        "</svg>",
        w=width, h=whole, n=name, title=title, description=description,
        inside=mark_safe("".join(parts)),
    )  # fmt: skip


def _height(box: Box) -> int:
    lines = sum(len(_lines(note)) for note in box.notes)
    return TALL - 20 + 18 * (lines + len(_lines(box.who)) - 1) + 16


def _lines(text: str) -> list[str]:
    found = wrap(text, LETTERS) or [""]
    return found if len(found) <= LINES else [*found[: LINES - 1], found[LINES - 1][: LETTERS - 1] + "…"]


def _frame(left: int, top: int, width: int, height: int, boxes: int) -> SafeString:
    wide = min(boxes * WIDE + (boxes - 1) * GAP + 16, width - 2)
    return format_html(
        '<rect class="obieg-route__side" x="{}" y="{}" width="{}" height="{}" rx="10"/>', left, top, wide, height + 2
    )


def _arrow(middle: int, top: int, needed: str) -> SafeString:
    line = format_html(
        '<path class="obieg-route__arrow" d="M{x} {a}V{b}m-6 -8l6 8 6 -8"/>', x=middle, a=top + 4, b=top + DOWN - 5
    )
    if not needed:
        return line
    words = format_html('<text class="obieg-route__needed" x="{}" y="{}">{}</text>', middle + 14, top + 28, needed)
    return format_html("{}{}", line, words)


def _box(box: Box, left: int, top: int, height: int) -> SafeString:
    said: list[tuple[str, str]] = [("obieg-route__label", box.label)]
    said += [("obieg-route__who", line) for line in _lines(box.who)]
    said += [("obieg-route__note", line) for note in box.notes for line in _lines(note)]
    texts = format_html_join(
        "", '<text class="{}" x="{}" y="{}">{}</text>',
        ((css, left + 14, top + 28 + 19 * number, text) for number, (css, text) in enumerate(said)),
    )  # fmt: skip
    sign = (
        format_html(
            '<text class="obieg-route__sign" x="{}" y="{}" text-anchor="end">{} {}</text>',
            left + WIDE - 12, top + height - 10, SIGNS[box.standing], box.said,
        )  # fmt: skip
        if box.standing
        else ""
    )
    return format_html(
        '<g class="obieg-route__box obieg-route__box--{}"><rect x="{}" y="{}" width="{}" height="{}" rx="8"/>{}{}</g>',
        box.standing or "plain", left, top + 3, WIDE - 2, height - 6, texts, sign,
    )  # fmt: skip
