"""Desks of the town's offices, visits booked at them, and what the counters did today until now."""

from __future__ import annotations

import datetime as dt

from demo import town
from demo.crew import Names
from demo.progress import Show
from journal.clock import WARSAW, db_now, warsaw_day
from people.access import SYSTEM
from people.models import Unit
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
#: Residents' affairs and the registry office of births and marriages first; others until there are so many.
FIRST, DESKS = ("SO", "USC"), 4
#: Of so many times one is booked today; so many of the days that follow.
EVERY, LATER = 2, 5
#: What becomes of the visits of today whose time has passed, in turn.
ENDS = ("served", "served", "missed", "served", "cancelled", "served")
MINUTE = dt.timedelta(minutes=1)


def build(show: Show) -> None:
    """Set up desks and book some of their times. On a day when the office is closed today has none. Again: nothing."""
    if VisitDesk.objects.exists():
        return
    names = Names("wizyty")
    for number, unit in enumerate(_units(), 1):
        _desk(number, unit, names)


def _units() -> list[Unit]:
    every = town.by_symbol()
    office = every["UM"]
    cells = [unit for unit in every.values() if unit.body_id == office.pk and unit.offers.exists()]
    return sorted(cells, key=lambda unit: (unit.symbol not in FIRST, unit.path))[:DESKS]


def _desk(number: int, unit: Unit, names: Names) -> None:
    now = db_now()
    morning = dt.datetime.combine(warsaw_day(now), dt.time(0, 5), tzinfo=WARSAW)
    services = list(Service.objects.filter(offers__unit=unit).order_by("title"))
    desk = deeds.add_desk(
        SYSTEM, unit=unit, services=services, name=f"Okienko {number}", room=f"pokój {number + 10}", minutes=20,
        week=WEEK, valid_from=warsaw_day(now), happened_at=min(morning, now),
    )  # fmt: skip
    slots = list(VisitSlot.objects.filter(desk=desk, withdrawn_at__isnull=True).order_by("starts_at"))
    today = [slot for slot in slots if slot.starts_at.astimezone(WARSAW).date() == warsaw_day(now)]
    later = [slot for slot in slots if slot not in today]
    for order, slot in enumerate([*today[::EVERY], *later[: LATER * 3 : 3]]):
        first, last = names.next()
        visit = deeds.book(
            SYSTEM, slot_id=slot.pk, service=services[order % len(services)], name=f"{first} {last}",
            email=f"wizyta{number}{order}@example.org", happened_at=min(morning + MINUTE, now),
        )  # fmt: skip
        begin = slot.starts_at
        if begin >= now:
            continue
        match ENDS[order % len(ENDS)]:
            case "cancelled":
                deeds.cancel(SYSTEM, visit=visit, happened_at=max(begin - 60 * MINUTE, morning + 2 * MINUTE))
            case "missed" if begin + 15 * MINUTE < now:
                deeds.mark(SYSTEM, visit=visit, what="missed", happened_at=begin + 15 * MINUTE)
            case _:
                for what, after in (("arrived", -5), ("called", 0), ("served", 12)):
                    moment = begin + after * MINUTE
                    if moment < now:
                        deeds.mark(SYSTEM, visit=visit, what=what, happened_at=moment)
