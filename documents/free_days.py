"""Which days are free in Poland, and the dated legal values the counting of terms uses.

Pure. Public holidays come from the `holidays` library, which knows from which year each is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import holidays
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

ONE_DAY = timedelta(days=1)
FIRST_DAY = date(1961, 1, 1)  # the Code is in force since then
LAST_DAY = date(2100, 12, 31)  # the library knows no later year


class DeadlineError(ValueError):
    """Bad input to the counting; its text is one translated sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated legal value. `confirmed` is False for general knowledge not checked against the statute's text."""

    key: str
    value: int
    since: date
    until: date | None
    article: str
    source: str
    confirmed: bool


RULES: tuple[Rule, ...] = (
    Rule(
        "saturday_free", 1, date(2017, 6, 1), None, "art. 57 § 4 k.p.a.",
        "Act of 7.04.2017 amending the Code, Dz.U. 2017 poz. 935 (general knowledge)", False,
    ),
    Rule(
        "supplement_days", 7, FIRST_DAY, None, "art. 64 § 2 k.p.a.",
        "Code of Administrative Procedure, art. 64 par. 2 (general knowledge)", False,
    ),
    Rule(
        "second_notice_days", 7, date(2010, 6, 17), None, "art. 46 § 5 k.p.a.",
        "Code of Administrative Procedure, art. 46 par. 5 (general knowledge)", False,
    ),
    Rule(
        "deemed_delivered_days", 14, date(2010, 6, 17), None, "art. 46 § 6 k.p.a.",
        "Code of Administrative Procedure, art. 46 par. 6 (general knowledge)", False,
    ),
)  # fmt: skip


def rule(key: str, on: date) -> Rule:
    """The rule `key` in force on the day `on`. Raises LookupError where none was."""
    for candidate in RULES:
        if candidate.key == key and candidate.since <= on and (candidate.until is None or on <= candidate.until):
            return candidate
    raise LookupError(f"no rule {key!r} in force on {on}")


def in_force(key: str, on: date) -> bool:
    return any(r.key == key and r.since <= on and (r.until is None or on <= r.until) for r in RULES)


class FreeKind(StrEnum):
    SUNDAY = "sunday"
    SATURDAY = "saturday"
    HOLIDAY = "holiday"
    EXTRA = "extra"


@lru_cache(maxsize=256)
def _holidays(year: int, language: str) -> Mapping[date, str]:
    return dict(holidays.country_holidays("PL", years=year, language=language, categories=("public",)).items())


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are free: Sundays, Polish public holidays, Saturdays since 1.06.2017, and the unit's own.

    `extra_free` maps a day to its reason. Put there only days on which the law lets this unit's terms not end; a day on
    which the office is merely closed does not move a term.
    """

    extra_free: Mapping[date, str] = field(default_factory=dict)

    def free_kind(self, day: date) -> FreeKind | None:
        """Why `day` is free, or None when it is a working day."""
        if day in self.extra_free:
            return FreeKind.EXTRA
        if day in _holidays(day.year, "pl"):
            return FreeKind.HOLIDAY
        weekday = day.weekday()
        if weekday == 6:
            return FreeKind.SUNDAY
        if weekday == 5 and in_force("saturday_free", day):
            return FreeKind.SATURDAY
        return None

    def is_free(self, day: date) -> bool:
        return self.free_kind(day) is not None

    def next_working(self, day: date) -> date:
        """`day` itself, or the first day after it that is not free."""
        while self.is_free(day):
            if day >= LAST_DAY:
                raise DeadlineError(_("The term ends after the year 2100, beyond the calendar of public holidays."))
            day += ONE_DAY
        return day

    def reason(self, day: date) -> str:
        """Why `day` is free, in the active language; empty for a working day."""
        match self.free_kind(day):
            case FreeKind.EXTRA:
                return self.extra_free[day]
            case FreeKind.HOLIDAY:
                language = (get_language() or "en")[:2]
                return _holidays(day.year, language if language in ("pl", "uk") else "en_US")[day]
            case FreeKind.SUNDAY:
                return pgettext("free day", "Sunday")
            case FreeKind.SATURDAY:
                return pgettext("free day", "Saturday")
        return ""


POLAND = Calendar(MappingProxyType({}))
