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
from people.access import Access
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
    `library.rights_written`. Needs `manage_unit`; the sweep of memberships may call it as the system."""
    actor.require("manage_unit", unit)
    made = UnitFolder.objects.select_for_update(of=("self",)).select_related("folder").get(unit=unit)
    groups = _write(made.folder, unit)
    record(actor, "library.rights_written", made, unit_id=unit.pk, data={"folder": made.folder_id, "groups": groups})
    return made.folder


def _write(folder: Folder, unit: Unit) -> list[int]:
    """Replace all rights on the folder; gives the ids of the groups that may read it."""
    grants = UnitGroupObjectPermission.objects.filter(content_object=unit, permission__codename__in=READ)
    held: dict[int, set[str]] = {}
    for group_id, codename in grants.values_list("group_id", "permission__codename"):
        held.setdefault(group_id, set()).add(codename)
    FolderPermission.objects.filter(folder=folder).delete()
    for group_id, codenames in sorted(held.items()):
        # Never DENY: filer lets one denial overrule what another of the person's groups allows.
        writes = FolderPermission.ALLOW if codenames & WRITE else None
        FolderPermission.objects.create(
            folder=folder, type=FolderPermission.CHILDREN, group_id=group_id, everybody=False,
            can_read=FolderPermission.ALLOW, can_edit=writes, can_add_children=writes)
    return sorted(held)
