"""The running process of a case: its route, its clock and its tasks. Helpers of the deeds; they record nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from documents.free_days import Calendar
from documents.models import Case, DocumentVersion, Letter
from documents.services import cases
from journal.brief import briefly
from journal.clock import WARSAW, db_now, warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.rows import insert
from people.access import Access
from people.models import Role, Unit, User
from workflow.deadlines import Due, Extension, Pause, PauseKind, Term, due
from workflow.models import Process, RouteStep, RouteTemplate, Service, ServiceOffer, ServiceVersion, Task
from workflow.regimes import Regime, last_day, regime
from workflow.routes.engine import Step, read

#: The service whose values hold for letters that name none (the general letter, pismo ogólne).
GENERAL = "pismo-ogolne"


def calendar_of(body: Unit) -> Calendar:
    """The body's calendar: Polish free days and its own days off."""
    return Calendar({dt.date.fromisoformat(day): _("day off of the unit") for day in body.days_off})


def service_version(code: str, day: dt.date) -> ServiceVersion:
    """The version of a service in force on a day. Raises Refused when there is none."""
    found = (
        ServiceVersion.objects.select_related("service", "route")
        .filter(service__code=code, valid_from__lte=day)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
        .order_by("-valid_from")
        .first()
    )
    if found is None:
        raise Refused(_("This service is not offered on that day."))
    return found


@dataclass(frozen=True)
class Standing:
    """What intake must know of a unit and a service on a day, all of it read only."""

    unit: Unit
    version: ServiceVersion
    offer: ServiceOffer | None
    route: list[dict[str, Any]]


@briefly
def standing(code: str, unit_id: int, day: dt.date) -> Standing:
    """The unit (with its body) and the service's values in force there. Raises Refused when the service has none."""
    unit = Unit.objects.select_related("body").get(pk=unit_id)
    version = service_version(code, day)
    return Standing(unit, version, offer_of(version.service, unit), snapshot(newest(version.route)))


def offer_of(service: Service, unit: Unit) -> ServiceOffer | None:
    """The unit's offer of a service: its own, else none."""
    return ServiceOffer.objects.filter(service=service, unit=unit).first()


def newest(route: RouteTemplate) -> RouteTemplate:
    """The newest version of a route, which new cases take."""
    return RouteTemplate.objects.filter(code=route.code).order_by("-version").first() or route


def snapshot(route: RouteTemplate) -> list[dict[str, Any]]:
    """The steps of a route as they stand now."""
    names = (
        "group", "order", "verb", "role", "where", "unit_id", "quorum", "term", "conditions", "skip", "remind_days",
        "escalate_days", "escalate_to",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in route.steps.order_by("group", "order").values_list(*names)]


def plan(stands: Standing, *, assurance: int, received_at: dt.datetime) -> tuple[Process, dt.date]:
    """The process that a new case will have (unsaved, without its case), and the case's first due day."""
    version, offer, unit = stands.version, stands.offer, stands.unit
    term = (offer.term if offer else "") or version.term
    started = warsaw_day(received_at)
    counted = due(started, Term.parse(term), calendar_of(unit.body or unit))
    process = Process(
        service_version=version,
        offer=offer,
        route=stands.route,
        term=term,
        started_on=started,
        due_raw_on=counted.raw,
        due_rule=counted.rule(),
        assurance=assurance,
        signature_missing=assurance < version.assurance,
    )
    return process, counted.rolled


def count(case: Case, *, as_of: dt.date | None = None) -> Due:
    """Count the due day of a case again from its facts: term, pauses, extensions, calendar."""
    process = case.process
    pauses = [
        Pause(
            i.from_day,
            i.until_day,
            i.article,
            i.reason,
            PauseKind.SUSPENSION if i.kind == "suspended" else PauseKind.NOT_COUNTED,
        )
        for i in case.intervals.all()
    ]
    extensions = [Extension(e.new_day, e.notified_on, e.reason) for e in case.extensions.all()]
    return due(
        process.started_on,
        Term.parse(process.term),
        calendar_of(case.body),
        pauses=pauses,
        extensions=extensions,
        as_of=as_of or warsaw_day(db_now()),
    )


def regime_of(case: Case, day: dt.date) -> Regime:
    """By which law the time of a case runs: that of its service, in force on a day."""
    version = case.process.service_version
    return regime(version.regime if version else "kpa", day)


def require_told(case: Case, day: dt.date) -> None:
    """Raise Refused when the time of the case has passed on a day and no new date was told: no case is late silently
    (art. 36 k.p.a.). Where the law allows no new date any more, settling it at once is all that is left."""
    counted = count(case, as_of=day)
    if counted.stopped_by is not None or counted.rolled >= day:
        return
    law = regime_of(case, day)
    last = last_new_day(case, counted, law)
    if last is None or last >= day:
        raise Refused(
            _("The time of the case passed on %(day)s. First set a new date and tell the party why (%(article)s).")
            % {"day": f"{counted.rolled:%d.%m.%Y}", "article": law.delay_article}
        )


def last_new_day(case: Case, counted: Due, law: Regime) -> dt.date | None:
    """The last day that a new date of the case may be; None where its law names none."""
    return last_day(law, counted.start, counted.raw, calendar_of(case.body))


def recount(case: Case) -> Due:
    """Count again and keep the result on the case and its process."""
    counted = count(case)
    case.due_on = counted.rolled
    case.save(update_fields=["due_on"])
    Process.objects.filter(case=case).update(due_raw_on=counted.raw, due_rule=counted.rule())
    case.tasks.filter(done_at__isnull=True, verb__in=[RouteStep.Verb.HANDLE, RouteStep.Verb.ASSIGN]).update(
        due_on=counted.rolled
    )
    return counted


def step_of(process: Process, verb: str) -> Step:
    """The first route step of a verb; a route without it falls back to the head of the case's unit."""
    for step in read(process.route):
        if step.verb == verb:
            return step
    return Step(0, 0, verb, Role.HEAD)


def position(case: Case, where: str, unit_id: int | None = None) -> Unit:
    """The unit that a step's position is in."""
    match where:
        case RouteStep.Where.BODY:
            return case.body
        case RouteStep.Where.PARENT_UNIT:
            return case.unit.get_parent() or case.unit
        case RouteStep.Where.NAMED if unit_id:
            return Unit.objects.get(pk=unit_id)
    return case.unit


def add_task(
    case: Case,
    verb: str,
    *,
    by: Access,
    assignee: User | None = None,
    letter: Letter | None = None,
    version: DocumentVersion | None = None,
    instruction: str = "",
    due_on: dt.date | None = None,
    now: dt.datetime,
) -> Task:
    """Open a task at the position the case's route gives to the verb, or for one person. `now`: the moment of the
    deed, which may be a backdated one."""
    step = step_of(case.process, verb)
    return add_step_task(
        case, step, step.role, position(case, step.where, step.unit_id), verb=verb, by=by, assignee=assignee,
        letter=letter, version=version, instruction=instruction, due_on=due_on, now=now,
    )  # fmt: skip


def add_step_task(
    case: Case,
    step: Step,
    role: str,
    unit: Unit,
    *,
    by: Access,
    verb: str = "",
    assignee: User | None = None,
    letter: Letter | None = None,
    version: DocumentVersion | None = None,
    instruction: str = "",
    due_on: dt.date | None = None,
    escalated_from: Task | None = None,
    now: dt.datetime,
) -> Task:
    """Open a task of a step of the route at a position. `escalated_from`: the overdue task whose twin it is."""
    if step.term and due_on is None:
        due_on = due(warsaw_day(now), Term.parse(step.term), calendar_of(case.body)).rolled
    return insert(Task(
        case=case,
        verb=verb or step.verb,
        unit=unit,
        role=role,
        assignee=assignee,
        letter=letter,
        document_version=version,
        instruction=instruction,
        due_on=due_on or case.due_on,
        group=step.group or None,
        step=step.order or None,
        remind_days=None if escalated_from else step.remind_days,
        escalate_days=None if escalated_from else step.escalate_days,
        escalate_to="" if escalated_from else step.escalate_to,
        escalated_from=escalated_from,
        created_at=now,
        created_by_id=by.user_id,
    ))  # fmt: skip


#: What was done, in the words of who comes too late.
OUTCOMES: Mapping[str, Promise] = {
    "approved": pgettext_lazy("outcome", "approved"),
    "returned": pgettext_lazy("outcome", "returned for correction"),
    "assigned": pgettext_lazy("outcome", "assigned"),
    "passed_on": pgettext_lazy("outcome", "passed on to another unit"),
    "registered": pgettext_lazy("outcome", "registered"),
    "handled": pgettext_lazy("outcome", "settled"),
    "signed": pgettext_lazy("outcome", "signed"),
    "dispatched": pgettext_lazy("outcome", "dispatched"),
    "answered": pgettext_lazy("outcome", "opinion given"),
    "noted": pgettext_lazy("outcome", "taken note of"),
    "cancelled": pgettext_lazy("outcome", "no longer needed"),
}


def require_open(task: Task) -> None:
    """Raise Conflict, naming who was first, when and with what, for a task that is done."""
    if task.done_at is not None:
        raise Conflict(
            _("Already done by %(who)s on %(when)s (%(outcome)s).")
            % {
                "who": task.done_by or _("the system"),
                "when": date_format(task.done_at.astimezone(WARSAW), "d.m.Y, H:i"),
                "outcome": OUTCOMES.get(task.outcome, task.outcome),
            }
        )


def close_task(task: Task, *, by: Access, outcome: str, now: dt.datetime, comment: str = "") -> None:
    """Close a locked task at the moment of the deed. Raises Conflict naming who was first when it is already done."""
    require_open(task)
    task.done_at = now
    task.done_by_id = by.user_id
    task.outcome = outcome
    task.comment = comment
    task.save(update_fields=["done_at", "done_by", "outcome", "comment"])
    if task.escalated_at or task.escalated_from_id:
        twin = Q(escalated_from=task) | Q(pk=task.escalated_from_id)
        task.case.tasks.open().filter(twin).update(done_at=now, done_by_id=by.user_id, outcome="cancelled")


def cancel_tasks(case: Case, *, by: Access, now: dt.datetime, **filters: Any) -> None:
    """Close what is left open when a case or letter has moved on, at the moment of the deed."""
    ended = {"done_at": now, "done_by_id": by.user_id, "outcome": "cancelled"}
    if case.tasks.open().filter(**filters).update(**ended):
        case.tasks.open().filter(escalated_from__outcome="cancelled").update(**ended)


def locked_task(actor: Access, task_id: int) -> tuple[Task, Case]:
    """Lock case, then task, in that order everywhere. Raises NotFound for a task that the actor may not see."""
    found = Task.objects.visible_to(actor).filter(pk=task_id).values_list("case_id", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such task."))
    case = locked_case(found)
    task = Task.objects.select_for_update(of=("self",)).select_related("done_by", "letter").get(pk=task_id)
    return task, case


def handled_case(actor: Access, case_id: int, permission: str = "handle_cases") -> Case:
    """The locked case, for a deed on it. Raises NotFound when the actor may not see it, NotAllowed without the
    permission in its unit."""
    case = locked_case(case_id)
    cases.require_handling(actor, case, permission)
    return case


def locked_case(case_id: int) -> Case:
    """The case under a row lock, with unit, body and process at hand."""
    return Case.objects.select_for_update(of=("self",)).select_related("unit", "body", "process").get(pk=case_id)


def touch(case: Case) -> None:
    """Raise the case's version: it looks or is found differently now."""
    case.version += 1
    case.save(update_fields=["version"])


def case_of(actor: Access, letter: Letter) -> Case:
    """The locked case that a letter belongs to, to be handled by the actor. Raises Refused for a letter outside any
    case, else as `handled_case`."""
    if letter.case_id is None:
        raise Refused(_("This letter belongs to no case."))
    return handled_case(actor, letter.case_id)
