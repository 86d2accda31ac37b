"""By which law the time of a case runs: what binds beside the term itself when a case cannot be settled in it.

Pure, as `workflow.deadlines`: dates in, dates out. The values are dated data with their source; `confirmed` is False
for general knowledge that was not checked against the text of the statute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.free_days import FIRST_DAY, Calendar
from workflow.deadlines import Term, due


@dataclass(frozen=True, slots=True)
class Regime:
    """One law's values between two days."""

    key: str
    label: Promise
    since: date
    until: date | None
    #: Since when the time runs: by this article, the day of receipt.
    start_article: str
    #: What the term is where the service names none.
    term: str
    #: The article that gives the term, and the one by which a new date is set and told.
    term_article: str
    delay_article: str
    #: Whether the notice instructs on the reminder (ponaglenie, art. 37 k.p.a.).
    reminder: bool
    #: A new date lies within this time of the event that began the term ("start") or of the end of the term ("end").
    longest: str
    longest_from: str
    source: str
    confirmed: bool = False


_CODE = "Code of Administrative Procedure (general knowledge)"
_RECEIPT = "art. 61 § 3 i 3a k.p.a."
REGIMES: tuple[Regime, ...] = (
    Regime("kpa", _("administrative procedure"), FIRST_DAY, None, _RECEIPT, "1m",
           "art. 35 § 3 k.p.a.", "art. 36 § 1 k.p.a.", True, "", "", _CODE),
    Regime("certificate", _("certificate"), FIRST_DAY, None, _RECEIPT, "7d",
           "art. 217 § 3 k.p.a.", "art. 36 § 1 k.p.a.", True, "", "", _CODE),
    Regime("complaint", _("complaint or proposal"), FIRST_DAY, None, "art. 237 § 1 k.p.a.", "1m",
           "art. 237 § 1 i 244 § 1 k.p.a.", "art. 36 § 1 w zw. z art. 237 § 4 k.p.a.", True, "", "", _CODE),
    Regime("udip", _("access to public information"), date(2002, 1, 1), None, "art. 13 ust. 1 u.d.i.p.", "14d",
           "art. 13 ust. 1 u.d.i.p.", "art. 13 ust. 2 u.d.i.p.", False, "2m", "start",
           "Act of 6.09.2001 on access to public information, art. 13 (general knowledge)"),
    Regime("petition", _("petition"), date(2015, 9, 6), None, "art. 10 ust. 1 ustawy o petycjach", "3m",
           "art. 10 ust. 1 ustawy o petycjach", "art. 10 ust. 3 ustawy o petycjach", False, "3m", "end",
           "Act of 11.07.2014 on petitions, art. 10 (general knowledge)"),
)  # fmt: skip


def choices() -> list[tuple[str, Promise]]:
    """(key, label) of every regime, once each."""
    return list({each.key: each.label for each in REGIMES}.items())


def regime(key: str, on: date) -> Regime:
    """The values in force on a day. Raises LookupError where there were none."""
    for each in REGIMES:
        if each.key == key and each.since <= on and (each.until is None or on <= each.until):
            return each
    raise LookupError(f"no regime {key!r} in force on {on}")


def last_day(found: Regime, started: date, end: date, calendar: Calendar) -> date | None:
    """The last day that a new date may be, moved off free days; None where the law names none. `started`: the day of
    the event; `end`: the end of the term as it is without new dates."""
    if not found.longest:
        return None
    begins = started if found.longest_from == "start" else end
    return max(due(begins, Term.parse(found.longest), calendar).rolled, end)
