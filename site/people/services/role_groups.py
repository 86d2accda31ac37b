"""Groups that carry roles: made when first needed, granted from the table of roles, widened when the tree grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.utils import translation

from people.access import ROLE_PERMISSIONS, set_unit_grants
from people.models import Role, RoleGroup, Unit
from people.rules import reach

_mirrors: list[Callable[[RoleGroup], None]] = []


def role_group(unit: Unit, role: str, subtree: bool) -> RoleGroup:
    """The group of a role in a unit, made with its grants when there is none. Inside the caller's deed."""
    found = RoleGroup.objects.filter(unit=unit, role=role, subtree=subtree).select_related("group").first()
    if found:
        return found
    group, _created = Group.objects.get_or_create(name=_group_name(unit, role, subtree))
    group.permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    made, _created = RoleGroup.objects.get_or_create(unit=unit, role=role, subtree=subtree, defaults={"group": group})
    write_grants(made)
    return made


def listen(mirror: Callable[[RoleGroup], None]) -> None:
    """Let an app above keep a mirror of what a role group reaches: called with the group in the deed that writes it."""
    if mirror not in _mirrors:
        _mirrors.append(mirror)


def write_grants(holder: RoleGroup) -> None:
    """Make the grants of a role group equal to the table of roles over the units it reaches, and its mirrors too."""
    set_unit_grants(holder.group, ROLE_PERMISSIONS[holder.role], reach(holder.unit, holder.subtree))
    for mirror in _mirrors:
        mirror(holder)


def tree_changed(paths: Iterable[str]) -> None:
    """Expand again every role over a subtree that holds one of these tree paths (old places and new ones)."""
    steplen = Unit.steplen
    above = {path[:end] for path in paths for end in range(steplen, len(path) + 1, steplen)}
    for holder in RoleGroup.objects.filter(subtree=True, unit__path__in=above).select_related("unit", "group"):
        write_grants(holder)


def rename(unit: Unit) -> None:
    """Name the unit's role groups after its present symbol."""
    for holder in RoleGroup.objects.filter(unit=unit).select_related("group"):
        Group.objects.filter(pk=holder.group_id).update(name=_group_name(unit, holder.role, holder.subtree))


def _group_name(unit: Unit, role: str, subtree: bool) -> str:
    """Unique, since symbols are; in the office's language, since it is shown in Wagtail's choosers."""
    with translation.override(settings.LANGUAGE_CODE):
        label = str(Role(role).label)
    return f"{unit.symbol} – {label}" + (" +" if subtree else "")
