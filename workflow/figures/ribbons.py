"""A map of who gives to whom: givers left, takers right, a ribbon between as thick as its number. Pure, as `draw`."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workflow.figures.draw import NAME, frame

#: Between the two sides; between the members of one; the least height of the whole; how many ribbon colours there are.
WIDE, GAP, LEAST, COLOURS = 300, 16, 220, 4
#: Room of one member, so that names do not lie upon each other.
ROOM = 30
#: (from, to, number above 0).
Flow = tuple[str, str, int]


class _Side:
    """One side's members, the largest first: where each begins, and how much of it is taken by ribbons so far."""

    def __init__(self, flows: Sequence[Flow], end: int, scale: float) -> None:
        sums: dict[str, int] = {}
        for flow in flows:
            name = (flow[0], flow[1])[end]
            sums[name] = sums.get(name, 0) + flow[2]
        self.members = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
        self.tops: dict[str, float] = {}
        self.scale, self.height = scale, 6.0
        for name, number in self.members:
            self.tops[name] = self.height
            self.height += max(number * scale, ROOM - GAP) + GAP
        self.taken = dict(self.tops)

    def take(self, name: str, number: int) -> float:
        """The middle of the next ribbon at a member."""
        middle = self.taken[name] + number * self.scale / 2
        self.taken[name] += number * self.scale
        return middle

    def drawn(self, x: int, words: int, anchor: str) -> SafeString:
        rows = (
            (x, f"{self.tops[name]:.1f}", f"{max(2.0, number * self.scale):.1f}", words,
             f"{self.tops[name] + max(ROOM / 2, number * self.scale / 2) + 2:.1f}", anchor, f"{name[:24]} ({number})")
            for name, number in self.members
        )  # fmt: skip
        return format_html_join(
            "", '<rect class="obieg-ribbon__end" x="{}" y="{}" width="8" height="{}"/>'
            '<text x="{}" y="{}" text-anchor="{}">{}</text>', rows,
        )  # fmt: skip


def ribbons(flows: Sequence[Flow], *, name: str, title: str, description: str) -> SafeString:
    """The map of some flows; the thickest ribbons lie at the top of each member."""
    total = sum(number for _source, _target, number in flows) or 1
    scale = LEAST / total
    left, right = _Side(flows, 0, scale), _Side(flows, 1, scale)
    bend, end = NAME + WIDE // 2, NAME + WIDE
    paths = []
    for place, (source, target, number) in enumerate(sorted(flows, key=lambda flow: (-flow[2], flow[:2]))):
        begin, stop = left.take(source, number), right.take(target, number)
        line = f"M{NAME} {begin:.1f}C{bend} {begin:.1f} {bend} {stop:.1f} {end} {stop:.1f}"
        paths.append((place % COLOURS, line, f"{max(1.5, number * scale):.1f}", source, target, number))
    drawn = format_html_join(
        "", '<path class="obieg-ribbon obieg-ribbon--{}" d="{}" stroke-width="{}">'
        "<title>{} → {}: {}</title></path>", paths,
    )  # fmt: skip
    ends = left.drawn(NAME - 8, NAME - 14, "end") + right.drawn(end, end + 14, "start")
    size = (2 * NAME + WIDE, round(max(left.height, right.height)) + 6)
    return frame("obieg-ribbons", name, size, title, description, format_html("{}{}", drawn, ends))
