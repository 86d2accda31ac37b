"""Deeds on substitutions: who acts for whom, when, and in what."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from journal.clock import db_now, warsaw_day
from journal.errors import NotAllowed, Refused
from journal.record import record
from people.access import SUBSTITUTED, Access, access_of
from people.models import Substitution, User
from people.rules import bodies_of, units_of


@transaction.atomic
def plan(
    actor: Access,
    *,
    absent: User,
    substitute: User,
    valid_from: dt.date,
    valid_until: dt.date,
    scope: str = Substitution.Scope.ALL,
    reason: str = "",
) -> Substitution:
    """Let `substitute` act for `absent` between two days (both included, Europe/Warsaw); after the last it ends by
    itself. Somebody who is away then, with a substitute of their own for the same, is no substitute.

    The absent person plans it, or (for an absence that nobody expected) whoever leads or administers by an own role
    every unit that the absent person's rights reach; nobody names themselves as the substitute. Both must work in the
    same body today. Raises NotAllowed, Refused. One entry: substitution.planned."""
    _require_planner(actor, absent)
    if actor.user_id is not None and actor.user_id == substitute.pk:
        raise NotAllowed(_("Nobody names themselves as a substitute."))
    if absent.pk == substitute.pk:
        raise Refused(_("Nobody substitutes themselves."))
    if scope not in Substitution.Scope.values:
        raise Refused(_("There is no such scope."))
    if valid_until < valid_from:
        raise Refused(_("The last day is before the first one."))
    if valid_until < warsaw_day(db_now()) and not actor.is_system:
        raise Refused(_("The last day cannot be in the past."))
    locked = {
        u.pk: u for u in User.objects.select_for_update().filter(pk__in=[absent.pk, substitute.pk]).order_by("pk")
    }
    absent, substitute = locked[absent.pk], locked[substitute.pk]
    if not substitute.is_active or not substitute.is_staff:
        raise Refused(_("The substitute must have an active staff account."))
    if not bodies_of(absent) & bodies_of(substitute):
        raise Refused(_("The substitute must work in the same body."))
    if Substitution.objects.filter(
        absent=absent, substitute=substitute, scope=scope, valid_from__lte=valid_until, valid_until__gte=valid_from
    ).exists():
        raise Refused(_("This substitution is already planned for that time."))
    taken = {scope, Substitution.Scope.ALL} if scope != Substitution.Scope.ALL else set(Substitution.Scope.values)
    away = Substitution.objects.filter(
        absent=substitute, scope__in=taken, valid_from__lte=valid_until, valid_until__gte=valid_from
    ).first()
    if away is not None:  # what is only lent is not handed on, so the work would rest
        raise Refused(
            _("%(name)s is away from %(from)s to %(until)s. Choose somebody else, or other days.")
            % {"name": substitute, "from": f"{away.valid_from:%d.%m.%Y}", "until": f"{away.valid_until:%d.%m.%Y}"}
        )
    planned = Substitution.objects.create(
        absent=absent, substitute=substitute, scope=scope, valid_from=valid_from, valid_until=valid_until, reason=reason
    )
    record(
        actor,
        "substitution.planned",
        planned,
        unit_id=_unit_of(absent),
        data={
            "absent": absent.pk,
            "substitute": substitute.pk,
            "scope": scope,
            "from": valid_from.isoformat(),
            "until": valid_until.isoformat(),
        },
        detail={"reason": reason} if reason else None,
    )
    return planned


@transaction.atomic
def end(actor: Access, *, substitution: Substitution) -> None:
    """End a substitution at once; one that has not begun is withdrawn. The journal keeps it.

    Raises NotAllowed unless the actor is the absent person, or leads or administers all that their rights reach.
    One entry: substitution.ended."""
    substitution = Substitution.objects.select_for_update(of=("self",)).select_related("absent").get(pk=substitution.pk)
    _require_planner(actor, substitution.absent)
    today = warsaw_day(db_now())
    if substitution.valid_until < today:
        raise Refused(_("This substitution has already ended."))
    data = {"absent": substitution.absent_id, "substitute": substitution.substitute_id}
    if substitution.valid_from < today:
        substitution.valid_until = today - dt.timedelta(days=1)
        substitution.save(update_fields=["valid_until"])
    else:
        Substitution.objects.filter(pk=substitution.pk).delete()
    record(actor, "substitution.ended", substitution, unit_id=_unit_of(substitution.absent), data=data)


def planned_by(actor: Access) -> frozenset[int]:
    """Units for whose people the actor may plan substitutions: led or administered by an own role. What is only lent
    to a substitute is not handed on."""
    return actor.own_units("assign") | actor.own_units("manage_unit")


def _require_planner(actor: Access, absent: User) -> None:
    if actor.is_system or (actor.user_id is not None and actor.user_id == absent.pk):
        return
    held = access_of(absent)
    lendable = frozenset[str]().union(*SUBSTITUTED.values())
    reached = units_of(absent).union(*(held.own_units(permission) for permission in lendable))
    if absent.is_superuser or not reached or not reached <= planned_by(actor):
        raise NotAllowed(_("You neither lead nor administer all the units in which this person acts."))


def _unit_of(user: User) -> int | None:
    """The unit whose log shows the entry: that of the person's oldest membership still open."""
    first = user.memberships.current_or_future().select_related("role_group").order_by("valid_from", "pk").first()
    return first.role_group.unit_id if first else None
