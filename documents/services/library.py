"""Deeds on the office library (django-filer): forms to print, templates, logos. Record files never lie there.

Private by default; one folder per unit; its rights are written here from the grants on the unit, and nowhere else.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from filer.models import Folder, FolderPermission

from documents.models import UnitFolder
from journal.errors import Conflict
from journal.record import record
from people import library_rights
from people.access import SYSTEM, Access
from people.models import Unit, UnitGroupObjectPermission

#: Grants on the unit that let a role group read its folder, and add and change files in it.
READ = frozenset({"view_letters", "view_cases", "handle_cases", "edit_content", "manage_unit"})
WRITE = frozenset({"edit_content", "manage_unit"})


@transaction.atomic
def make_folder(actor: Access, *, unit: Unit) -> Folder:
    """The unit's folder, below its body's, with the rights of its role groups. Entry `library.folder_made`. Needs
    `manage_unit`. Raises Conflict when it has one."""
    actor.require("manage_unit", unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if UnitFolder.objects.filter(unit=unit).exists():
        raise Conflict(_("The unit already has a folder in the library."))
    above = None
    if unit.body_id is not None and unit.body_id != unit.pk:
        above = Folder.objects.filter(pk__in=UnitFolder.objects.filter(unit=unit.body_id).values("folder_id")).first()
    folder = Folder.objects.create(name=f"{unit.symbol} {unit.name}"[:255], parent=above)
    made = UnitFolder.objects.create(unit=unit, folder=folder)
    groups = _write(folder, unit)
    record(actor, "library.folder_made", made, unit_id=unit.pk, data={"folder": folder.pk, "groups": groups})
    return folder


@transaction.atomic
def write_rights(actor: Access, *, unit: Unit) -> Folder:
    """Write the folder's rights anew from the grants that stand now (after roles changed). Entry
    `library.rights_written`. Needs `manage_unit`; `follow_roles` calls it as the system."""
    actor.require("manage_unit", unit)
    made = UnitFolder.objects.select_for_update(of=("self",)).select_related("folder").get(unit=unit)
    groups = _write(made.folder, unit)
    record(actor, "library.rights_written", made, unit_id=unit.pk, data={"folder": made.folder_id, "groups": groups})
    return made.folder


def follow_roles() -> int:
    """Write the rights of every folder whose rights are no longer what the grants on its unit say; each is a deed of
    the system. Returns how many were written. Runs every minute, beside the sweep of memberships."""
    folders = list(UnitFolder.objects.select_related("unit"))
    asked = _asked([made.unit_id for made in folders])
    written: dict[int, dict[int, bool]] = {}
    rows = FolderPermission.objects.filter(folder__in=[made.folder_id for made in folders])
    for folder_id, group_id, edits in rows.values_list("folder_id", "group_id", "can_edit"):
        written.setdefault(folder_id, {})[group_id] = edits == FolderPermission.ALLOW
    stale = [made for made in folders if written.get(made.folder_id, {}) != asked.get(made.unit_id, {})]
    for made in stale:
        write_rights(SYSTEM, unit=made.unit)
    return len(stale)


def _asked(units: list[int]) -> dict[int, dict[int, bool]]:
    """By unit, the groups that may read its folder, and whether they may also change it."""
    grants = UnitGroupObjectPermission.objects.filter(content_object__in=units, permission__codename__in=READ)
    held: dict[int, dict[int, bool]] = {}
    for unit_id, group_id, codename in grants.values_list("content_object_id", "group_id", "permission__codename"):
        groups = held.setdefault(unit_id, {})
        groups[group_id] = groups.get(group_id, False) or codename in WRITE
    return held


def _write(folder: Folder, unit: Unit) -> list[int]:
    """Replace all rights on the folder; gives the ids of the groups that may read it."""
    held = _asked([unit.pk]).get(unit.pk, {})
    FolderPermission.objects.filter(folder=folder).delete()
    for group_id, edits in sorted(held.items()):
        # Never DENY: filer lets one denial overrule what another of the person's groups allows.
        writes = FolderPermission.ALLOW if edits else None
        FolderPermission.objects.create(
            folder=folder, type=FolderPermission.CHILDREN, group_id=group_id, everybody=False,
            can_read=FolderPermission.ALLOW, can_edit=writes, can_add_children=writes)
    library_rights.forget()
    return sorted(held)
