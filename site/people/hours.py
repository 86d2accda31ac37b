"""Opening hours of a unit: what its administrator types, what is kept, and what a visitor is told. Pure.

Kept as JSON: the week is a list of seven days (Monday first), a day a list of `["07:30", "15:30"]` in Europe/Warsaw;
an exception is `{"day": "2026-12-24", "hours": [...], "note": "..."}` and wins over the week on its day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

Span = tuple[dt.time, dt.time]
#: How far ahead the next opening is looked for.
LOOK_AHEAD = 14
#: What is typed for a day without visitors.
CLOSED_WORDS = frozenset({"zamknięte", "nieczynne", "closed", "-", "–"})

_TIME = r"(\d{1,2})(?:[.:](\d{2}))?"
_SPAN = re.compile(rf"^\s*{_TIME}\s*[-–—]\s*{_TIME}\s*$")
_LINE = re.compile(r"^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*:?\s*(.*)$")
_HOURS_FIRST = re.compile(rf"^((?:{_TIME}\s*[-–—]\s*{_TIME})(?:\s*,\s*{_TIME}\s*[-–—]\s*{_TIME})*)\s*(.*)$")


class HoursError(ValueError):
    """Hours that cannot be read; its text is one translated sentence for whoever typed them."""


@dataclass(frozen=True)
class Day:
    """The hours of one day, and why they are not the week's ("" when they are)."""

    day: dt.date
    spans: tuple[Span, ...]
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """Whether a unit is open at a moment; `until` when open, else the next opening (None: none within two weeks)."""

    is_open: bool
    until: dt.time | None = None
    next_day: dt.date | None = None
    next_time: dt.time | None = None
    note: str = ""


def parse_day(text: str) -> list[list[str]]:
    """ "7.30–15.30, 16–18" as kept; empty or "zamknięte" is a closed day. Raises HoursError."""
    if not text.strip() or text.strip().lower() in CLOSED_WORDS:
        return []
    spans: list[list[str]] = []
    for part in text.split(","):
        found = _SPAN.match(part)
        if found is None:
            raise HoursError(
                _("“%(text)s” is no span of hours. Write for example 7.30–15.30.") % {"text": part.strip()}
            )
        opens, closes = _clock(found[1], found[2]), _clock(found[3], found[4], end=True)
        if closes <= opens:
            raise HoursError(_("%(text)s: the closing hour is not after the opening hour.") % {"text": part.strip()})
        if spans and opens < spans[-1][1]:
            raise HoursError(_("%(text)s: the hours overlap or are out of order.") % {"text": text.strip()})
        spans.append([opens, closes])
    return spans


def _clock(hour: str, minute: str | None, *, end: bool = False) -> str:
    value = (int(hour), int(minute or 0))
    if end and value == (24, 0):
        value = (23, 59)
    if value[0] > 23 or value[1] > 59:
        raise HoursError(_("There is no hour %(hour)s.") % {"hour": f"{hour}.{minute or '00'}"})
    return f"{value[0]:02d}:{value[1]:02d}"


def parse_exceptions(text: str) -> list[dict[str, Any]]:
    """Lines "24.12.2026 zamknięte Wigilia" or "23.12.2026 8.00–12.00 krótszy dzień" as kept, in order of days.

    Raises HoursError for a line that cannot be read or a day written twice."""
    found: dict[str, dict[str, Any]] = {}
    for line in filter(str.strip, text.splitlines()):
        match = _LINE.match(line)
        if match is None:
            raise HoursError(_("“%(line)s” does not begin with a day such as 24.12.2026.") % {"line": line.strip()})
        try:
            day = dt.date(int(match[3]), int(match[2]), int(match[1])).isoformat()
        except ValueError as error:
            raise HoursError(_("There is no such day: %(line)s.") % {"line": line.strip()}) from error
        if day in found:
            raise HoursError(_("The day %(day)s is written twice.") % {"day": day_words(dt.date.fromisoformat(day))})
        rest = match[4].strip()
        hours = _HOURS_FIRST.match(rest)
        if hours:
            spans, note = parse_day(hours[1]), hours[hours.re.groups]
        else:
            word, _space, note = rest.partition(" ")
            spans, note = [], note if word.lower().strip(",;:") in CLOSED_WORDS else rest
        found[day] = {"day": day, "hours": spans, "note": note.strip(" ,;:–-")[:120]}
    return [found[day] for day in sorted(found)]


def day_text(spans: Sequence[Sequence[str]]) -> str:
    """A kept day as it is typed and shown: "7.30–15.30"; empty when closed."""
    return ", ".join(f"{_shown(opens)}–{_shown(closes)}" for opens, closes in spans)


def exceptions_text(kept: Sequence[dict[str, Any]]) -> str:
    """Kept exceptions as lines that `parse_exceptions` reads."""
    closed = pgettext("opening hours", "closed")
    if closed not in CLOSED_WORDS:
        closed = "closed"
    return "\n".join(
        " ".join(
            filter(
                None, [day_words(dt.date.fromisoformat(e["day"])), day_text(e["hours"]) or closed, e.get("note", "")]
            )
        )
        for e in kept
    )


def day_words(day: dt.date) -> str:
    """A day as in this country's calendars: 24.12.2026."""
    return day.strftime("%d.%m.%Y")


def _shown(clock: str) -> str:
    if clock == "23:59":
        return "24.00"
    hour, minute = clock.split(":")
    return f"{int(hour)}.{minute}"


def check(week: Any, exceptions: Any) -> None:
    """Raise HoursError unless both are what this module keeps."""
    try:
        days = [*week, *(e["hours"] for e in exceptions)]
        if len(week) not in (0, 7):
            raise ValueError(len(week))
        for day in days:
            if parse_day(day_text(day)) != [list(span) for span in day]:
                raise ValueError(day)
        for exception in exceptions:
            dt.date.fromisoformat(exception["day"])
    except (TypeError, KeyError, ValueError) as error:
        raise HoursError(_("The opening hours are not readable.")) from error


def on_day(
    day: dt.date,
    week: Sequence[Sequence[Sequence[str]]],
    exceptions: Sequence[dict[str, Any]],
    closed: Callable[[dt.date], str],
) -> Day:
    """The hours of a day: exception, else closed with a reason (`closed`: a holiday's name or ""), else the week."""
    for exception in exceptions:
        if exception["day"] == day.isoformat():
            return Day(day, _spans(exception["hours"]), exception.get("note") or "")
    if reason := closed(day):
        return Day(day, (), reason)
    return Day(day, _spans(week[day.weekday()]) if week else ())


def standing(
    now: dt.datetime,
    week: Sequence[Sequence[Sequence[str]]],
    exceptions: Sequence[dict[str, Any]],
    closed: Callable[[dt.date], str],
) -> Standing:
    """Whether it is open at `now` (a moment in Europe/Warsaw), and until or from when."""
    today, clock = now.date(), now.time()
    hours = on_day(today, week, exceptions, closed)
    for opens, closes in hours.spans:
        if opens <= clock < closes:
            return Standing(True, until=closes, note=hours.note)
    for opens, _closes in hours.spans:
        if clock < opens:
            return Standing(False, next_day=today, next_time=opens, note=hours.note)
    for ahead in range(1, LOOK_AHEAD + 1):
        later = on_day(today + dt.timedelta(days=ahead), week, exceptions, closed)
        if later.spans:
            return Standing(False, next_day=later.day, next_time=later.spans[0][0], note=hours.note)
    return Standing(False, note=hours.note)


def _spans(kept: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    return tuple((dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)) for opens, closes in kept)
