"""Deeds that put people into roles of units and take them out."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal.clock import db_now, warsaw_day
from journal.errors import Refused
from journal.record import record
from people import mirror
from people.access import Access
from people.models import Membership, Role, Unit, User
from people.rules import require_giver
from people.services.role_groups import role_group


@transaction.atomic
def start(
    actor: Access,
    *,
    user: User,
    unit: Unit,
    role: str,
    subtree: bool = False,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
    clearance: int = 0,
) -> Membership:
    """Put a person into a role of a unit, from a day (default today) until a day (included; None: no end).

    `subtree` widens the role over every unit below, also those added later. Days are Europe/Warsaw. Raises NotAllowed
    by the table of `people.rules`; Refused for an inactive or foreign account, wrong dates, or the same role twice at
    once. Only the system may let a membership start in the past."""
    if role not in Role.values:
        raise Refused(_("There is no such role."))
    require_giver(actor, user=user, role=role, unit=unit, subtree=subtree, clearance=clearance)
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_staff or not user.is_active:
        raise Refused(_("Only an active staff account can have a role."))
    if unit.closed_on:
        raise Refused(_("This unit is closed."))
    today = warsaw_day(db_now())
    valid_from = valid_from or today
    if valid_from < today and not actor.is_system:
        raise Refused(_("A membership cannot start in the past."))
    if valid_until and valid_until < valid_from:
        raise Refused(_("The last day is before the first one."))
    holder = role_group(unit, role, subtree)
    same = Membership.objects.filter(user=user, role_group=holder).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=valid_from)
    )
    if valid_until:
        same = same.filter(valid_from__lte=valid_until)
    if same.exists():
        raise Refused(_("This person already has this role at that time."))
    membership = Membership.objects.create(
        user=user, role_group=holder, valid_from=valid_from, valid_until=valid_until, clearance=clearance
    )
    mirror.sweep(user=user)
    record(
        actor,
        "membership.started",
        membership,
        unit_id=unit.pk,
        data={
            "user": user.pk,
            "role": role,
            "subtree": subtree,
            "clearance": clearance,
            "from": valid_from.isoformat(),
            "until": valid_until.isoformat() if valid_until else None,
        },
    )
    return membership


@transaction.atomic
def end(actor: Access, *, membership: Membership, valid_until: dt.date | None = None) -> Membership:
    """End a membership with a last day, or at once (None): rights go with this transaction, not at midnight.

    A person left without any role loses their sessions. Raises NotAllowed as `start` does; Refused when it has ended,
    or when the last day lies in the past or before the first."""
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "role_group__unit")
        .get(pk=membership.pk)
    )
    holder, user = membership.role_group, membership.user
    require_giver(actor, user=user, role=holder.role, unit=holder.unit, subtree=holder.subtree)
    today = warsaw_day(db_now())
    yesterday = today - dt.timedelta(days=1)
    if membership.valid_until is not None and membership.valid_until < today:
        raise Refused(_("This membership has already ended."))
    if valid_until is None:
        valid_until = max(yesterday, membership.valid_from - dt.timedelta(days=1))
    elif valid_until < today and not actor.is_system:
        raise Refused(_("The last day cannot be in the past."))
    elif valid_until < membership.valid_from:
        raise Refused(_("The last day is before the first one."))
    membership.valid_until = valid_until
    membership.save(update_fields=["valid_until"])
    mirror.sweep(user=user)
    record(
        actor,
        "membership.ended",
        membership,
        unit_id=holder.unit_id,
        data={"user": user.pk, "role": holder.role, "until": valid_until.isoformat()},
    )
    return membership
