"""Values of the visits that may change in time, dated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days after a visit its personal data are kept, since a day, and why."""

    days: int
    since: dt.date
    source: str


KEPT: tuple[Kept, ...] = (
    Kept(30, dt.date(2018, 5, 25), "GDPR art. 5(1)(e): no longer than needed; the office's own choice of days"),
)
#: How many days ahead people may book.
AHEAD = 28
#: Standing visits to come that one e-mail address may have.
MOST = 3


def kept(on: dt.date) -> int:
    """Days the data of visits are kept, by the value in force on the day."""
    return next(value.days for value in sorted(KEPT, key=lambda value: value.since, reverse=True) if value.since <= on)
