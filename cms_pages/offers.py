"""How a service stands today: open, opening later, closed, full; in one unit and over all that offer it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from journal.brief import briefly
from journal.clock import db_now, warsaw_day
from workflow.models import Service, ServiceOffer, ServiceVersion


@briefly
def today() -> dt.date:
    """Today in Warsaw by the database clock, asked once for a page full of cards."""
    return warsaw_day(db_now())


@dataclass(frozen=True)
class State:
    """`code` is open, later, closed, full or none; `day` is when it opens or closes, if that is known."""

    code: str
    day: dt.date | None = None

    @property
    def tone(self) -> str:
        """Tone of the tag."""
        return {"open": "ok", "later": "info", "full": "warn"}.get(self.code, "")

    @property
    def words(self) -> str:
        """What the tag says."""
        day = date_format(self.day, "j E Y") if self.day else ""
        match self.code:
            case "open":
                return _("open until %(day)s") % {"day": day} if day else pgettext("service", "open")
            case "later":
                return _("opens on %(day)s") % {"day": day}
            case "full":
                return pgettext("service", "no places left")
            case "closed":
                return _("closed since %(day)s") % {"day": day} if day else pgettext("service", "closed")
        return pgettext("service", "not offered at the moment")


def state_of(offer: ServiceOffer, today: dt.date, *, live: bool = False) -> State:
    """One unit's offer on a day. `live` asks the cases themselves whether it is full; lists take the last look."""
    if offer.closes_on and today > offer.closes_on:
        return State("closed", offer.closes_on)
    if offer.opens_on and today < offer.opens_on:
        return State("later", offer.opens_on)
    if offer.capacity is not None:
        load = getattr(offer, "load", None)
        if offer.processes_full() if live else (load is not None and load.full):
            return State("full")
    return State("open", offer.closes_on)


def together(offers: Iterable[ServiceOffer], today: dt.date) -> State:
    """The best of the units' states, as last looked at."""
    return best([state_of(offer, today) for offer in offers])


def best(states: Sequence[State]) -> State:
    """Open somewhere is open; else the earliest day on which it opens; else full; else closed last."""
    if not states:
        return State("none")
    opened = [state for state in states if state.code == "open"]
    if opened:
        days = [state.day for state in opened if state.day]
        return State("open", max(days) if len(days) == len(opened) else None)
    later = [state for state in states if state.code == "later"]
    if later:
        return min(later, key=lambda state: state.day or dt.date.max)
    return next((state for state in states if state.code == "full"), max(states, key=lambda s: s.day or dt.date.min))


def versions_of(service: Service) -> Sequence[ServiceVersion]:
    """Versions of a service, the newest first."""
    known: Sequence[ServiceVersion] | None = getattr(service, "all_versions", None)
    return known if known is not None else list(service.versions.order_by("-valid_from"))


def in_force(versions: Iterable[ServiceVersion], day: dt.date) -> ServiceVersion | None:
    """The version in force on a day."""
    for version in versions:
        if version.valid_from <= day and (version.valid_until is None or day <= version.valid_until):
            return version
    return None
