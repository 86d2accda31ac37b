"""Dekretacja and registration: who settles the case, through which units it comes to them, and its reference."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from documents.models import Case
from documents.services import cases
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError, NotAllowed, Refused
from journal.models import Audience
from journal.record import record
from people.access import Access, access_of
from people.models import Unit, User
from workflow import process, states
from workflow.models import Assignment, RouteStep, Task

Verb = RouteStep.Verb
#: Instructions looked at for the ones a unit uses most, and how many of these are offered.
LOOKED_AT, OFFERED = 200, 8


def _check_may_handle(user: User, case: Case) -> None:
    access = access_of(user)
    if not access.may("handle_cases", case.unit_id):
        raise Refused(_("%(name)s handles no cases in %(unit)s.") % {"name": user, "unit": case.unit})
    if not cases.may_read(access, case):
        raise Refused(_("%(name)s may not see this case; share it first.") % {"name": user})


def _require_assigning(actor: Access, case: Case, decided_by: User | None) -> None:
    """The right to assign in the case's unit; else, for who sees the case, at the position of an open assignment task
    (of a head above, to whom it was escalated). Who types in what a head has decided needs to handle cases there, and
    the head the right to assign. Raises NotFound, NotAllowed."""
    if decided_by is not None and decided_by.pk != actor.user_id:
        cases.require_handling(actor, case, "handle_cases")
        if not access_of(decided_by).may("assign", case.unit_id):
            raise NotAllowed(_("%(name)s assigns no cases in %(unit)s.") % {"name": decided_by, "unit": case.unit})
        return
    at = [case.unit_id]
    if not actor.may("assign", case.unit_id) and cases.may_read(actor, case):
        waiting = case.tasks.open().filter(verb=Verb.ASSIGN).values_list("unit_id", flat=True)
        at = [unit for unit in waiting if actor.may("assign", unit)] or at
    cases.require_handling(actor, case, "assign", unit_id=at[0])


def _keep(
    actor: Access, task: Task, kind: str, *, decided_by: User | None, reason: str = "", moment: dt.datetime
) -> Assignment:
    """Keep who was given the case; who had it in that way until now has it no more."""
    task.case.assignments.filter(kind__in=[Assignment.Kind.LEAD, Assignment.Kind.PASSED], ended_at=None).update(
        ended_at=moment
    )
    return Assignment.objects.create(
        case=task.case, kind=kind, unit=task.unit, user=task.assignee, instruction=task.instruction, reason=reason,
        decided_by_id=decided_by.pk if decided_by else actor.user_id, entered_by_id=actor.user_id, task=task,
        assigned_at=moment,
    )  # fmt: skip


@transaction.atomic
def assign(
    actor: Access,
    *,
    case: Case,
    to_user: User,
    instruction: str = "",
    reason: str = "",
    decided_by: User | None = None,
    happened_at: dt.datetime | None = None,
) -> Task:
    """Assign a case to the clerk who settles it, with an instruction; also re-assigns, then with a reason.

    Needs `assign` in the case's unit, or at the position above it that an open assignment task waits at. `decided_by`:
    the head whose decision is only typed in; that needs `handle_cases`, and the history names both. Closes the open
    assignment task, gives the clerk the handling task. Raises Refused when the person handles no cases there or may
    not see this one, or when no reason is given why the case changes hands. One entry: case.assigned.
    """
    case = process.locked_case(case.pk)
    _require_assigning(actor, case, decided_by)
    states.require(case, states.Verb.ASSIGN)
    _check_may_handle(to_user, case)
    previous = case.handler_id
    if previous not in (None, to_user.pk) and not reason.strip():
        raise Refused(_("Say why the case changes hands."))
    moment = actor.moment(happened_at, case.unit)
    for task in case.tasks.select_for_update().filter(done_at__isnull=True, verb=Verb.ASSIGN):
        process.close_task(task, by=actor, outcome="assigned", now=moment)
    process.cancel_tasks(case, by=actor, now=moment, verb=Verb.HANDLE)
    if previous not in (None, to_user.pk):  # a letter that came back to the one is corrected by the other
        case.tasks.open().filter(verb=Verb.CORRECT, assignee=previous).update(assignee=to_user)
    case.handler = to_user
    case.version += 1
    case.save(update_fields=["handler", "version"])
    task = process.add_task(case, Verb.HANDLE, by=actor, assignee=to_user, instruction=instruction, now=moment)
    kept = _keep(actor, task, Assignment.Kind.LEAD, decided_by=decided_by, reason=reason.strip()[:250], moment=moment)
    record(
        actor,
        "case.assigned",
        case,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"to_user": to_user.pk, "previous": previous, "task": task.pk, "decided_by": kept.decided_by_id},
        detail={"to": str(to_user), "instruction": instruction, **({"reason": reason} if reason else {})},
        happened_at=moment,
    )
    return task


def note_seen(actor: Access, *, case: Case) -> None:
    """Keep that a person who was given the case has opened it: who assigned it sees that it arrived. The first time
    counts; no entry, as for every reading."""
    case.assignments.filter(user_id=actor.user_id or 0, seen_at=None, ended_at=None).update(seen_at=db_now())


def in_hands_of(access: Access, user: User, unit: Unit) -> QuerySet[Case]:
    """Cases of a unit that a person settles and that are not at their end, of those that this access sees."""
    running = Case.objects.visible_to(access).open().filter(handler=user, unit=unit)
    running = running.filter(left_at=None, transferred_at=None, withdrawn_at=None, delivered_at=None)
    return running.order_by("due_on", "pk")


def hand_over(
    actor: Access, *, case_ids: Sequence[int], leaver: User, to_user: User, reason: str, instruction: str = ""
) -> list[tuple[Case, str]]:
    """Give cases of somebody who leaves (or is away for long) to somebody else: each by a deed of its own (`assign`),
    so that one which is refused stops no other. The cases with why each was refused (empty: done). Cases that are not
    in the leaver's hands any more are left alone."""
    done = []
    for case in Case.objects.filter(pk__in=case_ids, handler=leaver).select_related("unit").order_by("due_on", "pk"):
        try:
            assign(actor, case=case, to_user=to_user, instruction=instruction, reason=reason)
            done.append((case, ""))
        except DomainError as error:
            done.append((case, str(error.message)))
    return done


@transaction.atomic
def take(actor: Access, *, case: Case) -> Case:
    """Take a case oneself and give it its reference, in one go: what the head of a small unit does with most letters.
    Needs `assign` and `handle_cases` in the case's unit. Entries: case.assigned, case.registered."""
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None:
        raise NotAllowed(_("Only a person takes a case."))
    assign(actor, case=case, to_user=user)
    case = Case.objects.get(pk=case.pk)
    return case if case.reference else register_case(actor, case=case)


@transaction.atomic
def pass_on(
    actor: Access, *, case: Case, to_unit: Unit, instruction: str = "", happened_at: dt.datetime | None = None
) -> Task:
    """Give a case that has no reference yet to another unit of the same body, whose head assigns it further.

    Needs `assign` in the case's unit. The case is that unit's from now on, and its reference will be; the letter keeps
    its number in the register it came into. Raises Refused for a unit of another body or none that works. One entry:
    case.passed_on.
    """
    case = process.handled_case(actor, case.pk, "assign")
    states.require(case, states.Verb.FORWARD)
    if to_unit.pk == case.unit_id or (to_unit.body_id or to_unit.pk) != case.body_id or to_unit.closed_on:
        raise Refused(_("A case is passed on to another unit of the same office."))
    moment = actor.moment(happened_at, case.unit)
    for task in case.tasks.select_for_update().filter(done_at__isnull=True, verb=Verb.ASSIGN):
        process.close_task(task, by=actor, outcome="passed_on", now=moment)
    process.cancel_tasks(case, by=actor, now=moment, verb=Verb.HANDLE)
    previous, case.unit, case.handler = case.unit_id, to_unit, None
    case.version += 1
    case.save(update_fields=["unit", "handler", "version"])
    task = process.add_task(case, Verb.ASSIGN, by=actor, instruction=instruction, now=moment)
    _keep(actor, task, Assignment.Kind.PASSED, decided_by=None, moment=moment)
    record(
        actor,
        "case.passed_on",
        case,
        case_id=case.pk,
        unit_id=to_unit.pk,
        data={"from_unit": previous, "to_unit": to_unit.pk, "task": task.pk},
        detail={"instruction": instruction} if instruction else None,
        happened_at=moment,
    )
    return task


@transaction.atomic
def set_due(actor: Access, *, task: Task | None, due_on: dt.date) -> Task:
    """Say until when a task is to be done: a day inside the office, which moves no day that the law sets.

    Needs `assign` in the task's unit. Raises Refused for a day that is past or later than the case's own, Conflict for
    a task that is done. Who does it is reminded anew. One entry: task.due_set.
    """
    if task is None:
        raise Refused(_("There is no such task."))
    task, case = process.locked_task(actor, task.pk)
    actor = actor.in_place_of(task.assignee_id)
    actor.require("assign", task.unit_id)
    process.require_open(task)
    now = actor.moment(None, task.unit)
    if due_on < warsaw_day(now):
        raise Refused(_("This day has passed."))
    if case.due_on and due_on > case.due_on:
        raise Refused(_("The case itself is due on %(day)s.") % {"day": f"{case.due_on:%d.%m.%Y}"})
    before, task.due_on, task.reminded_at = task.due_on, due_on, None
    task.save(update_fields=["due_on", "reminded_at"])
    record(
        actor,
        "task.due_set",
        task,
        case_id=case.pk,
        unit_id=task.unit_id,
        data={"verb": task.verb, "due_on": due_on.isoformat(), "before": before.isoformat() if before else None},
        happened_at=now,
    )
    return task


def instructions(unit: Unit) -> list[str]:
    """The instructions that a unit has used most lately, for the next one; the usual ones of offices where it has used
    none yet."""
    used = Assignment.objects.filter(unit=unit).exclude(instruction="").order_by("-id")
    counted = Counter(used.values_list("instruction", flat=True)[:LOOKED_AT])
    usual = [_("please settle"), _("please draft an answer"), _("please talk to me about it"), _("for information")]
    found = [text for text, _times in counted.most_common(OFFERED)]
    return [*found, *(text for text in usual if text not in found)][:OFFERED]


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
