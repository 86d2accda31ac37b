"""Counting of time limits by the Code of Administrative Procedure (KPA).

Pure: dates in, dates out; no database, no clock of its own, no settings beyond translation of words.

Law used (dated values stand in `free_days.RULES`):
  art. 57 par. 1-3  how a term in days, weeks or months ends,
  art. 57 par. 4    an end on a free day moves to the next day that is not free,
  art. 35 par. 5    time that is not counted,   art. 103  suspension stops the terms,
  art. 36           a new date set by notice,   art. 64 par. 2  the least time for a supplement.

All days are calendar days in Poland; turn an instant into one with `warsaw_day`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from documents.free_days import FIRST_DAY, LAST_DAY, ONE_DAY, POLAND, Calendar, DeadlineError, FreeKind, rule

__all__ = [
    "POLAND", "Calendar", "DeadlineError", "Due", "Extension", "FreeKind", "Pause", "PauseKind", "State", "Step",
    "Term", "TermUnit", "Urgency", "due", "state", "supplement_due", "warning_dates", "warsaw_day",
]  # fmt: skip

WARSAW = ZoneInfo("Europe/Warsaw")

# --- terms ------------------------------------------------------------------------------------------------------


class TermUnit(StrEnum):
    DAYS = "d"
    WEEKS = "w"
    MONTHS = "m"


_TERM = re.compile(r"\s*(\d{1,4})\s*([dwm])\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time in days, weeks or months, at least 1. Text form: `7d`, `2w`, `1m`."""

    length: int
    unit: TermUnit

    def __post_init__(self) -> None:
        if self.length < 1:
            raise DeadlineError(_("A term is at least 1 day, week or month."))

    @classmethod
    def parse(cls, text: str) -> Term:
        """Read `7d`, `2w`, `1m` (letter case and spaces do not matter). Raises DeadlineError."""
        match = _TERM.fullmatch(text)
        if match is None:
            raise DeadlineError(
                _("“%(text)s” is not a term. Write a number and d (days), w (weeks) or m (months), e.g. 7d, 2w, 1m.")
                % {"text": text[:40]}
            )
        return cls(int(match[1]), TermUnit(match[2].lower()))

    def __str__(self) -> str:
        return f"{self.length}{self.unit.value}"

    def words(self) -> str:
        """The term in the active language: “7 days”."""
        n = {"n": self.length}
        if self.unit is TermUnit.DAYS:
            return ngettext("%(n)d day", "%(n)d days", self.length) % n
        if self.unit is TermUnit.WEEKS:
            return ngettext("%(n)d week", "%(n)d weeks", self.length) % n
        return ngettext("%(n)d month", "%(n)d months", self.length) % n

    @property
    def article(self) -> str:
        paragraph = {TermUnit.DAYS: 1, TermUnit.WEEKS: 2, TermUnit.MONTHS: 3}[self.unit]
        return f"art. 57 § {paragraph} k.p.a."

    def end(self, start: date) -> date:
        """The last day of the term, before any move off a free day. The day of the event is not counted."""
        if self.unit is TermUnit.MONTHS:
            return _same_day(start, self.length)
        return start + timedelta(days=self.length * (7 if self.unit is TermUnit.WEEKS else 1))


def _same_day(start: date, months: int) -> date:
    """Same day number `months` later, or the last day of that month where it has no such day."""
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(start.day, (following - ONE_DAY).day))


# --- time that does not count, and new dates --------------------------------------------------------------------


class PauseKind(StrEnum):
    NOT_COUNTED = "not_counted"  # art. 35 par. 5: waiting, delay by the party, causes beyond the authority
    SUSPENSION = "suspension"  # art. 97, 98; the terms stand still by art. 103


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that are not counted, `first` to `last` inclusive; `last` None means it still lasts."""

    first: date
    last: date | None
    article: str
    reason: str
    kind: PauseKind = PauseKind.NOT_COUNTED

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise DeadlineError(_("The time that is not counted ends before it begins."))


@dataclass(frozen=True, slots=True)
class Extension:
    """A new date set by a notice to the parties. It never shortens the time there is."""

    new_day: date
    notified_on: date
    reason: str
    article: str = "art. 36 § 1 k.p.a."


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the counting, kept as data; `text()` says it in the active language."""

    code: str  # start | term | pause | stopped | extension | free
    day: date
    article: str
    params: Mapping[str, Any]

    def text(self) -> str:
        day = date_format(self.day, pgettext("date format", "Y-m-d"))
        p = self.params
        match self.code:
            case "start":
                return _("The day of the event, %(day)s, is not counted.") % {"day": day}
            case "term":
                return _("A term of %(term)s ends on %(day)s.") % {"term": p["term"].words(), "day": day}
            case "pause":
                days = ngettext("%(n)d day", "%(n)d days", p["days"]) % {"n": p["days"]}
                return _("%(days)s not counted (%(reason)s): the end moves to %(day)s.") % {
                    "days": days, "reason": p["reason"], "day": day,
                }  # fmt: skip
            case "stopped":
                return _("The time has not been running since %(day)s (%(reason)s).") % {
                    "day": day,
                    "reason": p["reason"],
                }
            case "extension":
                return _("A new date was set: %(day)s (%(reason)s).") % {"day": day, "reason": p["reason"]}
        return _("%(day)s is a free day (%(reason)s).") % {"day": day, "reason": p["calendar"].reason(self.day)}


@dataclass(frozen=True, slots=True)
class Due:
    """The result: `raw` is the end by art. 57 par. 1-3, `counted` adds the days that do not count and new dates,
    `rolled` is the day that binds. `stopped_by` is set while an open pause holds the time; the dates are then
    provisional (as if it ended on `as_of`)."""

    start: date
    term: Term
    raw: date
    counted: date
    rolled: date
    article: str
    not_counted_days: int
    steps: tuple[Step, ...]
    stopped_by: Pause | None = None
    extended_by: Extension | None = None

    @property
    def moved(self) -> bool:
        """True when the end fell on a free day."""
        return self.rolled != self.counted

    def rule(self) -> str:
        """The whole counting as sentences in the active language, each with its article."""
        return " ".join(f"{step.text()} ({step.article})" for step in self.steps)


def due(
    start: date,
    term: Term,
    calendar: Calendar = POLAND,
    *,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Extension] = (),
    as_of: date | None = None,
) -> Due:
    """When a term that began with an event on `start` ends.

    Days of `pauses` after `start` and up to the end are added, overlapping ones once. An open pause adds the days up to
    and including `as_of` (none without it). An extension counts when it gives more time; pauses after its notice
    add to the new date. Raises DeadlineError where a date leaves the calendar (1961-2100).
    """
    if isinstance(start, datetime):
        raise TypeError("start is a day, not an instant; use warsaw_day()")
    if not FIRST_DAY <= start <= LAST_DAY:
        raise DeadlineError(_("Dates from 1961 to 2100 can be counted."))
    all_pauses = sorted(pauses, key=lambda p: (p.first, p.last or date.max))
    try:
        raw = _checked(term.end(start))
        steps = [
            Step("start", start, "art. 57 § 1 k.p.a.", {}),
            Step("term", raw, term.article, {"term": term}),
        ]
        end = _add_pauses(start, raw, all_pauses, as_of, steps)
        extended_by = None
        for extension in sorted(extensions, key=lambda e: (e.notified_on, e.new_day)):
            found: list[Step] = [Step("extension", extension.new_day, extension.article, {"reason": extension.reason})]
            new_end = _add_pauses(extension.notified_on, extension.new_day, all_pauses, as_of, found)
            if new_end > end:
                end, extended_by = new_end, extension
                steps += found
    except (OverflowError, ValueError) as error:
        if isinstance(error, DeadlineError):
            raise
        raise DeadlineError(_("The term ends after the year 2100, beyond the calendar of public holidays.")) from error

    stopped_by = next(
        (p for p in all_pauses if p.last is None and p.first <= end and (as_of is None or p.first <= as_of)), None
    )
    if stopped_by is not None:
        steps.append(Step("stopped", stopped_by.first, stopped_by.article, {"reason": stopped_by.reason}))
    rolled = calendar.next_working(end)
    day = end
    while day < rolled:
        steps.append(Step("free", day, "art. 57 § 4 k.p.a.", {"calendar": calendar}))
        day += ONE_DAY
    return Due(
        start=start, term=term, raw=raw, counted=end, rolled=rolled, article=term.article,
        not_counted_days=sum(s.params["days"] for s in steps if s.code == "pause"),
        steps=tuple(steps), stopped_by=stopped_by, extended_by=extended_by,
    )  # fmt: skip


def _checked(day: date) -> date:
    if day > LAST_DAY:
        raise OverflowError
    return day


def _add_pauses(after: date, end: date, pauses: Sequence[Pause], as_of: date | None, steps: list[Step]) -> date:
    """Move `end` by the days of `pauses` that lie after `after` and not after the moving end."""
    covered = after  # days up to here are dealt with, so overlapping pauses count once
    for pause in pauses:
        last = pause.last if pause.last is not None else as_of
        first = max(pause.first, covered + ONE_DAY)
        if last is None or last < first or first > end:
            continue
        days = (last - first).days + 1
        end = _checked(end + timedelta(days=days))
        covered = last
        steps.append(Step("pause", end, pause.article, {"days": days, "reason": pause.reason, "kind": pause.kind}))
    return end


# --- what a person is told --------------------------------------------------------------------------------------

WARNING_DAYS = (7, 3, 1)


class Urgency(StrEnum):
    OK = "ok"
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class State:
    """How a deadline stands on a day: `days` left (or late, when overdue)."""

    urgency: Urgency
    days: int

    def words(self) -> str:
        """In the active language: “2 days left”, “due today”, “3 days overdue”, “time stopped”."""
        match self.urgency:
            case Urgency.STOPPED:
                return _("time stopped")
            case Urgency.TODAY:
                return _("due today")
            case Urgency.OVERDUE:
                return ngettext("%(n)d day overdue", "%(n)d days overdue", self.days) % {"n": self.days}
        return ngettext("%(n)d day left", "%(n)d days left", self.days) % {"n": self.days}


def state(deadline: date, today: date, *, warning_days: Collection[int] = WARNING_DAYS, stopped: bool = False) -> State:
    """How `deadline` stands on `today` (both days in Poland). It is SOON from the earliest warning day on."""
    left = (deadline - today).days
    if stopped:
        return State(Urgency.STOPPED, max(left, 0))
    if left < 0:
        return State(Urgency.OVERDUE, -left)
    if left == 0:
        return State(Urgency.TODAY, 0)
    return State(Urgency.SOON if left <= max(warning_days, default=0) else Urgency.OK, left)


def warning_dates(deadline: date, warning_days: Collection[int] = WARNING_DAYS) -> tuple[date, ...]:
    """The days on which the owner is warned, earliest first."""
    return tuple(deadline - timedelta(days=n) for n in sorted(set(warning_days), reverse=True))


def warsaw_day(instant: datetime) -> date:
    """The calendar day in Poland of a time-zone-aware instant. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(WARSAW).date()


def supplement_due(delivered: date, days: int | None = None, calendar: Calendar = POLAND) -> Due:
    """Until when a party may supplement a filing, counted from delivery of the call (art. 64 par. 2).

    `days` defaults to the least the law allows and may not be below it: DeadlineError.
    """
    least = rule("supplement_days", delivered)
    wanted = least.value if days is None else days
    if wanted < least.value:
        raise DeadlineError(
            ngettext(
                "The time to supplement is at least %(n)d day from delivery (%(article)s).",
                "The time to supplement is at least %(n)d days from delivery (%(article)s).",
                least.value,
            )
            % {"n": least.value, "article": least.article}
        )
    return due(delivered, Term(wanted, TermUnit.DAYS), calendar)
