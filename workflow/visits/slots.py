"""Which times a desk has on a day. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
Span = Sequence[str]
Time = tuple[dt.datetime, dt.datetime]


def times(day: dt.date, week: Sequence[Sequence[Span]], minutes: int) -> list[Time]:
    """Beginnings and ends of the visits of a day, one after the other in each span of its weekday.

    A visit that would end after its span is not offered. Empty for a day without hours or an empty week."""
    if not week:
        return []
    found: list[Time] = []
    step = dt.timedelta(minutes=minutes)
    for opens, closes in week[day.weekday()]:
        begin, end = _at(day, opens), _at(day, closes)
        while begin + step <= end:
            found.append((begin, begin + step))
            begin += step
    return found


def _at(day: dt.date, clock: str) -> dt.datetime:
    """The moment in UTC, so that adding minutes counts real ones; "24:00" is the next midnight."""
    hours, minutes = (int(part) for part in clock.split(":"))
    local = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=WARSAW).astimezone(dt.UTC)
