"""Access computed from random towns against a plain reading of the rules."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from journal.errors import NotAllowed
from people.access import GUEST, ROLE_PERMISSIONS, SUBSTITUTED, SYSTEM, access_of
from people.models import Assurance, Membership, Role, Substitution, Unit, User
from people.services import memberships, units
from tests.factories import people as make

pytestmark = pytest.mark.django_db


Lent = dict[str, dict[int, set[int]]]


def expected(user: User, today: dt.date) -> tuple[dict[str, set[int]], Lent, int, set[int]]:
    """Permissions by unit, who lends those that are not one's own, clearance and own groups, row by row in Python."""

    def valid(row: Membership | Substitution) -> bool:
        return row.valid_from <= today and (row.valid_until is None or row.valid_until >= today)

    def reached(membership: Membership) -> set[int]:
        unit = membership.role_group.unit
        if not membership.role_group.subtree:
            return {unit.pk}
        return {node.pk for node in Unit.objects.all() if node.path.startswith(unit.path)}

    held: dict[str, set[int]] = defaultdict(set)
    own = [m for m in Membership.objects.filter(user=user) if valid(m)]
    for membership in own:
        for permission in ROLE_PERMISSIONS[membership.role_group.role]:
            held[permission] |= reached(membership)
    mine = {permission: set(on) for permission, on in held.items()}
    lent: Lent = defaultdict(lambda: defaultdict(set))
    for substitution in Substitution.objects.filter(substitute=user):
        if not valid(substitution):
            continue
        for membership in Membership.objects.filter(user=substitution.absent):
            if valid(membership):
                for permission in ROLE_PERMISSIONS[membership.role_group.role] & SUBSTITUTED[substitution.scope]:
                    held[permission] |= reached(membership)
                    for unit_id in reached(membership) - mine.get(permission, set()):
                        lent[permission][unit_id].add(substitution.absent_id)
    return dict(held), lent, max((m.clearance for m in own), default=0), {m.role_group.group_id for m in own}


@pytest.mark.parametrize("seed", range(6))
def test_access_is_what_the_rules_say_in_a_random_town(seed: int) -> None:
    dice, today = random.Random(seed), make.today()
    nodes = [units.add(SYSTEM, parent=None, kind="body", symbol="R", name="Miasto")]
    for number in range(8):
        nodes.append(
            units.add(
                SYSTEM,
                parent=dice.choice(nodes),
                kind=dice.choice(["body", "cell"]),
                symbol=f"J{number}",
                name=f"Jednostka {number}",
            )
        )
    people = [make.staff() for _ in range(5)]
    for _ in range(22):
        start = today + dt.timedelta(days=dice.randint(-3, 1))
        end = dice.choice([None, today, today + dt.timedelta(days=1), max(start, today - dt.timedelta(days=1))])
        fits = end is None or end >= start
        person, unit, role = dice.choice(people), dice.choice(nodes), dice.choice(Role.values)
        subtree, clearance = dice.random() < 0.4, dice.randint(0, 3)
        same = Membership.objects.filter(
            user=person, role_group__unit=unit, role_group__role=role, role_group__subtree=subtree
        )
        if fits and not same.exists():
            memberships.start(
                SYSTEM,
                user=person,
                unit=unit,
                role=role,
                subtree=subtree,
                valid_from=start,
                valid_until=end,
                clearance=clearance,
            )
    for _ in range(8):
        absent, substitute = dice.sample(people, 2)
        first = today + dt.timedelta(days=dice.randint(-2, 1))
        Substitution.objects.create(
            absent=absent,
            substitute=substitute,
            scope=dice.choice(Substitution.Scope.values),
            valid_from=first,
            valid_until=first + dt.timedelta(days=dice.randint(0, 2)),
        )
    leaves = [node for node in Unit.objects.all() if node.depth > 1]
    for _ in range(3):  # the tree changes after the roles were given
        leaf, target = dice.choice(leaves), dice.choice(leaves)
        leaf.refresh_from_db()
        target.refresh_from_db()
        if not target.path.startswith(leaf.path):
            units.move(SYSTEM, unit=leaf, parent=target)
    for _ in range(2):
        over = dice.choice(list(Membership.objects.current_or_future()))
        memberships.end(SYSTEM, membership=over)
    seen_something = False
    for person in people:
        held, lent, clearance, groups = expected(person, today)
        access = access_of(User.objects.get(pk=person.pk))
        assert {p: set(on) for p, on in access.units.items()} == held
        assert {p: {u: set(by) for u, by in on.items()} for p, on in access.lent.items() if on} == lent
        assert access.clearance == clearance
        assert access.group_ids == groups
        seen_something = seen_something or bool(held)
    assert seen_something


def test_access_takes_two_queries_however_much_there_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    town = make.town(schools=5)
    person = make.member(town["UM"], Role.HEAD, subtree=True)
    for school in ("SP-1", "SP-2", "SP-3"):
        make.join(town[school], Role.CLERK, person)
    user = User.objects.get(pk=person.pk)
    chiefs = [make.member(unit, Role.HEAD, subtree=True) for unit in town.values()]
    for chief in chiefs:
        Substitution.objects.create(absent=chief, substitute=person, valid_from=make.today(), valid_until=make.today())
    with django_assert_num_queries(2):
        access = access_of(user)
    assert access.acting_for.keys() == {chief.pk for chief in chiefs}
    assert access.units["approve"] == {unit.pk for unit in town.values()}
    citizen = User.objects.get(pk=make.citizen().user_id)
    with django_assert_num_queries(3):
        assert access_of(citizen).assurance == Assurance.ACCOUNT


def test_a_superuser_without_memberships_sees_nothing() -> None:
    make.town()
    access = access_of(User.objects.create_superuser("root@example.org", make.PASSWORD))
    assert not access.units and not access.group_ids and not access.is_system


def test_guests_and_disabled_accounts_have_nothing() -> None:
    town = make.town()
    person = make.member(town["OR"], Role.HEAD)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert access_of(User.objects.get(pk=person.pk)) is GUEST
    assert access_of(AnonymousUser()) is GUEST


def test_a_substitute_takes_over_the_scope_but_not_the_clearance_or_the_people() -> None:
    town, today = make.town(), make.today()
    chief = make.member(town["OR"], Role.HEAD, clearance=3)
    make.join(town["OR"], Role.UNIT_ADMIN, chief)
    deputy = make.member(town["FN"], Role.CLERK)
    third = make.member(town["FN"], Role.CLERK)
    for absent, substitute, scope in ((chief, deputy, "signing"), (deputy, third, "all")):
        Substitution.objects.create(
            absent=absent, substitute=substitute, scope=scope, valid_from=today, valid_until=today
        )
    access = access_of(deputy)
    assert town["OR"].pk in access.units["sign"]
    assert "approve" not in access.units and "manage_unit" not in access.units
    assert access.clearance == 0
    access.require("sign", town["OR"])
    assert access.on_behalf_of_id == chief.pk
    access.require("handle_cases", town["FN"])
    assert access.on_behalf_of_id is None, "an own right is used in one's own name"
    assert "sign" not in access_of(third).units, "a substitution does not pass on a substitution"


def test_of_several_absent_people_the_one_whose_desk_is_open_lends_the_right() -> None:
    town, today = make.town(), make.today()
    first, second = make.member(town["OR"], Role.HEAD), make.member(town["OR"], Role.HEAD)
    deputy = make.member(town["OR"], Role.CLERK)
    for absent in (first, second):
        Substitution.objects.create(absent=absent, substitute=deputy, valid_from=today, valid_until=today)
    access = access_of(deputy)
    assert access.lender("handle_cases", town["OR"]) is None
    assert access.lender("approve", town["OR"]) == first.pk
    assert access.in_place_of(second.pk).lender("approve", town["OR"]) == second.pk
    assert access.in_place_of(second.pk).lender("approve", town["OR"], but_not={second.pk}) == first.pk
    with pytest.raises(NotAllowed):
        access.lender("approve", town["OR"], but_not={first.pk, second.pk})
    assert access.in_place_of(12345) is access and access.in_place_of(None) is access
    access.require_any(("approve", "handle_cases"), town["OR"])
    assert access.on_behalf_of_id is None
    assert access.own_units("approve") == frozenset() and access.own_units("handle_cases") == {town["OR"].pk}


def test_an_earlier_time_is_allowed_by_an_own_right_and_changes_not_by_whose_right_the_deed_is_done() -> None:
    town, today = make.town(), make.today()
    chief, deputy = make.member(town["OR"], Role.HEAD), make.member(town["OR"], Role.COORDINATOR)
    Substitution.objects.create(absent=chief, substitute=deputy, valid_from=today, valid_until=today)
    access = access_of(deputy)
    access.require("sign", town["OR"])
    access.moment(dt.datetime(2026, 1, 2, tzinfo=dt.UTC), town["OR"])
    assert access.on_behalf_of_id == chief.pk


def test_guardian_is_spoken_to_in_one_place() -> None:
    root = Path(__file__).resolve().parents[3]
    found = subprocess.run(
        [
            "grep",
            "-rlE",
            r"^\s*(from|import) guardian",
            "--include=*.py",
            "site",
            "documents",
            "workflow",
            "cms_pages",
            "search",
            "theme",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    allowed = {"site/people/access.py", "site/people/models.py"}
    assert allowed <= set(found)
    assert {
        path
        for path in found
        if path not in allowed and "/migrations/" not in path and not path.startswith("documents/models/")
    } == set()
