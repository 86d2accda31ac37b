"""Tasks that wait too long: a reminder before the due day, and after it the task is the deputy's or superior's, too.

Both are deeds of the office's machinery, done once for a task whatever runs beside them or is killed: the moment is
written on the locked task in the deed's own transaction, and a task has one twin at most (`Task.escalated_from`).
Time that stands still (suspended, not counted) neither reminds nor escalates. Days are Europe/Warsaw.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import DateField, ExpressionWrapper, F, Q

from documents.services import cases
from journal.clock import DbToday, db_now
from journal.record import record
from people.access import SYSTEM, valid_now
from people.models import Membership, Role, Substitution, Unit
from workflow import process
from workflow.desk import standing
from workflow.models import RouteStep, Task
from workflow.querysets import TAKEN_OVER, TaskQuerySet
from workflow.routes import running
from workflow.routes.engine import Step

Verb = RouteStep.Verb
#: Tasks taken on in one run; the next run goes on.
AT_ONCE = 500
#: What a superior does about work that rests: decide who does it.
_DECIDED_ABOVE = {Verb.HANDLE: Verb.ASSIGN, Verb.CORRECT: Verb.ASSIGN}


def to_remind() -> TaskQuerySet:
    """Open tasks whose reminder is due, longest ago first."""
    day = ExpressionWrapper(F("due_on") - F("remind_days"), output_field=DateField())
    waiting = Task.objects.open().filter(reminded_at__isnull=True, remind_days__isnull=False)
    return waiting.annotate(day=day).filter(~standing(), day__lte=DbToday()).order_by("day", "pk")


def to_escalate() -> TaskQuerySet:
    """Open tasks that have rested longer than their step allows."""
    day = ExpressionWrapper(F("due_on") + F("escalate_days"), output_field=DateField())
    waiting = Task.objects.open().filter(escalated_at__isnull=True, escalate_days__isnull=False)
    return waiting.annotate(day=day).filter(~standing(), day__lt=DbToday()).order_by("day", "pk")


def unattended() -> list[int]:
    """Ids of open tasks that fall to nobody who is here: to people who are away, whose substitutes for such work are
    away too. What is only lent is not handed on, so these tasks would rest."""
    today = Substitution.objects.filter(valid_now(), substitute__is_active=True)
    handed: dict[int, list[tuple[int, str]]] = {}
    for absent, substitute, scope in today.values_list("absent_id", "substitute_id", "scope"):
        handed.setdefault(absent, []).append((substitute, scope))

    def to_whom(person: int, verb: str) -> set[int]:
        taken = ((who, TAKEN_OVER[scope]) for who, scope in handed.get(person, ()))
        return {who for who, verbs in taken if verbs is None or verb in verbs}

    def rests(person: int, verb: str) -> bool:
        substitutes = to_whom(person, verb)
        return bool(substitutes) and all(to_whom(each, verb) for each in substitutes)

    away = [person for person in handed if any(rests(person, verb) for verb in Verb.values)]
    if not away:
        return []
    held = Membership.objects.filter(valid_now(), user__in=away)
    position = Q(pk__in=[])
    for role, unit_id in set(held.values_list("role_group__role", "role_group__unit_id")):
        position |= Q(role=role, unit_id=unit_id)
    waiting = Task.objects.open().filter(~standing(), escalated_at__isnull=True, escalated_from__isnull=True)
    waiting = waiting.filter(Q(assignee__in=away) | (Q(assignee__isnull=True) & position)).select_related("unit")
    found = []
    for task in waiting.order_by("pk")[:AT_ONCE]:
        people = {task.assignee_id} if task.assignee_id else running.holders(task.role, task.unit)
        if people and all(rests(person, task.verb) for person in people):
            found.append(task.pk)
    return found


def sweep() -> tuple[int, int]:
    """Remind and escalate what is due now, or falls to nobody who is here; how many of each."""
    reminded = sum(remind(pk) for pk in list(to_remind().values_list("pk", flat=True)[:AT_ONCE]))
    late = list(to_escalate().values_list("pk", flat=True)[:AT_ONCE])
    escalated = sum(escalate(pk) is not None for pk in [*late, *unattended()])
    return reminded, escalated


def _locked(task_id: int) -> Task:
    """The task under lock, its case locked before it, as everywhere."""
    case = process.locked_case(Task.objects.values_list("case_id", flat=True).get(pk=task_id))
    task = Task.objects.select_for_update(of=("self",)).select_related("letter", "document_version").get(pk=task_id)
    task.case = case
    return task


@transaction.atomic
def remind(task_id: int) -> bool:
    """Remind of a task, once. One entry: task.reminded; false, and none, when it is done or was reminded of."""
    task = _locked(task_id)
    if task.done_at or task.reminded_at:
        return False
    task.reminded_at = db_now()
    task.save(update_fields=["reminded_at"])
    record(SYSTEM, "task.reminded", task, case_id=task.case_id, unit_id=task.unit_id, data=_said(task))
    return True


@transaction.atomic
def escalate(task_id: int) -> Task | None:
    """Give a task that rests to the deputy or superior, too, and return theirs; None, and no entry, when it is done,
    was escalated, or nobody stands above. Entries: task.escalated, and case.shared where the superior could not read
    the case."""
    task = _locked(task_id)
    if task.done_at or task.escalated_at:
        return None
    found = _above(task)
    now = db_now()
    task.escalated_at = now
    task.save(update_fields=["escalated_at"])
    if found is None:
        return None
    role, unit = found
    verb = _DECIDED_ABOVE.get(Verb(task.verb), task.verb)
    step = Step(task.step or 0, task.group or 0, verb, role)
    if unit.pk != task.case.unit_id:
        cases.open_to_position(SYSTEM, case=task.case, role=role, unit=unit)
    twin = process.add_step_task(
        task.case, step, role, unit, by=SYSTEM, letter=task.letter, version=task.document_version,
        instruction=task.instruction, due_on=task.due_on, escalated_from=task, now=now,
    )  # fmt: skip
    said = {**_said(task), "to": twin.pk, "to_role": role, "to_unit": unit.pk}
    record(SYSTEM, "task.escalated", task, case_id=task.case_id, unit_id=task.unit_id, data=said)
    return twin


def _said(task: Task) -> dict[str, object]:
    return {"verb": task.verb, "due_on": task.due_on.isoformat() if task.due_on else None, "assignee": task.assignee_id}


def _above(task: Task) -> tuple[str, Unit] | None:
    """The position that a resting task goes to: the deputy of its unit where there is one and the step says so, else
    the nearest head above the position (in the unit itself, where the task is a clerk's) in the same body."""
    absent = {task.assignee_id} if task.assignee_id else set()
    if task.escalate_to == RouteStep.Escalation.DEPUTY and running.holders(Role.DEPUTY, task.unit, but_not=absent):
        return Role.DEPUTY, task.unit
    heads = task.role in {Role.HEAD, Role.DEPUTY}
    unit: Unit | None = running.head_office(task.unit) if heads else task.unit
    while unit is not None:
        if running.holders(Role.HEAD, unit, but_not=absent):
            return Role.HEAD, unit
        unit = running.head_office(unit)
    return None
