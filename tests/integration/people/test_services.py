"""Deeds of people: who may, what follows, one entry each."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group

from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people import mirror
from people.access import ROLE_PERMISSIONS, SYSTEM, Access, access_of
from people.models import Assurance, Membership, Role, RoleGroup, Substitution, Unit, User
from people.services import citizens, memberships, substitutions, units, users
from tests.factories import people as make

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def test_the_tree_knows_bodies_and_cells() -> None:
    town = make.town()
    assert town["OR"].body == town["UM"]
    assert town["SP-1"].body == town["SP-1"]
    class_ = units.add(SYSTEM, parent=town["SP-1"], kind="cell", symbol="SP-1-S", name="Sekretariat")
    assert class_.body == town["SP-1"]
    assert class_.slug == "sekretariat"


def test_a_moved_cell_gets_the_nearest_body_and_the_roles_above_it() -> None:
    town = make.town()
    cell = units.add(SYSTEM, parent=town["OR"], kind="cell", symbol="OR-K", name="Kancelaria")
    city = make.member(town["UM"], Role.HEAD, subtree=True)
    school = make.member(town["SP-1"], Role.HEAD, subtree=True)
    assert cell.pk in access_of(city).units["approve"]
    assert cell.pk not in access_of(school).units["approve"]
    moved = units.move(SYSTEM, unit=cell, parent=town["SP-1"])
    assert moved.body == town["SP-1"]
    assert moved.pk in access_of(school).units["approve"]
    assert moved.pk in access_of(city).units["approve"]
    office = make.member(town["OR"], Role.HEAD, subtree=True)
    units.move(SYSTEM, unit=moved, parent=town["OR"])
    assert moved.pk in access_of(office).units["approve"]
    assert moved.pk not in access_of(school).units["approve"]
    assert Entry.objects.filter(action="unit.moved").count() == 2


def test_a_new_unit_widens_the_roles_over_its_subtree_and_no_others() -> None:
    town = make.town()
    wide = make.member(town["UM"], Role.AUDITOR, subtree=True)
    narrow = make.member(town["UM"], Role.AUDITOR)
    new = units.add(SYSTEM, parent=town["FN"], kind="cell", symbol="FN-P", name="Podatki")
    assert new.pk in access_of(wide).units["audit"]
    assert access_of(narrow).units["audit"] == {town["UM"].pk}


def test_a_unit_is_changed_with_one_entry_and_its_groups_renamed() -> None:
    town = make.town()
    make.member(town["OR"], Role.EDITOR)
    admin = make.actor(town["OR"], Role.UNIT_ADMIN)
    before = Entry.objects.count()
    units.change(admin, unit=town["OR"], symbol="ORG", phone="17 123 45 67")
    assert Entry.objects.count() == before + 1
    assert Group.objects.filter(role_group__unit=town["OR"], name__startswith="ORG ").count() == 2
    with pytest.raises(Refused):
        units.change(admin, unit=town["OR"], symbol="FN")
    with pytest.raises(NotAllowed):
        units.change(admin, unit=town["FN"], name="Nasz")


def test_a_closed_unit_takes_nobody() -> None:
    town = make.town()
    units.close(SYSTEM, unit=town["SP-2"], closed_on=make.today())
    town["SP-2"].refresh_from_db()
    with pytest.raises(Refused):
        make.member(town["SP-2"])
    with pytest.raises(Refused):
        units.close(SYSTEM, unit=town["UM"], closed_on=make.today())


@pytest.mark.parametrize("role", Role.values)
def test_a_role_gives_what_the_table_says_and_the_admin(role: str) -> None:
    town = make.town()
    person = make.member(town["OR"], role)
    access = access_of(person)
    assert {p for p, on in access.units.items() if town["OR"].pk in on} == ROLE_PERMISSIONS[role]
    assert all(on == {town["OR"].pk} for on in access.units.values())
    assert User.objects.get(pk=person.pk).has_perm("wagtailadmin.access_admin")


def test_memberships_begin_and_end_by_themselves() -> None:
    town, today = make.town(), make.today()
    tomorrow = make.join(town["OR"], Role.CLERK, make.staff(), valid_from=today + DAY)
    last_day = make.join(town["OR"], Role.CLERK, make.staff(), valid_from=today - 5 * DAY, valid_until=today)
    over = make.join(town["OR"], Role.CLERK, make.staff(), valid_from=today - 5 * DAY, valid_until=today - DAY)
    assert [bool(access_of(m.user).units) for m in (tomorrow, last_day, over)] == [False, True, False]
    assert [m.user.groups.exists() for m in (tomorrow, last_day, over)] == [False, True, False]
    noon_tomorrow = dt.datetime.combine(today + DAY, dt.time(12), tzinfo=dt.UTC)
    assert mirror.sweep(noon_tomorrow) == 2
    assert [m.user.groups.exists() for m in (tomorrow, last_day, over)] == [True, False, False]
    assert mirror.sweep(noon_tomorrow) == 0


def test_a_membership_ended_now_gives_nothing_from_now_on() -> None:
    town = make.town()
    membership = make.join(town["OR"], Role.HEAD, make.staff())
    assert access_of(membership.user).units
    memberships.end(SYSTEM, membership=membership)
    assert not access_of(membership.user).units
    assert not membership.user.groups.exists()
    with pytest.raises(Refused):
        memberships.end(SYSTEM, membership=membership)
    make.join(town["OR"], Role.HEAD, membership.user)
    assert access_of(membership.user).units


def test_the_mirror_leaves_groups_without_a_role_alone() -> None:
    town = make.town()
    other = Group.objects.create(name="Moderatorzy")
    membership = make.join(town["OR"], Role.CLERK, make.staff())
    membership.user.groups.add(other)
    memberships.end(SYSTEM, membership=membership)
    assert list(membership.user.groups.all()) == [other]


def test_the_same_role_twice_at_once_is_refused() -> None:
    town, today = make.town(), make.today()
    person = make.member(town["OR"], valid_until=today + 5 * DAY)
    with pytest.raises(Refused):
        make.join(town["OR"], Role.CLERK, person, valid_from=today + 5 * DAY)
    make.join(town["OR"], Role.CLERK, person, valid_from=today + 6 * DAY)
    with pytest.raises(Refused):
        make.join(town["OR"], Role.HEAD, person, valid_from=today, valid_until=today - DAY)
    with pytest.raises(Refused):
        make.join(town["OR"], Role.CLERK, make.citizen().user)


def test_each_deed_writes_one_entry() -> None:
    town, today = make.town(), make.today()
    chief, deputy = make.member(town["OR"], Role.HEAD), make.member(town["OR"], Role.CLERK)
    admin = make.actor(town["OR"], Role.UNIT_ADMIN)
    registry = make.actor(town["OR"], Role.REGISTRY)
    person = make.citizen()
    steps = [
        lambda: users.change(admin, user=deputy, post="Inspektor"),
        lambda: memberships.start(admin, user=deputy, unit=town["OR"], role=Role.HEAD),
        lambda: memberships.end(admin, membership=Membership.objects.filter(user=deputy).latest("pk")),
        lambda: substitutions.plan(admin, absent=chief, substitute=deputy, valid_from=today, valid_until=today),
        lambda: substitutions.end(admin, substitution=Substitution.objects.get()),
        lambda: users.disable(admin, user=deputy),
        lambda: users.enable(admin, user=deputy),
        lambda: users.reset_second_factor(admin, user=deputy),
        lambda: citizens.update_profile(Access(user_id=person.user_id), user=person.user, town="Mielec"),
        lambda: citizens.confirm_identity(
            registry,
            user=person.user,
            unit=town["OR"],
            code=make.identity_code(person),
            pesel="44051401359",
            first_name="Jan",
            last_name="Kowalski",
        ),
        lambda: citizens.revoke_confirmation(registry, user=person.user),
    ]
    make.identity_code(person)  # an entry of its own, before the counting
    for step in steps:
        before = Entry.objects.exclude(action="citizen.code_made").count()
        step()
        after = Entry.objects.exclude(action="citizen.code_made").count()
        assert after == before + 1, Entry.objects.latest("pk").action


def test_names_stay_out_of_the_permanent_part_of_the_journal() -> None:
    user = make.staff("tajna", first_name="Zofia", last_name="Sekretna")
    entry = Entry.objects.get(action="user.created")
    assert "Sekretna" in entry.detail.text and user.email in entry.detail.text
    assert "Sekretna" not in f"{entry.data}{entry.label}" and user.email not in f"{entry.data}{entry.label}"


def test_a_taken_or_wrong_address_is_refused() -> None:
    taken = make.citizen(email="jan@example.org").user.email
    for email in (taken, taken.upper(), "bez-malpy"):
        with pytest.raises(Refused):
            users.create_staff(SYSTEM, email=email, first_name="A", last_name="B", post="")


def test_the_counter_confirms_an_identity_once_per_pesel() -> None:
    town = make.town()
    registry = make.actor(town["OR"], Role.REGISTRY)
    first, second = make.citizen(), make.citizen()
    data = {"pesel": "44051401359", "first_name": "Jan", "last_name": "Kowalski"}
    code = make.identity_code(first)
    with pytest.raises(Refused):
        citizens.confirm_identity(registry, user=first.user, unit=town["OR"], code=code)
    wrong = {**data, "pesel": "44051401358"}
    with pytest.raises(Refused):
        citizens.confirm_identity(registry, user=first.user, unit=town["OR"], code=code, **wrong)
    confirmed = citizens.confirm_identity(registry, user=first.user, unit=town["OR"], code=code, **data)
    assert confirmed.assurance == Assurance.CONFIRMED
    assert confirmed.birth_date == dt.date(1944, 5, 14)
    again = make.identity_code(second)
    with pytest.raises(Refused, match="PESEL"):
        citizens.confirm_identity(registry, user=second.user, unit=town["OR"], code=again, **data)
    with pytest.raises(NotAllowed):
        citizens.confirm_identity(registry, user=second.user, unit=town["FN"], code=again, **data)
    own = access_of(User.objects.get(pk=first.user_id))
    with pytest.raises(NotAllowed):
        citizens.update_profile(own, user=second.user, town="Mielec")


def test_role_groups_are_made_once() -> None:
    town = make.town()
    make.member(town["OR"])
    make.member(town["OR"])
    assert RoleGroup.objects.filter(unit=town["OR"], role=Role.CLERK).count() == 1
    assert Unit.objects.with_permission(SYSTEM, "sign").count() == Unit.objects.count()
