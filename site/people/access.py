"""Access: one value that says who may see and do what. The only place that calls django-guardian.

It is computed once per request from the memberships and substitutions valid now by the database clock, joined to the
role groups' grants on units. It knows through whom each right comes: a deed done by a right that only an absent person
lends is done "w zastępstwie" of that person, and its entry says so. It holds no object ids: what is open to a person by
a share is asked of the database (`shares`) or of the index (`reader_tokens`). Its two renderings are
`documents.visibility` and `search.acl`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _
from guardian.models import UserObjectPermissionBase
from guardian.shortcuts import assign_perm, remove_perm
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from journal.clock import DbToday, db_now
from journal.errors import NotAllowed
from people.models import Assurance, Membership, Role, Substitution, Unit, User

#: What each role may do in its unit. Written as guardian grants when a role group is made; read from there only.
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.REGISTRY: frozenset({"view_letters", "register_letters", "dispatch_letters"}),
    Role.CLERK: frozenset({"view_letters", "view_cases", "handle_cases"}),
    Role.HEAD: frozenset({"view_letters", "view_cases", "handle_cases", "assign", "approve", "sign"}),
    Role.DEPUTY: frozenset({"view_letters", "view_cases", "handle_cases", "assign", "approve", "sign"}),
    Role.EDITOR: frozenset({"edit_content"}),
    Role.AUDITOR: frozenset({"view_letters", "view_cases", "audit"}),
    Role.UNIT_ADMIN: frozenset({"manage_unit"}),
    Role.COORDINATOR: frozenset({"view_letters", "view_cases", "manage_records", "audit", "backdate"}),
}

#: What a substitute takes over, by scope. Never the management of people.
SUBSTITUTED: Mapping[str, frozenset[str]] = {
    Substitution.Scope.ALL: frozenset(
        {
            "view_letters",
            "register_letters",
            "dispatch_letters",
            "view_cases",
            "handle_cases",
            "assign",
            "approve",
            "sign",
        }
    ),
    Substitution.Scope.INBOX: frozenset({"view_letters", "view_cases", "handle_cases", "assign"}),
    Substitution.Scope.APPROVAL: frozenset({"view_letters", "view_cases", "approve"}),
    Substitution.Scope.SIGNING: frozenset({"view_letters", "view_cases", "sign"}),
}


@dataclass
class _Used:
    """By whose right the deed under way is done: noted by `require`, read when the entry is written."""

    absent_id: int | None = None


@dataclass(frozen=True)
class Access:
    """Who may see and do what, at one moment. Never holds object ids.

    Its rights do not change. The one thing it notes is by whose right the deed under way is done (`require`)."""

    user_id: int | None = None
    group_ids: frozenset[int] = frozenset()
    #: permission codename -> unit ids
    units: Mapping[str, frozenset[int]] = field(default_factory=dict)
    clearance: int = 0
    #: permission codename -> unit id -> absent people who lend it there; only where no own membership gives it
    lent: Mapping[str, Mapping[int, frozenset[int]]] = field(default_factory=dict)
    #: role -> unit ids of own memberships (positions a task may be bound to)
    roles: Mapping[str, frozenset[int]] = field(default_factory=dict)
    #: absent user id -> scopes in which this person substitutes now -> role -> unit ids: positions filled for them
    acting_for: Mapping[int, Mapping[str, Mapping[str, frozenset[int]]]] = field(default_factory=dict)
    assurance: int = Assurance.NONE
    #: The absent person for whom the desk is opened (`in_place_of`); decides only between several who lend a right.
    place_of_id: int | None = None
    is_system: bool = False
    _used: _Used = field(default_factory=_Used, init=False, repr=False, compare=False)

    @property
    def on_behalf_of_id(self) -> int | None:
        """The absent person in whose place the deed under way is done; None when done by an own right. It is that of
        the right required last: a deed requires its right before it writes its entry."""
        return self._used.absent_id

    def may(self, permission: str, unit: Unit | int) -> bool:
        """Whether the permission is held in the unit. The system may do everything."""
        return self.is_system or _unit_id(unit) in self.units.get(permission, frozenset())

    def require(self, permission: str, unit: Unit | int, *, but_not: Collection[int] = ()) -> None:
        """Raise NotAllowed unless the permission is held in the unit; note by whose right. `but_not`: absent people
        whose right does not serve here."""
        self.require_any((permission,), unit, but_not=but_not)

    def require_any(self, permissions: Sequence[str], unit: Unit | int, *, but_not: Collection[int] = ()) -> None:
        """As `require`, for a deed that several permissions allow. A right of one's own wins."""
        lenders: list[int | None] = []
        for permission in permissions:
            with suppress(NotAllowed):
                lenders.append(self.lender(permission, unit, but_not=but_not))
        if not lenders:
            raise NotAllowed(_("You have no permission to do this in this unit."))
        self._used.absent_id = None if None in lenders else lenders[0]

    def lender(self, permission: str, unit: Unit | int, *, but_not: Collection[int] = ()) -> int | None:
        """The absent person in whose place the permission would be used in the unit; None when it is one's own.

        Of several it is the one for whom the desk is opened, else the one with the oldest account. Raises NotAllowed
        when it is held neither way."""
        lending = self.lent.get(permission, {}).get(_unit_id(unit), frozenset()) - set(but_not)
        if lending:
            return self.place_of_id if self.place_of_id in lending else min(lending)
        if not self.may(permission, unit) or _unit_id(unit) in self.lent.get(permission, {}):
            raise NotAllowed(_("You have no permission to do this in this unit."))
        return None

    def own_units(self, permission: str) -> frozenset[int]:
        """Units where the permission comes from an own membership, not only from somebody absent."""
        return self.units.get(permission, frozenset()) - self.lent.get(permission, {}).keys()

    def anywhere(self, permission: str) -> bool:
        """Whether the permission is held in any unit (for menus)."""
        return bool(self.units.get(permission))

    def moment(self, happened_at: dt.datetime | None, unit: Unit | int) -> dt.datetime:
        """When a deed happened: the database's now, or the earlier time given if the actor may backdate there.

        Raises NotAllowed without the permission, ValueError for a naive time."""
        if happened_at is None:
            return db_now()
        if happened_at.tzinfo is None:
            raise ValueError("a naive time is no moment")
        if not self.may("backdate", unit):  # no right of the deed itself: by whose right it is done stays as noted
            raise NotAllowed(_("You have no permission to do this in this unit."))
        return happened_at

    def in_place_of(self, user_id: int | None) -> Access:
        """The same access with the desk opened for an absent person (or at a task of theirs): where several absent
        people lend a right, theirs is used. Unchanged for somebody who is not substituted now."""
        return replace(self, place_of_id=user_id) if user_id in self.acting_for else self

    def reader_tokens(self) -> frozenset[str]:
        """Tokens that a share leaves in the search index, e.g. "user:7", "group:12"."""
        own = {f"user:{self.user_id}"} if self.user_id else set()
        return frozenset(own | {f"group:{g}" for g in self.group_ids})

    def scope_tokens(self) -> frozenset[str]:
        """Tokens of the units where letters ("L12") and cases ("C12") may be seen; the index filters by them."""
        return frozenset(
            {f"L{u}" for u in self.units.get("view_letters", ())} | {f"C{u}" for u in self.units.get("view_cases", ())}
        )


#: The office's own machinery: jobs, boxes, the demo. Never built from a request.
SYSTEM = Access(is_system=True)
#: A guest of the portal.
GUEST = Access()


def _unit_id(unit: Unit | int) -> int:
    return unit if isinstance(unit, int) else unit.pk


def valid_now(prefix: str = "", day: dt.date | None = None) -> Q:
    """Filter of rows whose `valid_from`..`valid_until` holds today (Warsaw, database clock), or on the day given."""
    today = DbToday() if day is None else day
    return Q(**{f"{prefix}valid_from__lte": today}) & (
        Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gte": today})
    )


def access_of(user: User | AnonymousUser) -> Access:
    """Compute the access of a signed-in person now: two queries. A guest or disabled account has none."""
    if not user.is_authenticated or not user.is_active:
        return GUEST
    assert isinstance(user, User)
    acting: dict[int, dict[str, dict[str, set[int]]]] = defaultdict(dict)
    for absent_id, scope in Substitution.objects.filter(valid_now(), substitute=user).values_list("absent_id", "scope"):
        acting[absent_id][scope] = defaultdict(set)
    grants = "role_group__group__unitgroupobjectpermission"
    rows = (
        Membership.objects.filter(valid_now(), user_id__in=[user.pk, *acting])
        .annotate(perm=F(f"{grants}__permission__codename"), on=F(f"{grants}__content_object_id"))
        .values_list(
            "user_id", "clearance", "role_group__group_id", "role_group__role", "role_group__unit_id", "perm", "on"
        )
    )
    own: dict[str, set[int]] = defaultdict(set)
    lent: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    roles: dict[str, set[int]] = defaultdict(set)
    groups: set[int] = set()
    clearance = 0
    for member_id, level, group_id, role, unit_id, perm, on in rows:
        if member_id == user.pk:
            groups.add(group_id)
            clearance = max(clearance, level)
            roles[role].add(unit_id)
            if perm:
                own[perm].add(on)
                roles[role].add(on)
            continue
        for scope, positions in acting[member_id].items():
            if perm in SUBSTITUTED[scope]:
                lent[perm][on].add(member_id)
                positions[role].add(on)
    citizen = getattr(user, "citizen", None) if not user.is_staff else None
    return Access(
        user_id=user.pk,
        group_ids=frozenset(groups),
        units={p: frozenset(own[p] | lent[p].keys()) for p in {*own, *lent}},
        clearance=clearance,
        lent={
            p: {unit: frozenset(by) for unit, by in on_units.items() if unit not in own[p]}
            for p, on_units in lent.items()
        },
        roles={r: frozenset(u) for r, u in roles.items()},
        acting_for={
            absent: {scope: {r: frozenset(u) for r, u in held.items()} for scope, held in scopes.items()}
            for absent, scopes in acting.items()
        },
        assurance=citizen.assurance if citizen else Assurance.NONE,
    )


def grant(permission: str, holder: object, thing: Model) -> None:
    """Give a user or group one object permission (guardian). Called by deeds only."""
    assign_perm(permission, holder, thing)


def revoke(permission: str, holder: object, thing: Model) -> None:
    """Take one object permission back."""
    remove_perm(permission, holder, thing)


def set_unit_grants(group: Group, permissions: Collection[str], unit_ids: Collection[int]) -> None:
    """Make the group hold exactly these permissions on exactly these units: three queries, however many units."""
    model = get_group_obj_perms_model(Unit)
    names = dict(
        Permission.objects.filter(
            content_type__app_label="people", content_type__model="unit", codename__in=permissions
        ).values_list("codename", "pk")
    )
    missing = set(permissions) - names.keys()
    if missing:
        raise LookupError(f"no such permission on units: {sorted(missing)}; run migrate")
    wanted = {(pk, unit_id) for pk in names.values() for unit_id in unit_ids}
    held = {
        (perm, unit): pk
        for pk, perm, unit in model.objects.filter(group=group).values_list("pk", "permission_id", "content_object_id")
    }
    stale = [pk for pair, pk in held.items() if pair not in wanted]
    if stale:
        model.objects.filter(pk__in=stale).delete()
    model.objects.bulk_create(
        [model(group=group, permission_id=perm, content_object_id=unit) for perm, unit in sorted(wanted - held.keys())],
        ignore_conflicts=True,
    )


def shared_q(access: Access, model: type[Model], permission: str, path: str = "pk") -> Q:
    """Filter: `path` is shared with this person. Shares are subqueries, never lists of ids."""
    users = get_user_obj_perms_model(model).objects.filter(user_id=access.user_id, permission__codename=permission)
    groups = get_group_obj_perms_model(model).objects.filter(
        group_id__in=access.group_ids, permission__codename=permission
    )
    return Q(**{f"{path}__in": users.values("content_object_id")}) | Q(
        **{f"{path}__in": groups.values("content_object_id")}
    )


def forget_shares(user: User) -> None:
    """Take back everything that was shared with a person by name, of whatever kind."""
    for model in (each for each in apps.get_models() if issubclass(each, UserObjectPermissionBase)):
        model._default_manager.filter(user=user).delete()


def readers_of(thing: Model, permission: str) -> frozenset[str]:
    """Reader tokens of everybody a thing is shared with; the search index stores them."""
    model = type(thing)
    users = get_user_obj_perms_model(model).objects.filter(content_object_id=thing.pk, permission__codename=permission)
    groups = get_group_obj_perms_model(model).objects.filter(
        content_object_id=thing.pk, permission__codename=permission
    )
    return frozenset(
        {f"user:{u}" for u in users.values_list("user_id", flat=True)}
        | {f"group:{g}" for g in groups.values_list("group_id", flat=True)}
    )


def holders(permission: str, unit: Unit | int) -> QuerySet[User]:
    """Active people whose own membership today gives them the permission in the unit, by name (for choosers)."""
    grants = "role_group__group__unitgroupobjectpermission"
    members = Membership.objects.filter(
        valid_now(), **{f"{grants}__permission__codename": permission, f"{grants}__content_object": _unit_id(unit)}
    )
    return User.objects.filter(is_active=True, pk__in=members.values("user_id")).order_by("last_name", "first_name")
