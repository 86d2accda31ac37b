"""What the boards show, for the units in which a person assigns or audits; a constant number of questions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Q, Sum

from documents.models import Case
from journal.clock import DbToday, db_now, warsaw_day
from people.access import Access
from people.models import Unit
from workflow import desk
from workflow.figures.follower import STAGES
from workflow.figures.models import DayFigure, FlowFigure, StageFigure
from workflow.models import Task

#: Weeks of the heat map, days of one bar of the histogram and where its last bar begins.
WEEKS, STEP, OLDEST = 13, 5, 90
#: Times of art. 35 § 3 k.p.a. as they are drawn into the histogram, in days: a month, two months.
LIMITS = (30, 60)
PEOPLE, FLOWS = 100, 60


def units_of(access: Access) -> frozenset[int]:
    """Units whose figures a person sees: where they assign or audit."""
    return access.units.get("assign", frozenset()) | access.units.get("audit", frozenset())


@dataclass(frozen=True)
class Load:
    """Open tasks of one person (empty: nobody's yet) by how near their day is."""

    person: str
    person_id: int | None
    unit: str
    unit_id: int
    late: int
    today: int
    three: int
    seven: int
    later: int

    @property
    def total(self) -> int:
        return self.late + self.today + self.three + self.seven + self.later


def loads(access: Access) -> list[Load]:
    """Who has how much in the units where this person assigns; those with most behind their day first."""
    running = ~Q(desk.standing())
    day = DbToday()
    rows = (
        Task.objects.open()
        .filter(unit_id__in=access.units.get("assign", frozenset()))
        .values("assignee_id", "assignee__first_name", "assignee__last_name", "unit__symbol", "unit_id")
        .annotate(
            late=Count("pk", filter=Q(due_on__lt=day) & running),
            today=Count("pk", filter=Q(due_on=day) & running),
            three=Count("pk", filter=Q(due_on__gt=day, due_on__lte=day + dt.timedelta(3)) & running),
            seven=Count("pk", filter=Q(due_on__gt=day + dt.timedelta(3), due_on__lte=day + dt.timedelta(7)) & running),
            every=Count("pk"),
        )
        .order_by(F("late").desc(), F("every").desc())[:PEOPLE]
    )
    return [
        Load(
            f"{row['assignee__first_name'] or ''} {row['assignee__last_name'] or ''}".strip(), row["assignee_id"],
            row["unit__symbol"], row["unit_id"], row["late"], row["today"], row["three"], row["seven"],
            row["every"] - row["late"] - row["today"] - row["three"] - row["seven"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Week:
    """A unit in one week: cases filed, ended, of these late."""

    monday: dt.date
    filed: int
    ended: int
    late: int


def weeks(unit_ids: Collection[int]) -> list[tuple[Unit, list[Week]]]:
    """The last weeks of each unit that had any case in them, by the tree of units."""
    this = _monday(warsaw_day(db_now()))
    first = this - dt.timedelta(weeks=WEEKS - 1)
    kept: dict[int, dict[dt.date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    rows = DayFigure.objects.filter(unit_id__in=unit_ids, day__gte=first)
    for unit_id, day, filed, ended, late in rows.values_list("unit_id", "day", "filed", "ended", "late"):
        cell = kept[unit_id][_monday(day)]
        for place, number in enumerate((filed, ended, late)):
            cell[place] += number
    mondays = [first + dt.timedelta(weeks=number) for number in range(WEEKS)]
    units = Unit.objects.filter(pk__in=kept).order_by("path")
    return [(unit, [Week(monday, *kept[unit.pk][monday]) for monday in mondays]) for unit in units]


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def ages(unit_ids: Collection[int]) -> list[tuple[int, int]]:
    """(age in days from which a bar begins, open cases of that age); the last bar holds all that are older."""
    open_cases = Case.objects.open().filter(
        unit_id__in=unit_ids, left_at=None, transferred_at=None, withdrawn_at=None, decision_ready_at=None
    )
    sql, values = open_cases.values("received_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT LEAST(((now() AT TIME ZONE 'Europe/Warsaw')::date "  # noqa: S608  # Django's own statement inside
            "- (each.received_at AT TIME ZONE 'Europe/Warsaw')::date) / %s, %s) AS bar, count(*) "
            f"FROM ({sql}) AS each GROUP BY bar",
            [STEP, OLDEST // STEP, *values],
        )
        found = dict(cursor.fetchall())
    return [(bar * STEP, found.get(bar, 0)) for bar in range(OLDEST // STEP + 1)]


@dataclass(frozen=True)
class Flow:
    """How often one unit turned to another in the last year."""

    source: Unit
    target: Unit
    passed: int
    asked: int


def flows(unit_ids: Collection[int]) -> list[Flow]:
    """Who turned to whom in the last twelve months, the most frequent first."""
    since = warsaw_day(db_now()).replace(day=1) - dt.timedelta(days=334)
    rows = (
        FlowFigure.objects.filter(Q(from_unit__in=unit_ids) | Q(to_unit__in=unit_ids), month__gte=since.replace(day=1))
        .values("from_unit", "to_unit")
        .annotate(passed=Sum("passed"), asked=Sum("asked"))
        .order_by(-(F("passed") + F("asked")))[:FLOWS]
    )
    known = list(rows)
    units = Unit.objects.in_bulk({row[end] for row in known for end in ("from_unit", "to_unit")})
    return [Flow(units[r["from_unit"]], units[r["to_unit"]], r["passed"], r["asked"]) for r in known]


def stages(service_id: int, unit_ids: Collection[int], since: dt.date) -> dict[str, int]:
    """How far the cases of a service came that these units got since a day: the sums of `StageFigure`."""
    rows = StageFigure.objects.filter(service_id=service_id, unit_id__in=unit_ids, day__gte=since)
    return {name: number or 0 for name, number in rows.aggregate(**{name: Sum(name) for name in STAGES}).items()}


def most_filed(unit_ids: Collection[int], since: dt.date) -> str:
    """The code of the service of which these units got most cases since a day; empty where they got none."""
    rows = StageFigure.objects.filter(unit_id__in=unit_ids, day__gte=since).values("service__code")
    first = rows.annotate(n=Sum("filed")).order_by("-n", "service__code").first()
    return first["service__code"] if first else ""
