"""Who may give which role where: the table that keeps unit administrators from making themselves more than they are."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from journal.errors import NotAllowed
from people.access import Access, valid_now
from people.models import Membership, Role, Unit, User

#: Role -> the permission its giver must hold in every unit the role reaches. None: no person may give it, only the
#: operator's command or the system.
GIVEN_BY: Mapping[str, str | None] = {
    Role.REGISTRY: "manage_unit",
    Role.CLERK: "manage_unit",
    Role.HEAD: "manage_unit",
    Role.DEPUTY: "manage_unit",
    Role.EDITOR: "manage_unit",
    Role.AUDITOR: "manage_unit",
    Role.UNIT_ADMIN: "manage_unit",
    Role.COORDINATOR: None,
}


def may_give(actor: Access, role: str, unit_ids: frozenset[int]) -> bool:
    """Whether the actor may give (or take) the role in all these units."""
    if actor.is_system:
        return True
    needed = GIVEN_BY[role]
    return needed is not None and unit_ids <= actor.units.get(needed, frozenset())


def require_giver(actor: Access, *, user: User, role: str, unit: Unit, subtree: bool, clearance: int = 0) -> None:
    """Raise NotAllowed unless the actor may give or take this role.

    Nobody changes own memberships; a role over a subtree needs the management of the whole subtree; nobody gives a
    clearance above own."""
    if actor.is_system:
        return
    require_other(actor, user)
    if not may_give(actor, role, reach(unit, subtree)):
        raise NotAllowed(_("You may not give this role here."))
    if clearance > actor.clearance:
        raise NotAllowed(_("You may not give a clearance higher than your own."))


def require_other(actor: Access, user: User) -> None:
    """Raise NotAllowed when the person would change own rights."""
    if actor.user_id == user.pk:
        raise NotAllowed(_("Nobody changes their own rights. Ask another administrator."))


def require_manager_of(actor: Access, user: User) -> None:
    """Raise NotAllowed unless the actor manages every unit in which the user has a role now or later, and is not
    the user. An account without any role may be managed by whoever manages a unit; a superuser only by the system."""
    if actor.is_system:
        return
    require_other(actor, user)
    units = units_of(user)
    managed = actor.units.get("manage_unit", frozenset())
    if user.is_superuser or not managed or not units <= managed:
        raise NotAllowed(_("You do not manage all the units this person works in."))


def units_of(user: User) -> frozenset[int]:
    """Units in which the user has a role now or will have one."""
    return frozenset(
        Membership.objects.current_or_future().filter(user=user).values_list("role_group__unit_id", flat=True)
    )


def bodies_of(user: User) -> frozenset[int]:
    """Bodies in whose units the user has a role today."""
    return frozenset(
        Membership.objects.filter(valid_now(), user=user).values_list("role_group__unit__body_id", flat=True)
    )


def reach(unit: Unit, subtree: bool) -> frozenset[int]:
    """Units a role given in this unit reaches."""
    if not subtree:
        return frozenset({unit.pk})
    return frozenset(Unit.objects.within(unit).values_list("pk", flat=True))
