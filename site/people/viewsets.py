"""Staff screens about people, under /admin/osoby/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSetGroup

from journal.clock import DbToday
from people.access import Access, valid_now
from people.counter import CitizenViewSet
from people.deed_viewset import DeedAction, DeedViewSet, day_column
from people.forms import (
    MembershipForm,
    NewMembershipForm,
    NewStaffForm,
    NewUnitForm,
    StaffForm,
    SubstitutionForm,
    UnitForm,
)
from people.models import Membership, StaffMember, Substitution, Unit, User
from people.services import memberships, substitutions, units, users


class UnitViewSet(DeedViewSet):
    """The units a person manages, in tree order."""

    model = Unit
    name, url_prefix, icon = "people_units", "osoby/jednostki", "site"
    menu_label, add_label = _("Units"), _("Add a unit")
    ordering = "path"
    list_display = ["symbol", "name", "kind", "category", Column("body.symbol", label=_("Part of the body"))]
    list_filter = ["kind"]
    search_fields = ["symbol", "name"]

    def get_form_class(self, for_update: bool = False) -> type[UnitForm]:
        return UnitForm if for_update else NewUnitForm

    def visible(self, access: Access) -> QuerySet[Unit]:
        return Unit.objects.with_permission(access, "manage_unit").select_related("body")

    def create(self, access: Access, data: Mapping[str, Any]) -> Unit:
        return units.add(access, **data)

    def change(self, access: Access, thing: Unit, data: Mapping[str, Any]) -> Unit:
        return units.change(access, unit=thing, **data)


class StaffViewSet(DeedViewSet):
    """Staff accounts of the units a person manages, and accounts that wait for their first role."""

    model = StaffMember
    name, url_prefix, icon = "people_staff", "osoby/pracownicy", "user"
    menu_label, add_label = _("Staff accounts"), _("Add a staff account")
    ordering = ("last_name", "first_name")
    list_display = [
        "__str__",
        "email",
        "post",
        Column(
            "roles_today",
            label=_("Roles today"),
            accessor=lambda user: ", ".join(str(membership.role_group) for membership in user.memberships_today) or "–",
        ),
        Column("is_active", label=_("Can sign in"), accessor=lambda user: _("yes") if user.is_active else _("no")),
    ]
    search_fields = ["first_name", "last_name", "email"]
    deed_actions = (
        DeedAction(
            "wylacz",
            _("Disable the account"),
            _(
                "The person will be signed out at once and cannot sign in "
                "until the account is enabled again. Roles stay as they are written."
            ),
            lambda access, user: users.disable(access, user=user),
            icon="no-view",
            serious=True,
            shown=lambda _access, user: user.is_active,
        ),
        DeedAction(
            "wlacz",
            _("Enable the account"),
            _("The person will be able to sign in again."),
            lambda access, user: users.enable(access, user=user),
            icon="view",
            shown=lambda _access, user: not user.is_active,
        ),
        DeedAction(
            "drugi-skladnik",
            _("Reset the second factor"),
            _(
                "For a lost phone. Make sure who asks: at the "
                "next sign-in the person sets up a new second factor with the password alone."
            ),
            lambda access, user: users.reset_second_factor(access, user=user),
            icon="key",
            serious=True,
        ),
    )

    def get_form_class(self, for_update: bool = False) -> type[StaffForm]:
        return StaffForm if for_update else NewStaffForm

    def visible(self, access: Access) -> QuerySet[Any]:
        members = Membership.objects.current_or_future()
        today = Membership.objects.filter(valid_now()).select_related("role_group__unit")
        return (
            StaffMember.objects.filter(is_staff=True)
            .filter(
                Q(pk__in=members.in_units_of(access, "manage_unit").values("user_id"))
                | ~Q(pk__in=members.values("user_id")),
                is_superuser=False,
            )
            .prefetch_related(Prefetch("memberships", today, to_attr="memberships_today"))
        )

    def create(self, access: Access, data: Mapping[str, Any]) -> User:
        return users.create_staff(access, **data)

    def change(self, access: Access, thing: User, data: Mapping[str, Any]) -> User:
        return users.change(access, user=thing, **data)


class MembershipViewSet(DeedViewSet):
    """Roles in the units a person manages. Ended ones stay: they say who could do what, and when."""

    model = Membership
    name, url_prefix, icon = "people_memberships", "osoby/role", "group"
    menu_label, add_label = _("Roles"), _("Give a role")
    ordering = ("-valid_from", "-pk")
    list_display = [
        "user",
        Column("role_group.get_role_display", label=_("Role")),
        Column("role_group.unit", label=_("Unit")),
        Column("subtree", label=_("Units below"), accessor=lambda m: _("yes") if m.role_group.subtree else "–"),
        day_column("valid_from", _("First day"), sortable=True),
        day_column("valid_until", _("Last day")),
        "clearance",
    ]
    list_filter = {"role_group__role": ["exact"], "valid_from": ["gte", "lte"]}
    search_fields = ["user__first_name", "user__last_name", "user__email", "role_group__unit__symbol"]
    remove_question = _("The role will end now, not at midnight. A person left without any role is signed out.")
    remove_label = _("End the role now")

    def get_form_class(self, for_update: bool = False) -> type[MembershipForm] | type[NewMembershipForm]:
        return MembershipForm if for_update else NewMembershipForm

    def visible(self, access: Access) -> QuerySet[Membership]:
        return Membership.objects.in_units_of(access, "manage_unit").select_related("user", "role_group__unit")

    def create(self, access: Access, data: Mapping[str, Any]) -> Membership:
        return memberships.start(access, **data)

    def change(self, access: Access, thing: Membership, data: Mapping[str, Any]) -> Membership:
        return memberships.end(access, membership=thing, valid_until=data["valid_until"])

    def remove(self, access: Access, thing: Membership) -> None:
        memberships.end(access, membership=thing)


def _state(substitution: Substitution) -> Any:
    """Whether a substitution holds today, begins later, or is over."""
    today = substitution.today  # type: ignore[attr-defined]  # annotated by the list
    if substitution.valid_until < today:
        return pgettext_lazy("substitution", "ended")
    return pgettext_lazy("substitution", "planned") if substitution.valid_from > today else _("holds today")


class SubstitutionViewSet(DeedViewSet):
    """Own substitutions, those where the person substitutes, and those in the units the person leads or manages."""

    model = Substitution
    name, url_prefix, icon = "people_substitutions", "osoby/zastepstwa", "rotate"
    menu_label, add_label = _("Substitutions"), _("Plan a substitution")
    ordering = ("-valid_from", "-pk")
    list_display = [
        "absent",
        "substitute",
        Column("get_scope_display", label=_("Scope")),
        day_column("valid_from", _("First day")),
        day_column("valid_until", _("Last day")),
        Column("state", label=_("State"), accessor=_state),
        "reason",
    ]
    search_fields = ["absent__last_name", "substitute__last_name"]
    remove_question = _("The substitution will end now.")
    remove_label = _("End the substitution")

    def get_form_class(self, for_update: bool = False) -> type[SubstitutionForm]:
        return SubstitutionForm

    def visible(self, access: Access) -> QuerySet[Substitution]:
        managed = Membership.objects.current_or_future().filter(
            role_group__unit_id__in=substitutions.planned_by(access)
        )
        return (
            Substitution.objects.filter(
                Q(absent_id=access.user_id)
                | Q(substitute_id=access.user_id)
                | Q(absent_id__in=managed.values("user_id"))
            )
            .select_related("absent", "substitute")
            .annotate(today=DbToday())
        )

    def create(self, access: Access, data: Mapping[str, Any]) -> Substitution:
        return substitutions.plan(access, **data)

    def remove(self, access: Access, thing: Substitution) -> None:
        substitutions.end(access, substitution=thing)


class PeopleViewSetGroup(ModelViewSetGroup):
    """One entry of the menu; it shows what the person may use."""

    items = (UnitViewSet, StaffViewSet, MembershipViewSet, SubstitutionViewSet, CitizenViewSet)
    menu_label, menu_icon, menu_name, menu_order = _("People"), "group", "people", 700
