"""Terms of electronic delivery as dated data, and the day a term ends (KPA art. 57 § 4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import holidays

_DAY = dt.timedelta(days=1)
#: Saturday equals a statutory free day since this day (KPA art. 57 § 4 after Dz.U. 2017 poz. 935).
_SATURDAY_FREE_SINCE = dt.date(2017, 6, 1)


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """Days from the first notice, in force since a day, with their source."""

    since: dt.date
    second_notice: int
    deemed: int
    article: str
    source: str


#: Newest first. General knowledge, not checked against the text of the statute.
TERMS = (
    DeliveryTerms(dt.date(2010, 6, 17), 7, 14, "art. 46 § 5-6 k.p.a.", "Code of Administrative Procedure, art. 46"),
)


def on(day: dt.date) -> DeliveryTerms:
    """The terms in force on a day. Raises LookupError where none were."""
    for terms in TERMS:
        if terms.since <= day:
            return terms
    raise LookupError(f"no terms of delivery in force on {day}")


@lru_cache(maxsize=128)
def _free_days(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("PL", years=year, categories=("public",)))


def is_free(day: dt.date) -> bool:
    """Sunday, public holiday, or (since 1.06.2017) Saturday."""
    weekday = day.weekday()
    return weekday == 6 or (weekday == 5 and day >= _SATURDAY_FREE_SINCE) or day in _free_days(day.year)


def second_notice_day(first_notice: dt.date) -> dt.date:
    """The day from which the second notice is due. A notice is no term of the party: it does not move."""
    return first_notice + on(first_notice).second_notice * _DAY


def last_day(first_notice: dt.date) -> dt.date:
    """Last day on which the addressee may still sign: the day of the notice is not counted, an end on a free day moves
    to the next working day. With its end the letter is deemed delivered."""
    day = first_notice + on(first_notice).deemed * _DAY
    while is_free(day):
        day += _DAY
    return day
