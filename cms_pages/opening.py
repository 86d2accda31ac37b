"""When a unit is open: its own hours, its body's where it has none, and the country's free days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from documents.free_days import POLAND, FreeKind
from people import hours
from people.hours import Day, Standing
from people.models import Unit


@dataclass(frozen=True)
class WeekDay:
    """One row of the table of hours."""

    name: str
    text: str
    is_today: bool


def _source(unit: Unit) -> Unit:
    """Whose hours hold: the unit's own, else its body's."""
    return unit if unit.week_hours or not unit.body else unit.body


def closed_on(unit: Unit) -> Callable[[dt.date], str]:
    """Why the unit is closed on a day in spite of its week: a public holiday or a day off of its body; else ""."""
    days_off = frozenset((unit.body or unit).days_off)

    def reason(day: dt.date) -> str:
        if day.isoformat() in days_off:
            return _("day off of the unit")
        return POLAND.reason(day) if POLAND.free_kind(day) is FreeKind.HOLIDAY else ""

    return reason


def standing(unit: Unit, now: dt.datetime) -> Standing | None:
    """Whether the unit is open at `now` (a moment in Europe/Warsaw); None where nobody has typed its hours."""
    source = _source(unit)
    if not source.week_hours:
        return None
    return hours.standing(now, source.week_hours, source.hours_exceptions, closed_on(unit))


def week(unit: Unit, today: dt.date) -> list[WeekDay]:
    """The ordinary week, Monday first; empty where nobody has typed it."""
    kept = _source(unit).week_hours
    return [
        WeekDay(str(WEEKDAYS[number]), hours.day_text(day), number == today.weekday())
        for number, day in enumerate(kept)
    ]


def coming(unit: Unit, today: dt.date, ahead: dt.timedelta) -> list[tuple[Day, str]]:
    """Days from today on whose hours are not the week's, with their hours as text."""
    source = _source(unit)
    if not source.week_hours:
        return []
    reason, found = closed_on(unit), []
    for number in range(ahead.days + 1):
        day = today + dt.timedelta(days=number)
        hers = hours.on_day(day, source.week_hours, source.hours_exceptions, reason)
        usual = hours.on_day(day, source.week_hours, [], lambda _day: "")
        if hers.spans != usual.spans:
            text = hours.day_text([[f"{o:%H:%M}", f"{c:%H:%M}"] for o, c in hers.spans])
            found.append((hers, text))
    return found
