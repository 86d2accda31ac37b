"""Forms of the staff screens about people. They offer only what the person may give; the deeds decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from journal.clock import db_now, warsaw_day
from people import hours
from people.access import Access
from people.models import Citizen, Membership, Role, StaffMember, Substitution, Unit, User
from people.policy import access_for
from people.rules import GIVEN_BY
from people.services import substitutions


class PersonChoice(forms.ModelChoiceField):
    """A person, with the post and address that tell namesakes apart."""

    def label_from_instance(self, obj: User) -> str:
        name = obj.get_full_name()
        return f"{name} – {obj.post or obj.email}" if name else obj.email


class UnitChoice(forms.ModelChoiceField):
    """A unit, set in by its depth in the tree."""

    def label_from_instance(self, obj: Unit) -> str:
        return "\u2003" * (obj.depth - 1) + str(obj)


class AccessForm(WagtailAdminModelForm):
    """A form that knows the access of the person who fills it. It never saves: the deed does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access: Access = access_for(self.for_user)
        self.narrow()

    def narrow(self) -> None:
        """Limit the choices to what the person may choose."""

    def _post_clean(self) -> None:
        """The instance stays as the database has it; the deed validates, uniqueness too, and writes."""

    def save(self, commit: bool = True) -> Any:
        raise TypeError("a deed writes, not a form")


UNIT_FIELDS: tuple[str, ...] = (
    "symbol",
    "name",
    "category",
    "street",
    "postcode",
    "town",
    "phone",
    "email",
    "edelivery",
    "opening_hours",
    "privacy_notice",
    "dpo_name",
    "dpo_contact",
)


#: Fields of the form, one for each day from Monday on, that become `Unit.week_hours`.
DAY_FIELDS = tuple(f"hours_{number}" for number in range(7))
_DAY_LABELS = (
    _("Open on Monday"),
    _("Open on Tuesday"),
    _("Open on Wednesday"),
    _("Open on Thursday"),
    _("Open on Friday"),
    _("Open on Saturday"),
    _("Open on Sunday"),
)


class UnitForm(AccessForm):
    """What a unit says of itself, with its opening hours as people write them (`people.hours`)."""

    exceptions = forms.CharField(
        label=_("Other hours on some days"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "A day in each line: “24.12.2026 closed Christmas Eve” or “23.12.2026 8.00–12.00 shorter day”. "
            "On public holidays the unit is closed by itself."
        ),
    )

    class Meta:
        model = Unit
        fields: tuple[str, ...] = UNIT_FIELDS
        widgets = {
            "opening_hours": forms.Textarea(attrs={"rows": 3}),
            "privacy_notice": forms.Textarea(attrs={"rows": 5}),
        }
        labels = {"opening_hours": _("More about the hours")}
        help_texts = {"opening_hours": _("Shown below the table of hours, for example hours by appointment.")}

    field_order: tuple[str, ...] = (*UNIT_FIELDS[:-4], *DAY_FIELDS, "exceptions", *UNIT_FIELDS[-4:])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = self.instance.week_hours or [[]] * 7
        for number, name in enumerate(DAY_FIELDS):
            self.fields[name] = forms.CharField(
                label=_DAY_LABELS[number],
                required=False,
                max_length=80,
                initial=hours.day_text(week[number]),
                help_text="" if number else _("For example 7.30–15.30 or 8–12, 13–16. Empty: closed."),
            )
        self.fields["exceptions"].initial = hours.exceptions_text(self.instance.hours_exceptions)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        week = [self._read(name, hours.parse_day, data.pop(name, "")) for name in DAY_FIELDS]
        data["week_hours"] = week if any(week) else []
        data["hours_exceptions"] = self._read("exceptions", hours.parse_exceptions, data.pop("exceptions", ""))
        return data

    def _read(self, field: str, parse: Callable[[str], list[Any]], text: str) -> list[Any]:
        try:
            return parse(text)
        except hours.HoursError as error:
            self.add_error(field, str(error))
            return []


class NewUnitForm(UnitForm):
    """A unit and its place in the tree."""

    parent = UnitChoice(label=_("Below"), queryset=Unit.objects.none())

    class Meta(UnitForm.Meta):
        fields = ("kind", *UNIT_FIELDS)

    field_order = ("parent", "kind", *UnitForm.field_order)

    def narrow(self) -> None:
        self.fields["parent"].queryset = Unit.objects.active().with_permission(self.access, "manage_unit")


class StaffForm(AccessForm):
    """Name and post of a member of staff."""

    class Meta:
        model = StaffMember
        fields: tuple[str, ...] = ("first_name", "last_name", "post", "phone")
        help_texts = {"post": _("Printed under signatures, e.g. “Inspector”.")}

    def narrow(self) -> None:
        for name in ("first_name", "last_name"):
            self.fields[name].required = True


class NewStaffForm(StaffForm):
    """A new staff account. The person sets the password; nobody else ever knows it."""

    class Meta(StaffForm.Meta):
        fields = ("email", *StaffForm.Meta.fields)
        help_texts = {
            **StaffForm.Meta.help_texts,
            "email": _("The person signs in with it and gets a message about setting a password."),
        }


class MembershipForm(AccessForm):
    """The last day of a role."""

    class Meta:
        model = Membership
        fields = ("valid_until",)
        widgets = {"valid_until": AdminDateInput}

    def narrow(self) -> None:
        self.fields["valid_until"].required = True
        self.fields["valid_until"].help_text = _("The role still holds on this day.")


class NewMembershipForm(AccessForm):
    """A person, a role, a unit, and from when until when."""

    user = PersonChoice(label=_("Person"), queryset=User.objects.none())
    unit = UnitChoice(label=_("Unit"), queryset=Unit.objects.none())
    role = forms.ChoiceField(label=_("Role"))
    subtree = forms.BooleanField(label=_("Also in all units below"), required=False)

    class Meta:
        model = Membership
        fields = ("valid_from", "valid_until", "clearance")
        widgets = {"valid_from": AdminDateInput, "valid_until": AdminDateInput}
        help_texts = {
            "valid_until": _("Empty: until further notice."),
            "clearance": _("0 is ordinary. You can give at most your own."),
        }

    field_order = ("user", "unit", "role", "subtree", "valid_from", "valid_until", "clearance")

    def narrow(self) -> None:
        people = User.objects.filter(is_staff=True, is_active=True).exclude(pk=self.access.user_id or 0)
        self.fields["user"].queryset = people.order_by("last_name", "first_name", "email")
        self.fields["unit"].queryset = Unit.objects.active().with_permission(self.access, "manage_unit")
        self.fields["role"].choices = [
            ("", "---------"),
            *((role.value, role.label) for role in Role if GIVEN_BY[role]),
        ]
        self.fields["valid_from"].initial = warsaw_day(db_now())


class SubstitutionForm(AccessForm):
    """Who acts for whom. Heads and administrators choose the absent person; everybody else is the absent person."""

    # As wide as the form: a name with a long post would reach beyond a phone's edge.
    absent = PersonChoice(
        label=_("Absent person"), queryset=User.objects.none(), widget=forms.Select(attrs={"class": "w-w-full"})
    )
    substitute = PersonChoice(
        label=_("Substitute"), queryset=User.objects.none(), widget=forms.Select(attrs={"class": "w-w-full"})
    )

    class Meta:
        model = Substitution
        fields = ("absent", "substitute", "scope", "valid_from", "valid_until", "reason")
        widgets = {"valid_from": AdminDateInput, "valid_until": AdminDateInput}
        help_texts = {
            "scope": _(
                "Everything, or only: the inbox, approval, signing. The management of people is never taken over."
            ),
            "valid_from": _("For an absence that nobody expected: today."),
            "valid_until": _("The last day of the absence; the substitution ends by itself."),
        }

    def narrow(self) -> None:
        self.fields["valid_from"].initial = warsaw_day(db_now())
        members = Membership.objects.current_or_future()
        managed = members.filter(role_group__unit_id__in=substitutions.planned_by(self.access))
        staff = User.objects.filter(is_staff=True, is_active=True).order_by("last_name", "first_name", "email")
        own = staff.filter(pk=self.access.user_id or 0)
        self.fields["absent"].queryset = (staff.filter(pk__in=managed.values("user_id")) | own).distinct()
        self.fields["absent"].initial = self.access.user_id
        bodies = members.filter(user_id__in=self.fields["absent"].queryset.values("pk")).values(
            "role_group__unit__body_id"
        )
        self.fields["substitute"].queryset = staff.filter(
            pk__in=members.filter(role_group__unit__body_id__in=bodies).values("user_id")
        ).exclude(pk=self.access.user_id or 0)


class ConfirmIdentityForm(AccessForm):
    """What the clerk at the counter compares with the identity document, or copies from it. It starts empty; with a
    good code it shows what the person wrote in the account."""

    code = forms.CharField(
        label=_("Code from the account"),
        max_length=20,
        help_text=_("The person makes it in the account, under Settings, “Your identity”. It is good for 15 minutes."),
    )
    unit = UnitChoice(label=_("Confirmed in the unit"), queryset=Unit.objects.none())
    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        help_text=_("Compare with the identity document and correct what differs."),
    )
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    number = forms.CharField(label="PESEL", max_length=11)

    class Meta:
        model = Citizen
        fields: tuple[str, ...] = ()

    def narrow(self) -> None:
        units = Unit.objects.active().with_permission(self.access, "register_letters")
        self.fields["unit"].queryset = units
        self.fields["unit"].initial = units.first()

    def show(self, code: str) -> None:
        """Fill in what the account says of its owner, once its code is known."""
        citizen: Citizen = self.instance
        known = {"code": code, "first_name": citizen.user.first_name, "last_name": citizen.user.last_name}
        self.initial.update(known, number=citizen.pesel)
