"""Dekretacja and registration: who settles the case, and its reference."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Case
from documents.services import cases
from journal.errors import Refused
from journal.models import Audience
from journal.record import record
from people.access import Access, access_of
from people.models import User
from workflow import process, states
from workflow.models import RouteStep, Task

Verb = RouteStep.Verb


def _check_may_handle(user: User, case: Case) -> None:
    access = access_of(user)
    if not access.may("handle_cases", case.unit_id):
        raise Refused(_("%(name)s handles no cases in %(unit)s.") % {"name": user, "unit": case.unit})
    if not cases.may_read(access, case):
        raise Refused(_("%(name)s may not see this case; share it first.") % {"name": user})


def _require_assigning(actor: Access, case: Case) -> None:
    """The right to assign in the case's unit; else, for who sees the case, at the position of an open assignment task
    (of a head above, to whom it was escalated). Raises NotFound, NotAllowed."""
    at = [case.unit_id]
    if not actor.may("assign", case.unit_id) and cases.may_read(actor, case):
        waiting = case.tasks.open().filter(verb=Verb.ASSIGN).values_list("unit_id", flat=True)
        at = [unit for unit in waiting if actor.may("assign", unit)] or at
    cases.require_handling(actor, case, "assign", unit_id=at[0])


@transaction.atomic
def assign(
    actor: Access, *, case: Case, to_user: User, instruction: str = "", happened_at: dt.datetime | None = None
) -> Task:
    """Assign a case to the clerk who settles it, with an instruction; also re-assigns.

    Needs `assign` in the case's unit, or at the position above it that an open assignment task waits at. Closes the
    open assignment task, gives the clerk the handling task. Raises Refused when the person handles no cases there or
    may not see this one. One entry: case.assigned.
    """
    case = process.locked_case(case.pk)
    _require_assigning(actor, case)
    states.require(case, states.Verb.ASSIGN)
    _check_may_handle(to_user, case)
    moment = actor.moment(happened_at, case.unit)
    previous = case.handler_id
    for task in case.tasks.select_for_update().filter(done_at__isnull=True, verb=Verb.ASSIGN):
        process.close_task(task, by=actor, outcome="assigned", now=moment)
    process.cancel_tasks(case, by=actor, now=moment, verb=Verb.HANDLE)
    case.handler = to_user
    case.version += 1
    case.save(update_fields=["handler", "version"])
    task = process.add_task(case, Verb.HANDLE, by=actor, assignee=to_user, instruction=instruction, now=moment)
    record(
        actor,
        "case.assigned",
        case,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"to_user": to_user.pk, "previous": previous, "task": task.pk},
        detail={"to": str(to_user), "instruction": instruction},
        happened_at=moment,
    )
    return task


@transaction.atomic
def register_case(
    actor: Access, *, case: Case, class_symbol: str | None = None, happened_at: dt.datetime | None = None
) -> Case:
    """Give the case its reference (znak sprawy) by the body's own plan. Needs `handle_cases` in the case's unit.

    The class is the service's unless another is named. One entry: case.registered.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.REGISTER)
    version = case.process.service_version
    symbol = class_symbol or (version.class_symbol if version else "")
    return cases.register(actor, case=case, class_symbol=symbol, happened_at=happened_at)
