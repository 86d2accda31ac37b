"""A small portal with the pages of this piece."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from cms_pages.models import EventIndexPage, EventPage, IntranetPage, NoticeIndexPage, UnitPage
from journal.clock import db_now
from tests.factories.portal import Portal, portal
from tests.factories.workflow import Office, office


@dataclass
class Town:
    """The office and its portal."""

    office: Office
    portal: Portal
    events: EventIndexPage
    board: NoticeIndexPage
    intranet: IntranetPage

    def event(self, *, places: int | None = 2, **fields: Any) -> EventPage:
        """An event in three days with registration."""
        starts = fields.pop("starts_at", db_now() + dt.timedelta(days=3))
        number = self.events.get_children_count() + 1
        made: EventPage = self.events.add_child(
            instance=EventPage(
                title=f"Warsztaty {number}", slug=f"warsztaty-{number}", unit=self.office.unit, starts_at=starts,
                ends_at=starts + dt.timedelta(hours=2), place="Sala 12", lead="Warsztaty dla mieszkańców.",
                takes_registrations=True, places=places, **fields,
            )
        )  # fmt: skip
        return made

    def unit_page(self, symbol: str) -> UnitPage:
        return UnitPage.objects.get(unit=self.office.units[symbol])


def make() -> Town:
    """Build it (also for tests in real transactions)."""
    town = office()
    made = portal(town.units)
    home = made.home
    return Town(
        town,
        made,
        home.add_child(instance=EventIndexPage(title="Wydarzenia", slug="wydarzenia")),
        home.add_child(instance=NoticeIndexPage(title="Obwieszczenia", slug="obwieszczenia")),
        home.add_child(instance=IntranetPage(title="Intranet", slug="intranet")),
    )


@pytest.fixture
def town(db: None, settings: Any) -> Town:
    settings.STAFF_SECOND_FACTOR = False
    return make()
