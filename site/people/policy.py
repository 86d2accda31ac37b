"""Wagtail's permission policies, answered by Access: Django's model permissions and superuser status say nothing here.

An app that owns a model registers, in its AppConfig.ready() or a module imported there::

    register_permission_policy(Case, AccessPermissionPolicy(Case, permission="view_cases", unit_path="unit"))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from wagtail.permission_policies import BasePermissionPolicy

from people.access import ROLE_PERMISSIONS, Access, access_of, valid_now
from people.models import Membership, User

_KEPT = "_people_access"


def access_for(user: User | AnonymousUser) -> Access:
    """The access of a request's user, computed once for the user object. `request.access` is the same value."""
    known: Access | None = getattr(user, _KEPT, None)
    if known is None:
        known = access_of(user)
        setattr(user, _KEPT, known)
    return known


class AccessPermissionPolicy(BasePermissionPolicy):
    """What may be done with a model that belongs to units.

    `permission`: what is needed for every action; `unit_path`: the lookup from the model to its unit ("pk" for units
    themselves, None for what belongs to no unit: then the permission anywhere opens all); `actions`: a permission per
    action where it differs, None for an action nobody has."""

    def __init__(
        self,
        model: type[Model] | str,
        *,
        permission: str,
        unit_path: str | None = "unit",
        actions: Mapping[str, str | None] | None = None,
    ) -> None:
        super().__init__(model)
        self.permission, self.unit_path, self.actions = permission, unit_path, dict(actions or {})

    def needed(self, action: str) -> str | None:
        """The permission an action needs, None when nobody has it."""
        return self.actions.get(action, self.permission)

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        needed = self.needed(action)
        return needed is not None and access_for(user).anywhere(needed)

    def instances_user_has_any_permission_for(
        self, user: User | AnonymousUser, actions: Iterable[str]
    ) -> QuerySet[Any]:
        access = access_for(user)
        unit_ids: set[int] = set()
        for action in actions:
            unit_ids |= access.units.get(self.needed(action) or "", frozenset())
        if self.unit_path is None:
            every: QuerySet[Any] = self.model._default_manager.all()
            return every if unit_ids else every.none()
        found: QuerySet[Any] = self.model._default_manager.filter(**{f"{self.unit_path}__in": unit_ids})
        return found

    def user_has_permission_for_instance(self, user: User | AnonymousUser, action: str, instance: Model) -> bool:
        if not self.user_has_permission(user, action):
            return False
        found = self.instances_user_has_any_permission_for(user, [action])
        return instance.pk is None or found.filter(pk=instance.pk).exists()

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[User]:
        needed = {self.needed(action) for action in actions}
        roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permissions & needed]
        members = Membership.objects.filter(valid_now(), role_group__role__in=roles)
        return User.objects.filter(is_active=True, pk__in=members.values("user_id"))


class StaffPermissionPolicy(BasePermissionPolicy):
    """Open, for the actions named, to everybody with a role today; which rows, the view's own query says."""

    def __init__(self, model: type[Model] | str, *, actions: Iterable[str]) -> None:
        super().__init__(model)
        self.actions = frozenset(actions)

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        return action in self.actions and bool(access_for(user).group_ids)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[User]:
        if not self.actions & set(actions):
            return User.objects.none()
        return User.objects.filter(is_active=True, pk__in=Membership.objects.filter(valid_now()).values("user_id"))
