"""The staff as the intranet shows them: the phone book, and who is away."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from journal.clock import db_now, warsaw_day
from people.access import Access, valid_now
from people.models import Membership, Substitution, User

#: People on one page of the phone book.
PAGE = 60
#: Days ahead in which an absence is announced.
SOON = 14


def units_of_access(access: Access) -> frozenset[int]:
    """Units in which the access holds any role or permission today: whose staff the person is."""
    return frozenset[int]().union(*access.roles.values(), *access.units.values())


@dataclass(frozen=True)
class Person:
    """One line of the phone book."""

    name: str
    post: str
    phone: str
    email: str
    units: tuple[str, ...]


def people(*, words: str = "", unit_id: int | None = None) -> list[Person]:
    """Active staff with a role today, by name; all `words` must be met, in the unit or its cells. At most PAGE + 1."""
    members = Membership.objects.filter(valid_now())
    if unit_id is not None:
        members = members.filter(Q(role_group__unit_id=unit_id) | Q(role_group__unit__body_id=unit_id))
    found = User.objects.filter(is_active=True, is_staff=True, pk__in=members.values("user_id"))
    for word in words.split()[:6]:
        found = found.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(post__icontains=word)
            | Q(phone__icontains=word)
        )  # fmt: skip
    users = list(found.order_by("last_name", "first_name", "pk")[: PAGE + 1])
    units: dict[int, dict[str, None]] = {}
    rows = Membership.objects.filter(valid_now(), user__in=users).order_by("role_group__unit__path")
    for user_id, name in rows.values_list("user_id", "role_group__unit__name"):
        units.setdefault(user_id, {})[name] = None
    return [
        Person(user.get_full_name() or user.email, user.post, user.phone, user.email, tuple(units.get(user.pk, ())))
        for user in users
    ]


def away() -> QuerySet[Substitution]:
    """Absences of today, those that end first first."""
    today = warsaw_day(db_now())
    now = _absences().filter(valid_from__lte=today, valid_until__gte=today)
    return now.order_by("valid_until", "absent__last_name")


def away_soon() -> QuerySet[Substitution]:
    """Absences that begin in the coming days."""
    today = warsaw_day(db_now())
    until = today + dt.timedelta(days=SOON)
    return _absences().filter(valid_from__gt=today, valid_from__lte=until).order_by("valid_from", "absent__last_name")


def _absences() -> QuerySet[Substitution]:
    return Substitution.objects.filter(absent__is_active=True).select_related("absent", "substitute").defer("reason")
