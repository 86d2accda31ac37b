"""Unit administrators cannot make themselves, or anybody, more than they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from journal.errors import NotAllowed, Refused
from people.access import SYSTEM, access_of
from people.models import Membership, Role, Substitution, Unit, User
from people.rules import GIVEN_BY
from people.services import memberships, substitutions, units, users
from tests.factories import people as make

pytestmark = pytest.mark.django_db
OWN, BELOW, OTHER = "SP-1", "SP-1-S", "SP-2"


@pytest.fixture
def town() -> dict[str, Unit]:
    made = make.town()
    made[BELOW] = units.add(SYSTEM, parent=made["SP-1"], kind="cell", symbol=BELOW, name="Sekretariat szkoły")
    return made


@pytest.mark.parametrize(("where", "subtree"), [(OWN, False), (OWN, True), (BELOW, False), (OTHER, False)])
@pytest.mark.parametrize("role", Role.values)
def test_which_roles_an_administrator_of_one_unit_may_give(
    town: dict[str, Unit], role: str, where: str, subtree: bool
) -> None:
    admin = make.actor(town[OWN], Role.UNIT_ADMIN)
    person = make.staff()
    allowed = where == OWN and not subtree and role != Role.COORDINATOR
    if allowed:
        memberships.start(admin, user=person, unit=town[where], role=role, subtree=subtree)
    else:
        with pytest.raises(NotAllowed):
            memberships.start(admin, user=person, unit=town[where], role=role, subtree=subtree)
    assert Membership.objects.filter(user=person).exists() is allowed


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.UNIT_ADMIN])
def test_no_other_role_gives_roles(town: dict[str, Unit], role: str) -> None:
    actor = make.actor(town[OWN], role, subtree=True)
    for given in Role.values:
        with pytest.raises(NotAllowed):
            memberships.start(actor, user=make.staff(), unit=town[OWN], role=given)
    with pytest.raises(NotAllowed):
        users.create_staff(actor, email="nowy@example.org", first_name="N", last_name="N", post="")
    with pytest.raises(NotAllowed):
        units.add(actor, parent=town[OWN], kind="cell", symbol="X", name="X")


def test_every_role_stands_in_the_table() -> None:
    assert set(GIVEN_BY) == set(Role.values)


@pytest.mark.parametrize("role", Role.values)
def test_nobody_changes_their_own_roles(town: dict[str, Unit], role: str) -> None:
    person = make.member(town["UM"], Role.UNIT_ADMIN, subtree=True)
    with pytest.raises(NotAllowed):
        memberships.start(access_of(person), user=person, unit=town[OWN], role=role)
    with pytest.raises(NotAllowed):
        memberships.end(access_of(person), membership=Membership.objects.get(user=person))
    with pytest.raises(NotAllowed):
        users.change(access_of(person), user=person, post="Prezydent")
    assert access_of(person).units.keys() == {"manage_unit"}


def test_a_city_administrator_reaches_the_whole_tree_but_makes_no_coordinator(town: dict[str, Unit]) -> None:
    admin = make.actor(town["UM"], Role.UNIT_ADMIN, subtree=True)
    memberships.start(admin, user=make.staff(), unit=town[BELOW], role=Role.UNIT_ADMIN)
    memberships.start(admin, user=make.staff(), unit=town["UM"], role=Role.AUDITOR, subtree=True)
    with pytest.raises(NotAllowed):
        memberships.start(admin, user=make.staff(), unit=town["UM"], role=Role.COORDINATOR)
    coordinator = make.join(town["UM"], Role.COORDINATOR, make.staff())
    with pytest.raises(NotAllowed):
        memberships.end(admin, membership=coordinator)


def test_nobody_gives_a_clearance_above_their_own(town: dict[str, Unit]) -> None:
    admin = make.actor(town[OWN], Role.UNIT_ADMIN, clearance=1)
    memberships.start(admin, user=make.staff(), unit=town[OWN], role=Role.CLERK, clearance=1)
    with pytest.raises(NotAllowed):
        memberships.start(admin, user=make.staff(), unit=town[OWN], role=Role.CLERK, clearance=2)


def test_a_role_ended_a_minute_ago_gives_nothing_away(town: dict[str, Unit]) -> None:
    membership = make.join(town[OWN], Role.UNIT_ADMIN, make.staff())
    memberships.end(SYSTEM, membership=membership)
    with pytest.raises(NotAllowed):
        memberships.start(access_of(membership.user), user=make.staff(), unit=town[OWN], role=Role.CLERK)


def _plan(actor_user: User, absent: User, substitute: User) -> Substitution:
    today = make.today()
    return substitutions.plan(
        access_of(actor_user),
        absent=absent,
        substitute=substitute,
        valid_from=today,
        valid_until=today + dt.timedelta(days=3),
    )


def test_a_substitution_is_no_way_to_more_rights(town: dict[str, Unit]) -> None:
    admin = make.member(town[OWN], Role.UNIT_ADMIN)
    chief, clerk = make.member(town[OWN], Role.HEAD), make.member(town[OWN], Role.CLERK)
    both = make.member(town[OWN], Role.HEAD)
    make.join(town[OTHER], Role.HEAD, both)
    stranger = make.member(town[OTHER], Role.CLERK)
    forbidden: list[Callable[[], object]] = [
        lambda: _plan(admin, chief, admin),  # the administrator as substitute
        lambda: _plan(clerk, chief, clerk),  # a clerk for the chief, by the clerk
        lambda: _plan(clerk, chief, admin),  # ... or for somebody else
        lambda: _plan(admin, both, clerk),  # a person who also works where the administrator manages nothing
        lambda: _plan(stranger, chief, clerk),
    ]
    for attempt in forbidden:
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(Refused):
        _plan(chief, chief, stranger)  # no colleague in the same body
    planned = _plan(chief, chief, clerk)
    assert town[OWN].pk in access_of(clerk).units["approve"]
    with pytest.raises(NotAllowed):
        substitutions.end(access_of(clerk), substitution=planned)
    substitutions.end(access_of(admin), substitution=planned)
    assert "approve" not in access_of(clerk).units


def test_a_head_names_who_stands_in_for_the_people_of_the_own_unit(town: dict[str, Unit]) -> None:
    chief, clerk = make.member(town[OWN], Role.HEAD), make.member(town[OWN], Role.CLERK)
    other = make.member(town[OWN], Role.CLERK)
    wide, elsewhere = make.member(town[OWN], Role.HEAD, subtree=True), make.member(town[OTHER], Role.HEAD)
    planned = _plan(chief, clerk, other)
    assert access_of(other).acting_for.keys() == {clerk.pk}
    forbidden: list[Callable[[], object]] = [
        lambda: _plan(chief, wide, other),  # whose rights reach further down than the chief's
        lambda: _plan(chief, clerk, chief),  # nobody names themselves
        lambda: _plan(elsewhere, clerk, other),
        lambda: substitutions.end(access_of(other), substitution=planned),
    ]
    for attempt in forbidden:
        with pytest.raises(NotAllowed):
            attempt()
    substitutions.end(access_of(chief), substitution=planned)
    assert not access_of(other).acting_for


def test_a_substitute_hands_nothing_on(town: dict[str, Unit]) -> None:
    chief, deputy, third = (make.member(town[OWN], role) for role in (Role.HEAD, Role.CLERK, Role.CLERK))
    _plan(chief, chief, deputy)
    for absent in (chief, make.member(town[OWN], Role.CLERK)):
        with pytest.raises(NotAllowed):
            _plan(deputy, absent, third)


def test_an_administrator_of_the_office_alone_lends_nothing_of_the_units_below(town: dict[str, Unit]) -> None:
    admin = make.member(town["UM"], Role.UNIT_ADMIN)
    chief, friend = make.member(town["UM"], Role.HEAD, subtree=True), make.member(town["UM"], Role.CLERK)
    with pytest.raises(NotAllowed):
        _plan(admin, chief, friend)


def test_accounts_are_managed_by_who_manages_all_their_units(town: dict[str, Unit]) -> None:
    admin = make.actor(town[OWN], Role.UNIT_ADMIN)
    mine, both = make.member(town[OWN]), make.member(town[OWN])
    make.join(town[OTHER], Role.HEAD, both)
    root = User.objects.create_superuser("root@example.org", make.PASSWORD)
    citizen = make.citizen().user
    users.change(admin, user=mine, post="Referent")
    for user in (both, root):
        for deed in (
            lambda u: users.change(admin, user=u, post="X"),
            lambda u: users.disable(admin, user=u),
            lambda u: users.reset_second_factor(admin, user=u),
        ):
            with pytest.raises(NotAllowed):
                deed(user)
    with pytest.raises(Refused):
        users.disable(admin, user=citizen)
    assert not users.disable(admin, user=mine).is_active


def test_making_an_account_gives_no_rights(town: dict[str, Unit]) -> None:
    admin = make.actor(town[OWN], Role.UNIT_ADMIN)
    made = users.create_staff(admin, email="nowa@example.org", first_name="Nowa", last_name="Osoba", post="")
    assert made.is_staff and not made.is_superuser and not made.has_usable_password()
    assert not access_of(made).units
    with pytest.raises(TypeError):
        users.change(admin, user=made, is_superuser="true")
