"""Keeps the sums as entries are sealed: each entry counts once, since the sums move with the cursor."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from django.db import connection, transaction
from django.db.models import BigIntegerField, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from documents.models import Case, Letter
from journal.clock import warsaw_day
from journal.follow import Follower
from journal.models import Entry
from workflow.figures.models import DayFigure, FlowFigure, StageFigure

#: Entries that end a case that was handled; one crossed out was none.
ENDS = frozenset({"case.closed", "case.left_unconsidered"})
HEARD = ENDS | {"case.opened", "case.crossed", "case.passed_on", "case.invited", "case.assigned", "case.registered",
                "supplement.requested"}  # fmt: skip
#: Columns of `StageFigure` after its key.
STAGES = ("filed", "assigned", "registered", "settled", "unconsidered", "called")
#: Entries counted in one transaction by `recount`.
BATCH = 5000
Days = dict[tuple[int, dt.date], list[int]]
Flows = dict[tuple[int, int, dt.date], list[int]]
Stages = dict[tuple[int, int, dt.date], list[int]]


class Figures(Follower):
    """Adds what the entries of a turn make to the sums."""

    name = "figures"

    def handle(self, entries: Sequence[Entry]) -> None:
        heard = [entry for entry in entries if entry.action in HEARD]
        add(*sums(heard))
        add_stages(stages(heard))


def sums(entries: Iterable[Entry]) -> tuple[Days, Flows]:
    """(unit, day) -> [filed, ended, late, days] and (from, to, month) -> [passed, asked] of some entries. A case that
    was crossed out takes its filing back on the day of the crossing."""
    known = list(entries)
    cases = Case.objects.in_bulk([entry.case_id for entry in known if entry.case_id and entry.action in ENDS])
    days: Days = defaultdict(lambda: [0, 0, 0, 0])
    flows: Flows = defaultdict(lambda: [0, 0])
    for entry in known:
        day = warsaw_day(entry.timestamp)
        unit = int(entry.unit_id or 0)
        if entry.action == "case.opened":
            days[unit, day][0] += 1
        elif entry.action in ENDS and (case := cases.get(entry.case_id or 0)):
            row = days[unit, day]
            row[1] += 1
            row[2] += bool(case.due_on and day > case.due_on)
            row[3] += max(0, (day - warsaw_day(case.received_at)).days)
        elif entry.action == "case.passed_on":
            flows[int(entry.data["from_unit"]), int(entry.data["to_unit"]), day.replace(day=1)][0] += 1
        elif entry.action == "case.invited":
            flows[unit, int(entry.data["unit"]), day.replace(day=1)][1] += 1
    return {key: row for key, row in days.items() if key[0] and any(row)}, dict(flows)


def stages(entries: Sequence[Entry]) -> Stages:
    """(service, unit, day of receipt) -> STAGES of some entries, each case counted once at each stage: an assignment
    counts as the first one, crossing out takes all back."""
    # The unit that got it, which stays the same when the case is passed on: that of its first letter.
    first = Letter.objects.filter(case=OuterRef("pk"), direction="in").order_by("id").values("unit_id")[:1]
    known_cases = (
        Case.objects.filter(
            pk__in={entry.case_id for entry in entries if entry.case_id}, process__service_version__isnull=False
        )
        .annotate(got=Coalesce(Subquery(first), F("unit_id"), output_field=BigIntegerField()))
        .values_list("pk", "process__service_version__service_id", "got", "received_at")
    )
    of_case = {pk: (service, unit, warsaw_day(received)) for pk, service, unit, received in known_cases}
    found: Stages = defaultdict(lambda: [0] * len(STAGES))
    for entry in entries:
        if (known := of_case.get(entry.case_id or 0)) is None:
            continue
        row = found[known]
        match entry.action:
            case "case.opened":
                row[0] += 1
            case "case.assigned" if entry.data.get("previous") is None:
                row[1] += 1
            case "case.registered":
                row[2] += 1
            case "case.closed":
                row[3] += 1
            case "case.left_unconsidered":
                row[4] += 1
            case "supplement.requested":
                row[5] += 1
            case "case.crossed":
                row[0] -= 1
    return {key: row for key, row in found.items() if any(row)}


def add_stages(found: Stages) -> None:
    """Add them to what is kept: one statement, in the order of the keys."""
    if found:
        names, values = ", ".join(STAGES), ", ".join(["%s"] * (3 + len(STAGES)))
        summed = ", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in STAGES)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {StageFigure._meta.db_table} AS kept (service_id, unit_id, day, {names}) "  # noqa: S608  # our own table
                f"VALUES ({values}) ON CONFLICT (service_id, unit_id, day) DO UPDATE SET {summed}",
                [(*key, *row) for key, row in sorted(found.items())],
            )


def add(days: Days, flows: Flows) -> None:
    """Add sums to what is kept: two statements, in the order of the keys so that none waits for another."""
    with connection.cursor() as cursor:
        if days:
            cursor.executemany(
                f"INSERT INTO {DayFigure._meta.db_table} AS kept (unit_id, day, filed, ended, late, days) "  # noqa: S608  # our own table
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (unit_id, day) DO UPDATE SET "
                "filed = kept.filed + EXCLUDED.filed, ended = kept.ended + EXCLUDED.ended, "
                "late = kept.late + EXCLUDED.late, days = kept.days + EXCLUDED.days",
                [(*key, *row) for key, row in sorted(days.items())],
            )
        if flows:
            cursor.executemany(
                f"INSERT INTO {FlowFigure._meta.db_table} AS kept (from_unit_id, to_unit_id, month, passed, asked) "  # noqa: S608  # our own table
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (from_unit_id, to_unit_id, month) DO UPDATE SET "
                "passed = kept.passed + EXCLUDED.passed, asked = kept.asked + EXCLUDED.asked",
                [(*key, *row) for key, row in sorted(flows.items())],
            )


@transaction.atomic
def recount(up_to: int, progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Count anew from the first entry to the one sealed at position `up_to`, which is where the follower stands; gives
    how many entries were counted. `progress` hears the position of how many. Run it while the follower rests
    (`counting.count_again` sees to that)."""
    DayFigure.objects.all().delete()
    FlowFigure.objects.all().delete()
    StageFigure.objects.all().delete()
    counted, last = 0, 0
    heard = Entry.objects.filter(action__in=HEARD, seal__seq__lte=up_to).select_related("seal").order_by("seal__seq")
    while batch := list(heard.filter(seal__seq__gt=last)[:BATCH]):
        add(*sums(batch))
        add_stages(stages(batch))
        counted, last = counted + len(batch), batch[-1].seal.seq
        progress(last, up_to)
    return counted
