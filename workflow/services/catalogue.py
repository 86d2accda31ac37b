"""Deeds on the catalogue: services, their dated versions, who offers them, and the routes their cases take."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.clock import db_now
from journal.errors import Conflict, NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import Assurance, Role, Unit
from workflow import regimes
from workflow.deadlines import DeadlineError, Term
from workflow.models import RouteStep, RouteTemplate, Service, ServiceOffer, ServiceVersion
from workflow.routes import engine

ONE_DAY = dt.timedelta(days=1)
#: Conditions of one step of a route.
MOST_CONDITIONS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a route: the verb, and the position (role in a unit) it is bound to. Steps of one `group` run in
    parallel; without a group a step is a group of its own. The other fields are those of `workflow.routes.engine.Step`.
    """

    verb: str
    role: str
    where: str = RouteStep.Where.CASE_UNIT
    group: int | None = None
    unit: Unit | None = None
    quorum: str = "all"
    term: str = ""
    conditions: tuple[engine.Condition, ...] = ()
    skip: str = ""
    remind_days: int | None = None
    escalate_days: int | None = None
    escalate_to: str = ""


def _require_records(actor: Access) -> None:
    """The catalogue is the town's: the system, or whoever manages records somewhere (the city coordinator)."""
    if not actor.is_system and not actor.anywhere("manage_records"):
        raise NotAllowed(_("You do not manage the catalogue of services."))


def _checked_term(term: str) -> str:
    try:
        return str(Term.parse(term))
    except DeadlineError as error:
        raise Refused(str(error)) from error


@transaction.atomic
def add_route(
    actor: Access, *, code: str, name: str, steps: Sequence[Step], after: int | None = None
) -> RouteTemplate:
    """Add a route, or a further version of one with the same code, which new cases take; running processes keep
    theirs. `after`: the version that was looked at. One entry: route.added. Raises NotAllowed, Refused (a route that
    cannot be followed), Conflict (somebody was faster)."""
    _require_records(actor)
    _check_steps(steps)
    newest = RouteTemplate.objects.select_for_update().filter(code=code).order_by("-version").first()
    if newest is not None and after is not None and newest.version != after:
        raise Conflict(
            _("Somebody else has made version %(version)s of this route meanwhile.") % {"version": newest.version}
        )
    route = RouteTemplate.objects.create(
        code=code, name=name.strip(), version=newest.version + 1 if newest else 1, made_at=db_now(),
        made_by_id=actor.user_id,
    )  # fmt: skip
    RouteStep.objects.bulk_create(
        RouteStep(
            template=route,
            group=step.group or number,
            order=number,
            verb=step.verb,
            role=step.role,
            where=step.where,
            unit=step.unit,
            quorum=step.quorum,
            term=_checked_term(step.term) if step.term else "",
            conditions=[dataclasses.asdict(condition) for condition in step.conditions],
            skip=step.skip,
            remind_days=step.remind_days,
            escalate_days=step.escalate_days,
            escalate_to=step.escalate_to,
        )
        for number, step in enumerate(steps, 1)
    )
    record(actor, "route.added", route, data={"code": code, "version": route.version, "steps": len(steps)})
    return route


def _check_steps(steps: Sequence[Step]) -> None:
    """Raise Refused, with the number of the step, for a route that cannot be followed."""
    for number, step in enumerate(steps, 1):
        if len(step.conditions) > MOST_CONDITIONS:
            said = _("a step has at most %(n)d conditions.") % {"n": MOST_CONDITIONS}
            raise Refused(_("Step %(number)s: %(what)s") % {"number": number, "what": said})
    read = [
        engine.Step(
            order=number, group=step.group or number, verb=step.verb, role=step.role, where=step.where,
            unit_id=step.unit.pk if step.unit else None, quorum=step.quorum, conditions=step.conditions, skip=step.skip,
            remind_days=step.remind_days, escalate_days=step.escalate_days, escalate_to=step.escalate_to,
        )  # fmt: skip
        for number, step in enumerate(steps, 1)
    ]
    try:
        engine.check(read, RouteStep.Verb.values, Role.values)
    except engine.RouteError as error:
        said = str(_WRONG[error.code])
        if error.step is not None:
            said = _("Step %(number)s: %(what)s") % {"number": error.step, "what": said}
        raise Refused(said) from error


_WRONG = {
    "empty": gettext_lazy("A route has at least one step."),
    "verb": gettext_lazy("there is no such verb."),
    "role": gettext_lazy("there is no such role."),
    "place": gettext_lazy("a step bound to a named unit names it, and only such a step."),
    "quorum": gettext_lazy("say how many of the steps side by side are needed: all, any, or not more than there are."),
    "mixed": gettext_lazy("steps side by side do the same, and need the same number of them."),
    "condition": gettext_lazy("a condition names a known fact, a comparison and a value."),
    "skip": gettext_lazy("there is no such rule for leaving a step out."),
    "escalation": gettext_lazy("say both after how many days, and to whom a resting task goes."),
    "sign": gettext_lazy("A route ends with a signature."),
    "last": gettext_lazy("An approval stands before the signature."),
    "always": gettext_lazy("one signature must be without conditions, so that every letter can be signed."),
}


@transaction.atomic
def add_service(actor: Access, *, code: str, title: str) -> Service:
    """Add a service without values; they come with its versions. One entry: service.added. Raises NotAllowed, Refused
    (no title), Conflict (the code is taken)."""
    _require_records(actor)
    if not title.strip():
        raise Refused(_("Give the service a title."))
    if Service.objects.filter(code=code).exists():
        raise Conflict(_("There is already a service with this code."))
    service = Service.objects.create(code=code, title=title.strip())
    record(actor, "service.added", service, data={"code": code})
    return service


@transaction.atomic
def add_version(
    actor: Access,
    *,
    service: Service,
    valid_from: dt.date,
    class_symbol: str,
    term: str,
    route: RouteTemplate,
    legal_basis: str,
    source: str,
    term_basis: str = "",
    regime: str = "kpa",
    fee: Decimal = Decimal(0),
    fee_note: str = "",
    assurance: int = Assurance.NONE,
    register_at_once: bool = False,
) -> ServiceVersion:
    """Legal and process values of a service in force from a day (Europe/Warsaw); the one before ends a day earlier.

    `term` in the notation of `workflow.deadlines` ("7d", "1m"); `regime` as in `workflow.regimes`;
    `fee` in złoty; `source` says where the values come
    from. One entry: service.version_added. Raises NotAllowed; Refused (wrong term, negative fee, no basis or source);
    Conflict when a version in force from that day or later exists.
    """
    _require_records(actor)
    service = Service.objects.select_for_update().get(pk=service.pk)
    if regime not in dict(regimes.choices()):
        raise Refused(_("There is no such kind of procedure."))
    if fee < 0 or assurance not in Assurance.values:
        raise Refused(_("The fee or the assurance is wrong."))
    if not legal_basis.strip() or not source.strip():
        raise Refused(_("Give the legal basis, and say where the values come from."))
    if service.versions.filter(valid_from__gte=valid_from).exists():
        raise Conflict(_("There is already a version in force from that day or later."))
    term = _checked_term(term)
    last = valid_from - ONE_DAY
    service.versions.filter(valid_until__isnull=True).update(valid_until=last)
    service.versions.filter(valid_until__gt=last).update(valid_until=last)
    version = ServiceVersion.objects.create(
        service=service,
        valid_from=valid_from,
        class_symbol=class_symbol,
        term=term,
        term_basis=term_basis,
        regime=regime,
        fee=fee,
        fee_note=fee_note,
        legal_basis=legal_basis,
        source=source,
        assurance=assurance,
        register_at_once=register_at_once,
        route=route,
    )
    record(
        actor,
        "service.version_added",
        version,
        data={
            "service": service.pk,
            "from": valid_from.isoformat(),
            "class": class_symbol,
            "term": term,
            "fee": str(fee),
        },
    )
    return version


@transaction.atomic
def offer(
    actor: Access,
    *,
    service: Service,
    unit: Unit,
    term: str = "",
    fee: Decimal | None = None,
    capacity: int | None = None,
    opens_on: dt.date | None = None,
    closes_on: dt.date | None = None,
) -> ServiceOffer:
    """Let a unit (a body, or a cell of one) take the cases of a service, with its own values where they differ.

    Needs `manage_records` in the unit. One entry: service.offered. Raises NotAllowed; Refused (unit closed, wrong
    term, dates the wrong way round); Conflict when it offers the service already."""
    actor.require("manage_records", unit)
    if unit.closed_on is not None:
        raise Refused(_("This unit is closed."))
    if opens_on and closes_on and closes_on < opens_on:
        raise Refused(_("The last day is before the first one."))
    if ServiceOffer.objects.filter(service=service, unit=unit).exists():
        raise Conflict(_("The unit offers this service already."))
    made = ServiceOffer.objects.create(
        service=service,
        unit=unit,
        term=_checked_term(term) if term else "",
        fee=fee,
        capacity=capacity,
        opens_on=opens_on,
        closes_on=closes_on,
    )
    record(actor, "service.offered", made, unit_id=unit.pk, data={"service": service.pk})
    return made
