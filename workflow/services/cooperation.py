"""Others who work on a case beside the one who settles it: units and people asked for an opinion, or told of it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Case
from documents.services import cases
from journal.errors import Conflict, Refused
from journal.record import record
from people.access import Access
from people.models import Role, Unit
from workflow import process, states
from workflow.models import Assignment, RouteStep, Task
from workflow.routes import running
from workflow.routes.engine import Step

Verb = RouteStep.Verb
#: What each way of taking part asks to be done.
ASKED = {Assignment.Kind.COOPERATES: Verb.CONSULT, Assignment.Kind.INFORMED: Verb.NOTE}


@transaction.atomic
def invite(
    actor: Access, *, case: Case, unit: Unit, kind: str, instruction: str = "", due_on: dt.date | None = None,
    happened_at: dt.datetime | None = None,
) -> Task:  # fmt: skip
    """Ask the head of another unit for an opinion ("cooperates"), or tell them of the case ("informed"); they may read
    it from now on. Needs `handle_cases` in the case's unit.

    Raises Refused for an unknown kind, an opinion without a question, the case's own unit or one of another body;
    Conflict when that unit is asked already; Refused for a sealed case, which is opened by naming its readers. Entries:
    case.invited, and case.shared where the position could not read the case before.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.INVITE)
    if kind not in ASKED:
        raise Refused(_("Say whether the unit co-operates or is only told."))
    if unit.pk == case.unit_id or unit.closed_on:
        raise Refused(_("Choose another unit that works."))
    if (unit.body_id or unit.pk) != case.body_id:  # a controller of its own: it gets a letter, not sight of the case
        raise Refused(_("That unit belongs to another office; write it a letter."))
    if case.sealed:
        raise Refused(_("A sealed case is opened only by naming its readers."))
    if kind == Assignment.Kind.COOPERATES and not instruction.strip():
        raise Refused(_("Say what you ask the unit for."))
    if not running.holders(Role.HEAD, unit):
        raise Refused(_("Nobody is the head of this unit now; ask another one."))
    verb = ASKED[Assignment.Kind(kind)]
    if case.tasks.open().filter(verb=verb, unit=unit).exists():
        raise Conflict(_("This unit has been asked already and has not answered yet."))
    moment = actor.moment(happened_at, case.unit)
    cases.open_to_position(actor, case=case, role=Role.HEAD, unit=unit)
    step = Step(0, 0, verb, Role.HEAD)
    task = process.add_step_task(
        case, step, Role.HEAD, unit, by=actor, instruction=instruction.strip()[:250], due_on=due_on, now=moment
    )
    Assignment.objects.create(
        case=case, kind=kind, unit=unit, instruction=task.instruction, decided_by_id=actor.user_id,
        entered_by_id=actor.user_id, task=task, assigned_at=moment,
    )  # fmt: skip
    record(
        actor, "case.invited", case, case_id=case.pk, unit_id=case.unit_id,
        data={"unit": unit.pk, "kind": str(kind), "task": task.pk}, detail={"instruction": instruction},
        happened_at=moment,
    )  # fmt: skip
    return task


@transaction.atomic
def answer(actor: Access, *, task: Task, comment: str = "", happened_at: dt.datetime | None = None) -> Task:
    """Give the opinion asked for, or say that the case was noted. Needs `handle_cases` in the task's unit.

    Raises Refused for another task or an opinion without words, Conflict when it was given already. One entry:
    case.opinion_given or case.noted.
    """
    task, case = process.locked_task(actor, task.pk)
    if task.verb not in {Verb.CONSULT, Verb.NOTE}:
        raise Refused(_("This task is not of that kind."))
    actor = actor.in_place_of(task.assignee_id)
    actor.require("handle_cases", task.unit_id)
    if task.verb == Verb.CONSULT and not comment.strip():
        raise Refused(_("Write the opinion."))
    moment = actor.moment(happened_at, task.unit)
    outcome = "answered" if task.verb == Verb.CONSULT else "noted"
    process.close_task(task, by=actor, outcome=outcome, now=moment, comment=comment.strip())
    record(
        actor, "case.opinion_given" if task.verb == Verb.CONSULT else "case.noted", case, case_id=case.pk,
        unit_id=task.unit_id, data={"task": task.pk}, detail={"opinion": comment} if comment.strip() else None,
        happened_at=moment,
    )  # fmt: skip
    return task
