"""Which pages the editors of a unit may change: the unit's own pages and what is below them, nothing else.

Wagtail's page rights are a mirror: the deed that makes or widens a role group writes it (`people.services.role_groups`
calls `mirror`), and so does whoever makes a page that is a unit's own. Rights on other pages (`moderation.open_branch`)
are left alone.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_save
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from cms_pages.models.intranet import StaffPage
from cms_pages.models.units import UnitPage
from people.models import Role, RoleGroup, Unit
from people.rules import reach
from people.services import role_groups

#: What a unit's editor may do on its pages; going live takes another editor.
PAGE_RIGHTS = ("add_page", "change_page")
IMAGE_RIGHTS = ("add_image", "change_image", "choose_image")


def own_pages(unit_ids: frozenset[int]) -> QuerySet[Page]:
    """Pages that are these units' own: their page in the directory, and their pages in the intranet."""
    return Page.objects.filter(
        Q(pk__in=UnitPage.objects.filter(unit_id__in=unit_ids).values("pk"))
        | Q(pk__in=StaffPage.objects.filter(unit_id__in=unit_ids).values("pk"))
    )


@transaction.atomic
def mirror(holder: RoleGroup) -> None:
    """Make the page rights of an editors' group on units' own pages equal to the units its role reaches."""
    if holder.role != Role.EDITOR:
        return
    unit_ids = reach(holder.unit, holder.subtree)
    rights = Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=PAGE_RIGHTS)
    wanted = {(page, right.pk) for page in own_pages(unit_ids).values_list("pk", flat=True) for right in rights}
    held = {
        (row.page_id, row.permission_id): row.pk
        for row in GroupPagePermission.objects.filter(group=holder.group).filter(
            Q(page__in=UnitPage.objects.values("pk")) | Q(page__in=StaffPage.objects.values("pk"))
        )
    }
    GroupPagePermission.objects.filter(pk__in=[pk for pair, pk in held.items() if pair not in wanted]).delete()
    GroupPagePermission.objects.bulk_create(
        [
            GroupPagePermission(group=holder.group, page_id=page, permission_id=right)
            for page, right in sorted(wanted - held.keys())
        ],
        ignore_conflicts=True,
    )
    if wanted:
        give_pictures(holder, _collection(holder.unit))


def give_pictures(holder: RoleGroup, collection: Collection) -> None:
    """Let a group use and add the pictures of a collection."""
    for right in Permission.objects.filter(content_type__app_label="wagtailimages", codename__in=IMAGE_RIGHTS):
        GroupCollectionPermission.objects.get_or_create(group=holder.group, collection=collection, permission=right)


def _collection(unit: Unit) -> Collection:
    """The pictures of a unit's body, made when first needed."""
    body = unit.body or unit
    found = Collection.objects.filter(name=body.symbol).first()
    if found is None:
        top = Collection.get_first_root_node()
        assert top is not None
        found = top.add_child(name=body.symbol)
    return found


def _page_saved(sender: type[Page], instance: Any, **_kwargs: Any) -> None:
    """A page that became a unit's own, or ceased to be, changes what its editors may do."""
    groups = RoleGroup.objects.filter(role=Role.EDITOR).select_related("group", "unit")
    held = Q(group__page_permissions__page_id=instance.pk)
    if instance.unit_id:
        held |= Q(unit_id=instance.unit_id)
        unit = Unit.objects.get(pk=instance.unit_id)
        above = [unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
        held |= Q(subtree=True, unit__path__in=above)
    for holder in groups.filter(held).distinct():
        mirror(holder)


def connect() -> None:
    """Listen; called once by the app."""
    role_groups.listen(mirror)
    for model in (UnitPage, StaffPage):
        post_save.connect(_page_saved, sender=model, dispatch_uid=f"branch-of-{model.__name__}")
