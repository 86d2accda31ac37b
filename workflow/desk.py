"""What lies on a person's desk: tabs, counters and one page of tasks, each at a constant number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from journal.clock import DbToday
from people.access import Access, valid_now
from people.models import Substitution
from workflow.models import Interval, RouteStep, Task
from workflow.querysets import lent_q, own_position_q

Verb = RouteStep.Verb
#: Stands for "no due day" in the order of a list.
FAR = dt.date(9999, 12, 31)


def standing() -> Exists:
    """Whether the time of a task's case stands still (not counted, or suspended); nothing is overdue meanwhile."""
    return Exists(Interval.objects.filter(case=OuterRef("case"), until_day__isnull=True))


def _overdue() -> Q:
    return Q(due_on__lt=DbToday()) & ~Q(standing())


@dataclass(frozen=True)
class Tab:
    """One tab of the inbox: its code (in the address), label, and the rows it keeps of the actionable tasks."""

    code: str
    label: Promise
    keeps: Q


def tabs(access: Access) -> list[Tab]:
    """The tabs this person may need, in order."""
    mine = Q(assignee_id=access.user_id)
    found = [
        Tab("moje", _("Mine"), mine),
        Tab("jednostka", _("My unit"), Q(assignee__isnull=True) & own_position_q(access)),
        Tab("do-dekretacji", _("To assign"), Q(verb=Verb.ASSIGN)),
        Tab("do-akceptacji", _("To approve"), Q(verb=Verb.APPROVE)),
        Tab("do-podpisu", _("To sign"), Q(verb=Verb.SIGN)),
        Tab("do-wysylki", _("To dispatch"), Q(verb=Verb.DISPATCH)),
        Tab("zastepstwa", _("In substitution"), lent_q(access)),
        Tab("po-terminie", _("Overdue"), _overdue()),
    ]
    needed: Mapping[str, bool] = {
        "do-dekretacji": access.anywhere("assign"),
        "do-akceptacji": access.anywhere("approve"),
        "do-podpisu": access.anywhere("sign"),
        "do-wysylki": access.anywhere("dispatch_letters"),
        "zastepstwa": bool(access.acting_for),
    }
    return [tab for tab in found if needed.get(tab.code, True)]


#: The permission by which a task of each verb is done.
DONE_BY: Mapping[str, str] = {
    Verb.ASSIGN: "assign",
    Verb.APPROVE: "approve",
    Verb.SIGN: "sign",
    Verb.DISPATCH: "dispatch_letters",
}


def substitutions(access: Access) -> list[Substitution]:
    """The substitutions by which this person takes somebody's place now, by name; no query when there are none."""
    if not access.acting_for:
        return []
    return list(
        Substitution.objects.filter(valid_now(), substitute_id=access.user_id)
        .select_related("absent")
        .order_by("absent__last_name", "absent__first_name", "absent_id", "valid_until")
    )


def in_place_of(access: Access, task: Task) -> int | None:
    """The absent person in whose place this person would do the task; None when in their own name, or not at all."""
    needed = DONE_BY.get(task.verb, "handle_cases")
    if not access.may(needed, task.unit_id):
        return None
    return access.in_place_of(task.assignee_id).lender(needed, task.unit_id)


#: A counter stops here and shows "99+": a desk never counts a whole table.
COUNTER_LIMIT = 1000


def counters(access: Access) -> dict[str, int]:
    """How many open tasks each tab holds, by one query over at most COUNTER_LIMIT rows."""
    rows = Task.objects.filter(
        pk__in=Task.objects.actionable_by(access).order_by("due_on").values("pk")[:COUNTER_LIMIT]
    )
    return rows.aggregate(**{tab.code: Count("pk", filter=tab.keeps) for tab in tabs(access)})


def inbox(access: Access, tab_code: str) -> QuerySet[Task]:
    """Open tasks of one tab with what a row shows, to be paged by `page`. An unknown tab shows the first one."""
    found = {tab.code: tab for tab in tabs(access)}
    tab = found.get(tab_code) or next(iter(found.values()))
    keeps = tab.keeps
    if tab.code == "zastepstwa" and access.place_of_id is not None:
        keeps = lent_q(access, access.place_of_id)
    return _shown(Task.objects.actionable_by(access).filter(keeps))


def waiting(access: Access) -> QuerySet[Task]:
    """Open tasks of others in cases that this person handles."""
    mine = Q(assignee__isnull=False, assignee_id=access.user_id)
    return _shown(Task.objects.open().visible_to(access).filter(~mine, case__handler_id=access.user_id))


def done(access: Access) -> QuerySet[Task]:
    """Tasks this person has done, newest first."""
    return _shown(Task.objects.visible_to(access).filter(done_by_id=access.user_id)).order_by("-id")


def _shown(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """With all that a row of a list shows."""
    return (
        tasks.annotate(stands_still=standing())
        .select_related(
            "case__unit", "case__process__service_version__service", "letter__correspondent", "unit", "assignee",
            "created_by",
        )  # fmt: skip
        .prefetch_related("case__parties")
    )


def load(access: Access) -> QuerySet[Task]:
    """Open tasks by clerk in the units this person assigns in: how many, how many overdue (the head's picture)."""
    return (
        Task.objects.open()
        .filter(unit_id__in=access.units.get("assign", frozenset()))
        .values("assignee_id", "assignee__first_name", "assignee__last_name", "unit__symbol")
        .annotate(open=Count("pk"), overdue=Count("pk", filter=_overdue()))
        .order_by(F("overdue").desc(), F("open").desc())[:50]
    )


def behind(day: dt.date, pk: int) -> Q:
    """What comes after a place in the order of a list, (due day or FAR, id); the rows have `due_key`."""
    return Q(due_key__gt=day) | Q(due_key=day, pk__gt=pk)


def before(day: dt.date, pk: int) -> Q:
    """What comes before it."""
    return Q(due_key__lt=day) | Q(due_key=day, pk__lt=pk)


def page(rows: QuerySet[Task], after: str, size: int, *, newest_first: bool = False) -> tuple[list[Task], str]:
    """One page of tasks after a cursor ("<due day>_<id>", empty for the first) and the cursor of the next page.

    Rows without a due day come last. Order is (due day, id), or id descending for `newest_first`. A cursor that is
    not one shows the first page. No count is taken.
    """
    day, _sep, last = after.partition("_")
    last_id = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
    if newest_first:
        rows = rows.filter(pk__lt=last_id) if last_id else rows
        found = list(rows.order_by("-id")[: size + 1])
    else:
        rows = rows.annotate(due_key=Coalesce("due_on", Value(FAR)))
        try:
            key = dt.date.fromisoformat(day)
        except ValueError:
            key = None
        if key and last_id:
            rows = rows.filter(behind(key, last_id))
        found = list(rows.order_by("due_key", "id")[: size + 1])
    if len(found) <= size:
        return found, ""
    end = found[size - 1]
    return found[:size], f"{end.due_on or FAR}_{end.pk}"
