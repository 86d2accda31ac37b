"""The rows that a filter gives, what can be chosen in it, and the neighbours of a case in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise

from documents.models import Case
from people.access import Access
from people.models import Unit, User
from workflow import desk
from workflow.inbox.filters import COLUMNS, DUE, Filter
from workflow.inbox.models import SavedFilter, units_of
from workflow.models import RouteStep, ServiceOffer, Task

#: Where the session remembers which list a person works through, and how far.
LIST, PLACE = "desk_list", "desk_place"


def rows_of(access: Access, asked: Filter, today: dt.date) -> QuerySet[Task]:
    """The tasks of the filter's tab that it keeps."""
    match asked.tab:
        case "czekaja":
            found = desk.waiting(access)
        case "zalatwione":
            found = desk.done(access)
        case _:
            found = desk.inbox(access, asked.tab)
    return found.filter(asked.q(today)) if asked.narrows else found


@dataclass(frozen=True)
class Choices:
    """What the form of the filter offers: lists of (value, label)."""

    units: list[tuple[str, str]]
    verbs: list[tuple[str, Promise | str]]
    services: list[tuple[str, str]]
    people: list[tuple[str, str]]
    due: list[tuple[str, Promise]] = field(default_factory=lambda: [(code, label) for code, (label, _n) in DUE.items()])
    columns: list[tuple[str, Promise]] = field(default_factory=lambda: list(COLUMNS.items()))


def choices(access: Access, *, with_people: bool) -> Choices:
    """Of the units where this person holds a position: at most three queries."""
    held = units_of(access)
    units = Unit.objects.filter(pk__in=held).order_by("symbol").values_list("pk", "symbol", "name")[:200]
    offered = ServiceOffer.objects.filter(unit_id__in=held).values_list("service__code", "service__title")
    people: list[tuple[str, str]] = []
    if with_people:
        working = Task.objects.open().filter(unit_id__in=access.units.get("assign", frozenset())).values("assignee_id")
        named = User.objects.filter(pk__in=working).order_by("last_name", "first_name")[:200]
        people = [(str(user.pk), str(user)) for user in named]
    return Choices(
        units=[(str(pk), f"{symbol} – {name}") for pk, symbol, name in units],
        verbs=[(str(code), label) for code, label in RouteStep.Verb.choices],
        services=sorted(set(offered), key=lambda each: each[1]),
        people=people,
    )


def saved(access: Access) -> list[SavedFilter]:
    """Filters this person may open, own ones first."""
    rows = list(SavedFilter.objects.visible_to(access).select_related("owner", "unit")[:100])
    return sorted(rows, key=lambda each: (each.owner_id != access.user_id, each.name.lower()))


def remember(request: HttpRequest, asked: Filter) -> None:
    """Which list the person works through now; written only when it is another."""
    address = asked.address()
    if request.session.get(LIST) != address:
        request.session[LIST] = address
        request.session.pop(PLACE, None)


@dataclass(frozen=True)
class Neighbours:
    """The tasks before and after a case in the list that is worked through."""

    before: str
    after: str
    back: str


def neighbours(request: HttpRequest, access: Access, case: Case, today: dt.date) -> Neighbours | None:
    """Where to go from the case without going back to the list; None when no list is worked through, or the case is not
    of it. A task that was done meanwhile keeps its place. Three queries."""
    kept = request.session.get(LIST)
    if kept is None:
        return None
    asked = Filter.read(QueryDict(kept))
    access = access.in_place_of(asked.place_of)
    rows = rows_of(access, asked, today).annotate(due_key=Coalesce("due_on", Value(desk.FAR)))
    newest_first = asked.tab == "zalatwione"
    here = rows.filter(case=case).order_by("due_key", "id").values_list("due_key", "pk").first()
    if here is not None:
        place = [here[0].isoformat(), here[1], case.pk]
        if request.session.get(PLACE) != place:
            request.session[PLACE] = place
    elif (place := request.session.get(PLACE) or [None, None, None])[2] != case.pk:
        return None
    day, pk = dt.date.fromisoformat(place[0]), place[1]
    before, after = _either_side(rows.exclude(case=case), day, pk, newest_first=newest_first)
    return Neighbours(
        before=_address(before, access), after=_address(after, access), back=f"{reverse('desk:inbox')}?{kept}"
    )


def _either_side(
    rows: QuerySet[Task], day: dt.date, pk: int, *, newest_first: bool
) -> tuple[Task | None, Task | None]:
    if newest_first:
        return rows.filter(pk__gt=pk).order_by("id").first(), rows.filter(pk__lt=pk).order_by("-id").first()
    order = ("due_key", "id")
    before = rows.filter(desk.before(day, pk)).order_by(*(f"-{name}" for name in order)).first()
    return before, rows.filter(desk.behind(day, pk)).order_by(*order).first()


def _address(task: Task | None, access: Access) -> str:
    if task is None:
        return ""
    place = desk.in_place_of(access, task)
    return reverse("desk:case", args=[task.case_id]) + (f"?za={place}" if place else "")


