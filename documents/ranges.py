"""The one range of a download that a client may ask for (RFC 9110, section 14): broken-off downloads go on with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range begins behind the end: 416."""


@dataclass(frozen=True)
class Span:
    """Bytes `start` .. `start + length - 1` of `size`."""

    start: int
    length: int
    size: int

    @property
    def header(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def span(header: str, size: int) -> Span | None:
    """What a Range header asks of `size` bytes. None: all of it (no range, several ranges, or nothing that can be
    understood, which a server ignores). Raises Unsatisfiable."""
    found = _ONE.fullmatch(header)
    if found is None or not (found[1] or found[2]):
        return None
    first, last = found[1], found[2]
    if first and last and int(first) > int(last):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or (not first and int(last) == 0):
        raise Unsatisfiable(header)
    return Span(start, end - start + 1, size)
