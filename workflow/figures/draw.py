"""The boards' pictures as SVG: pure, with a title and a description; the numbers stand in a table beside each."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

CELL, NAME, HEAD = 34, 190, 30
BAR, TALL, GROUND = 30, 200, 34
#: The widest bar of a funnel and the height of one.
FUNNEL, HIGH = 320, 48
#: Steps of the heat map's scale, the first for nothing.
STEPS = 5


def frame(css: str, name: str, size: tuple[int, int], title: str, description: str, inside: SafeString) -> SafeString:
    return format_html(
        '<svg class="obieg-figure {css}" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-labelledby="{n}-t {n}-d"><title id="{n}-t">{title}</title><desc id="{n}-d">{desc}</desc>{inside}</svg>',
        css=css, w=size[0], h=size[1], n=name, title=title, desc=description, inside=inside,
    )  # fmt: skip


def step_of(value: int, most: int) -> int:
    """The step of the scale for a value: 0 for nothing, the last for the most."""
    return 0 if value <= 0 or most <= 0 else min(STEPS - 1, 1 + (STEPS - 1) * (value - 1) // most)


def heat(
    rows: Sequence[tuple[str, Sequence[int]]], heads: Sequence[str], *, name: str, title: str, description: str
) -> SafeString:
    """A map of rows and columns; each cell holds its number, darker where there is more."""
    most = max((value for _label, values in rows for value in values), default=0)
    width, height = NAME + CELL * len(heads) + 4, HEAD + CELL * len(rows) + 4
    tops = format_html_join(
        "", '<text class="obieg-figure__head" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((NAME + CELL * place + CELL // 2, HEAD - 10, text) for place, text in enumerate(heads)),
    )  # fmt: skip
    names = format_html_join(
        "", '<text x="{}" y="{}" text-anchor="end">{}</text>',
        ((NAME - 8, HEAD + CELL * line + 22, label[:24]) for line, (label, _values) in enumerate(rows)),
    )  # fmt: skip
    cells = format_html_join(
        "", '<rect class="obieg-heat--{}" x="{}" y="{}" width="{}" height="{}"/>'
        '<text class="obieg-heat__n obieg-heat__n--{}" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (step_of(value, most), NAME + CELL * place + 1, HEAD + CELL * line + 1, CELL - 2, CELL - 2,
             step_of(value, most), NAME + CELL * place + CELL // 2, HEAD + CELL * line + 22, value or "")
            for line, (_label, values) in enumerate(rows) for place, value in enumerate(values)
        ),
    )  # fmt: skip
    return frame("obieg-heat", name, (width, height), title, description, format_html("{}{}{}", tops, names, cells))


def histogram(
    bars: Sequence[tuple[str, int]], lines: Sequence[tuple[float, str]], *, name: str, title: str, description: str
) -> SafeString:
    """Bars with a number on each; `lines`: (place in bars, words) of limits drawn across."""
    most = max((value for _label, value in bars), default=0) or 1
    width, height = BAR * len(bars) + 60, TALL + GROUND + 24
    drawn = format_html_join(
        "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="obieg-figure__head" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            ("obieg-hist__bar" + (" obieg-hist__bar--late" if lines and place >= lines[-1][0] else ""),
             30 + BAR * place + 3, 24 + TALL - (tall := round(TALL * value / most)), BAR - 6, tall,
             30 + BAR * place + BAR // 2, 24 + TALL - tall - 5, value or "",
             30 + BAR * place + BAR // 2, 24 + TALL + 18, label)
            for place, (label, value) in enumerate(bars)
        ),
    )  # fmt: skip
    limits = format_html_join(
        "", '<line class="obieg-hist__limit" x1="{}" y1="14" x2="{}" y2="{}"/>'
        '<text class="obieg-hist__words" x="{}" y="12">{}</text>',
        ((30 + BAR * place, 30 + BAR * place, 24 + TALL, 34 + BAR * place, words) for place, words in lines),
    )  # fmt: skip
    ground = format_html('<line class="obieg-hist__ground" x1="26" y1="{y}" x2="{x}" y2="{y}"/>', y=24 + TALL,
                         x=width - 20)  # fmt: skip
    return frame("obieg-hist", name, (width, height), title, description, format_html("{}{}{}", drawn, limits, ground))


def shares(parts: Sequence[tuple[str, int]], total: int, most: int) -> SafeString:
    """One row's bar of several parts, `(css, number)`, its length by the largest row; hidden from screen readers, since
    the numbers stand beside it."""
    scale, left, drawn = 240 / (most or 1), 0.0, []
    for css, number in parts:
        wide = number * scale
        if number:
            drawn.append((css, f"{left:.1f}", f"{wide:.1f}"))
        left += wide
    inside = format_html_join("", '<rect class="{}" x="{}" y="2" width="{}" height="14"/>', drawn)
    return format_html(
        '<svg class="obieg-shares" viewBox="0 0 240 18" width="240" height="18" aria-hidden="true">{}</svg>', inside
    ) if total else SafeString("")


def funnel(stages: Sequence[tuple[str, int]], *, name: str, title: str, description: str) -> SafeString:
    """Bars one below another, as wide as their numbers, each with what it keeps of the one above."""
    most = max((value for _label, value in stages), default=0) or 1
    width, height = NAME + FUNNEL + 120, HIGH * len(stages) + 8
    before = [None, *(value for _label, value in stages)]
    drawn = format_html_join(
        "", '<text x="{}" y="{}" text-anchor="end">{}</text><rect class="obieg-funnel__bar" x="{}" y="{}" width="{}" '
        'height="{}"/><text class="obieg-funnel__n" x="{}" y="{}">{}</text>',
        (
            (NAME - 10, HIGH * line + 30, label, NAME, HIGH * line + 8, wide := max(2, round(FUNNEL * value / most)),
             HIGH - 12, NAME + wide + 8, HIGH * line + 30,
             f"{value}" + (f" ({round(100 * value / above)}%)" if (above := before[line]) else ""))
            for line, (label, value) in enumerate(stages)
        ),
    )  # fmt: skip
    return frame("obieg-funnel", name, (width, height), title, description, drawn)
