"""Who sees which case, letter and document: units, clearance, shares, seals."""

from __future__ import annotations

from typing import Any

import pytest

from documents.models import Case, Document, Letter, Receipt
from documents.services import cases
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from people.access import SYSTEM, access_of
from people.models import Role, User
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> dict[str, Any]:
    return people.town(schools=1)


@pytest.fixture
def case(town: dict[str, Any]) -> Case:
    return make.file(town["OR"])[0]


def sees(user: User, case: Case) -> tuple[bool, bool, bool, bool]:
    """Case, letter, document, receipt."""
    access = access_of(user)
    return (Case.objects.visible_to(access).filter(pk=case.pk).exists(),
            Letter.objects.visible_to(access).filter(case=case).exists(),
            Document.objects.visible_to(access).filter(case=case).exists(),
            Receipt.objects.visible_to(access).filter(case=case).exists())


ALL, NOTHING = (True,) * 4, (False,) * 4


def test_own_unit_and_no_other(case: Case, town: dict[str, Any]) -> None:
    assert sees(people.member(town["OR"], Role.CLERK), case) == ALL
    assert sees(people.member(town["OR"], Role.REGISTRY), case) == (False, True, True, True)
    for unit, role in (("FN", Role.CLERK), ("SP-1", Role.HEAD), ("UM", Role.HEAD), ("OR", Role.EDITOR)):
        assert sees(people.member(town[unit], role), case) == NOTHING, (unit, role)
    assert sees(people.member(town["UM"], Role.AUDITOR, subtree=True), case) == ALL
    assert sees(people.citizen().user, case) == NOTHING


def test_a_share_opens_one_case(case: Case, town: dict[str, Any]) -> None:
    other = make.file(town["OR"])[0]
    reader = people.member(town["FN"], Role.CLERK)
    head = people.actor(town["OR"], Role.HEAD)
    cases.share(head, case=case, reader=reader, reason="współpraca")
    assert sees(reader, case) == ALL and sees(reader, other) == NOTHING
    with pytest.raises(Conflict):
        cases.share(head, case=case, reader=reader)
    cases.unshare(head, case=case, reader=reader)
    assert sees(reader, case) == NOTHING


def test_a_seal_closes_it_to_all_but_its_readers(case: Case, town: dict[str, Any]) -> None:
    clerk, auditor = people.member(town["OR"], Role.CLERK), people.member(town["UM"], Role.AUDITOR, subtree=True)
    head, reader = people.member(town["OR"], Role.HEAD), people.member(town["FN"], Role.CLERK)
    registry = people.member(town["OR"], Role.REGISTRY)
    with pytest.raises(NotAllowed):
        cases.seal(access_of(clerk), case=case, readers=[], reason="x")
    with pytest.raises(Refused):
        cases.seal(access_of(head), case=case, readers=[], reason=" ")
    cases.seal(access_of(head), case=case, readers=[reader], reason="dotyczy pracownika")
    assert [sees(user, case) for user in (clerk, auditor, registry)] == [NOTHING] * 3
    assert sees(head, case) == ALL and sees(reader, case) == ALL
    with pytest.raises(NotFound):
        cases.register(access_of(clerk), case=case, class_symbol="5343")
    cases.unshare(access_of(head), case=case, reader=reader)
    with pytest.raises(Refused):
        cases.unshare(access_of(head), case=case, reader=head)
    cases.unseal(access_of(head), case=case, reason="sprawa jawna")
    assert sees(clerk, case) == ALL and sees(reader, case) == NOTHING


def test_clearance(town: dict[str, Any]) -> None:
    case = cases.open(SYSTEM, unit=town["OR"], title="Obrona cywilna", clearance=2)
    low, high = people.member(town["OR"], Role.CLERK), people.member(town["OR"], Role.CLERK, clearance=2)
    assert not Case.objects.visible_to(access_of(low)).exists()
    assert Case.objects.visible_to(access_of(high)).get() == case


def test_who_may_open_a_case(town: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        cases.open(people.actor(town["FN"], Role.CLERK), unit=town["OR"], title="x")
    with pytest.raises(NotAllowed):
        cases.open(access_of(people.citizen().user), unit=town["OR"], title="x", owner_id=people.citizen().user.pk)
    assert cases.open(people.actor(town["OR"], Role.REGISTRY), unit=town["OR"], title="x").unit == town["OR"]


def test_reading_is_not_handling(case: Case, town: dict[str, Any]) -> None:
    auditor = people.actor(town["OR"], Role.AUDITOR)
    make.plan_of(town["UM"])
    with pytest.raises(NotAllowed):
        cases.register(auditor, case=case, class_symbol="5343")
    with pytest.raises(NotFound):
        cases.register(people.actor(town["FN"], Role.HEAD), case=case, class_symbol="5343")
