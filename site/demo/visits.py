"""Desks of the town's offices and a few visits booked at them."""

from __future__ import annotations

from demo import town
from demo.crew import Names
from demo.progress import Show
from journal.clock import db_now, warsaw_day
from people.access import GUEST, SYSTEM
from workflow.models import Service
from workflow.visits import deeds
from workflow.visits.models import VisitDesk, VisitSlot

#: Office hours with a break, and one long afternoon.
WEEK = [
    [["08:00", "12:00"], ["12:30", "15:00"]],
    [["08:00", "12:00"], ["12:30", "15:00"]],
    [["09:00", "12:00"], ["12:30", "17:00"]],
    [["08:00", "12:00"], ["12:30", "15:00"]],
    [["08:00", "13:00"]],
    [],
    [],
]
DESKS, BOOKED = 3, 5


def build(show: Show) -> None:
    """Set up a desk in the first departments that offer services, and book some of its times. Again: nothing."""
    if VisitDesk.objects.exists():
        return
    office = town.by_symbol()["UM"]
    cells = [unit for unit in town.by_symbol().values() if unit.body_id == office.pk and unit.offers.exists()]
    today, names = warsaw_day(db_now()), Names("wizyty")
    for number, unit in enumerate(cells[:DESKS], 1):
        services = list(Service.objects.filter(offers__unit=unit).order_by("title"))
        desk = deeds.add_desk(SYSTEM, unit=unit, services=services, name=f"Okienko {number}",
                              room=f"pokój {number + 10}", minutes=20, week=WEEK, valid_from=today)  # fmt: skip
        slots = list(VisitSlot.objects.free(db_now()).filter(desk=desk)[: BOOKED * 3 : 3])
        for order, slot in enumerate(slots):
            first, last = names.next()
            deeds.book(GUEST, slot_id=slot.pk, service=services[0], name=f"{first} {last}",
                       email=f"wizyta{number}{order}@example.org")  # fmt: skip
