"""Access has two renderings, in the database and in the index; both must give the same set for everybody, always.

A town is generated; then people are moved, memberships ended, cases sealed and shared *after* indexing (the follower
hears of the last two), and for each person the visible cases, letters and documents of both renderings are compared.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest

from documents.models import Case, Document, Letter
from documents.services import cases
from journal import seal
from journal.models import Entry
from people.access import SYSTEM, Access, access_of
from people.models import Membership, Role, Substitution, Unit, User
from people.services import memberships, substitutions
from search import find, sync
from search.acl import Filter, filter_of
from search.backends.base import Backend
from search.query import parse
from tests.factories import documents as filings
from tests.factories import people

pytestmark = pytest.mark.django_db

Scope = Substitution.Scope
KINDS = {"case": Case, "letter": Letter, "document": Document}


def seen_in_database(access: Access) -> set[str]:
    return {
        f"{kind}:{pk}"
        for kind, model in KINDS.items()
        for pk in model.objects.visible_to(access).values_list("pk", flat=True)
    }


def in_index(backend: Backend, who: Filter) -> set[str]:
    found: set[str] = set()
    after = ""
    while True:
        # Every thing of the town carries a day, so that an open date finds all there is.
        page = backend.search(parse("od:2000-01-01"), who, kinds=tuple(KINDS), after=after, size=200)
        found |= {hit.key for hit in page.hits}
        after = page.following
        if not after:
            return found


def hear(backend: Backend) -> None:
    seal.seal_round()
    sync.Search(backend).handle(list(Entry.objects.sealed_after(0)))


def generated_town(seed: int, backend: Backend) -> tuple[random.Random, dict[str, Unit], list[User]]:
    chance = random.Random(seed)
    units = people.town(3)
    spread = list(units.values())
    staff = [people.staff() for _n in range(8)]
    positions = [(unit, role) for unit in spread for role in (Role.CLERK, Role.HEAD, Role.REGISTRY, Role.AUDITOR)]
    for user in staff:
        for unit, role in chance.sample(positions, k=chance.randint(0, 3)):
            people.join(unit, role, user, subtree=chance.random() < 0.3, clearance=chance.choice([0, 0, 1]))
    for number in range(14):
        case, _letter, _receipt = filings.file(chance.choice(spread))
        if number % 4 == 0:
            Case.objects.filter(pk=case.pk).update(clearance=chance.choice([0, 1, 2]))
    sync.reindex(backend)
    return chance, units, staff


def change_everything(chance: random.Random, units: dict[str, Unit], staff: list[User]) -> None:
    for membership in chance.sample(list(Membership.objects.all()), k=min(3, Membership.objects.count())):
        yesterday = people.today() - dt.timedelta(days=1)
        Membership.objects.filter(pk=membership.pk).update(valid_from=yesterday, valid_until=yesterday)
    newcomer = people.member(chance.choice(list(units.values())), Role.CLERK)
    staff.append(newcomer)
    for case in chance.sample(list(Case.objects.all()), k=4):
        cases.seal(SYSTEM, case=case, readers=chance.sample(staff, k=2), reason="dane wrażliwe")
    for case in chance.sample(list(Case.objects.filter(sealed=False)), k=3):
        cases.share(SYSTEM, case=case, reader=chance.choice(staff), reason="do wiadomości")
    # Both must work in one body for one to stand in for the other.
    for user in staff[:6]:
        memberships.start(SYSTEM, user=user, unit=units["UM"], role=Role.EDITOR)
    for absent, substitute, scope in zip(staff[:3], staff[3:6], chance.sample(Scope.values, k=3), strict=True):
        substitutions.plan(
            SYSTEM,
            absent=absent,
            substitute=substitute,
            valid_from=people.today(),
            valid_until=people.today(),
            scope=scope,
            reason="urlop",
        )


@pytest.mark.parametrize("seed", range(4))
def test_both_renderings_agree_for_everybody(backend: Backend, seed: int) -> None:
    chance, units, staff = generated_town(seed, backend)
    change_everything(chance, units, staff)
    hear(backend)
    seen_something = False
    for user in staff:
        access = access_of(user)
        expected = seen_in_database(access)
        assert in_index(backend, filter_of(access)) == expected, user
        seen_something |= bool(expected)
    assert seen_something
    assert in_index(backend, filter_of(SYSTEM)) == seen_in_database(SYSTEM)


def _broken(clause: str, access: Access) -> Filter:
    whole = filter_of(access)
    match clause:
        case "units":
            return Filter(frozenset(), whole.readers, whole.clearance)
        case "lent":
            own = replace(access, units={permission: access.own_units(permission) for permission in access.units})
            return filter_of(own)
        case "shares":
            return Filter(whole.scopes, frozenset(), whole.clearance)
        case _:
            return Filter(whole.scopes, whole.readers, 99)


@pytest.mark.parametrize("clause", ["units", "lent", "shares", "clearance"])
def test_dropping_any_clause_of_the_filter_is_noticed(backend: Backend, clause: str) -> None:
    units = people.town()
    reader = people.member(units["OR"], Role.CLERK)
    filings.file(units["OR"])
    secret, _letter, _receipt = filings.file(units["OR"])
    Case.objects.filter(pk=secret.pk).update(clearance=1)
    other, _letter, _receipt = filings.file(units["SP-1"])
    cases.share(SYSTEM, case=other, reader=reader, reason="do wiadomości")
    absent = people.member(units["FN"], Role.HEAD)
    substitutions.plan(
        SYSTEM, absent=absent, substitute=reader, valid_from=people.today(), valid_until=people.today()
    )  # fmt: skip
    filings.file(units["FN"])
    sync.reindex(backend)
    access = access_of(reader)
    assert in_index(backend, filter_of(access)) == seen_in_database(access)
    assert in_index(backend, _broken(clause, access)) != seen_in_database(access)


def test_people_who_move_cause_no_reindexing_and_lose_sight_at_once(backend: Backend) -> None:
    units = people.town()
    clerk = people.member(units["OR"], Role.CLERK)
    filings.file(units["OR"], subject="Zaświadczenie o dochodach")
    sync.reindex(backend)
    assert find.staff(access_of(clerk), "zaświadczenia").hits
    membership = Membership.objects.get(user=clerk)
    yesterday = people.today() - dt.timedelta(days=1)
    Membership.objects.filter(pk=membership.pk).update(valid_from=yesterday, valid_until=yesterday)
    results = find.staff(access_of(clerk), "zaświadczenia")
    assert not results.hits and results.total == 0 and not results.facets["unit"]


def test_a_secret_of_one_unit_leaks_to_no_other_in_counts_facets_or_suggestions(backend: Backend) -> None:
    units = people.town()
    filings.file(units["SP-1"], subject="Tajemniczy krokodyl w szkole")
    stranger = people.actor(units["OR"], Role.CLERK)
    owner = people.actor(units["SP-1"], Role.CLERK)
    sync.reindex(backend)
    results = find.staff(stranger, "krokodyle")
    assert results.total == 0 and not any(results.facets.values()) and find.suggest(stranger, "krokod") == []
    assert find.staff(owner, "krokodyle").hits and find.suggest(owner, "krokod")


def test_a_share_taken_back_is_gone_before_the_index_hears_of_it(backend: Backend) -> None:
    units = people.town()
    case, _letter, _receipt = filings.file(units["SP-1"], subject="Wniosek o legitymację")
    reader = people.member(units["OR"], Role.CLERK)
    cases.share(SYSTEM, case=case, reader=reader, reason="do wiadomości")
    hear(backend)
    assert [hit.kind for hit in find.staff(access_of(reader), "legitymacja").hits]
    cases.unshare(SYSTEM, case=case, reader=reader)
    assert not find.staff(access_of(reader), "legitymacja").hits
