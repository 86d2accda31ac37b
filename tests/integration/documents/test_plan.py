"""A classification plan from a file, with every error named by its line."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from documents.services import plan
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from people.access import SYSTEM
from people.models import Role
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> dict[str, Any]:
    return people.town(schools=1)


def test_versions_follow_one_another(town: dict[str, Any]) -> None:
    office = town["UM"]
    make.plan_of(office, valid_from=dt.date(2011, 1, 1))
    newer = plan.import_csv(SYSTEM, body=office, data="symbol,hasło,kategoria\n5,Obywatele,B5\n".encode("cp1250"),
                            valid_from=dt.date(2026, 1, 1), source="zarządzenie 7/2025")
    assert newer.version == 2
    assert plan.end_class(office, "5343", dt.date(2025, 12, 31)).years == 10
    assert plan.end_class(office, "5", dt.date(2026, 1, 1)).heading == "Obywatele"
    with pytest.raises(NotFound):
        plan.end_class(office, "5343", dt.date(2026, 1, 1))
    with pytest.raises(NotFound):
        plan.end_class(office, "5", dt.date(2010, 12, 31))
    with pytest.raises(NotFound):
        plan.end_class(town["SP-1"], "5")
    with pytest.raises(Conflict):
        make.plan_of(office, valid_from=dt.date(2025, 1, 1))


def test_every_wrong_line_is_named() -> None:
    data = ("symbol;hasło;kategoria\n"
            "5;Sprawy;\n"
            "53;Ewidencja;B5\n"
            "534;Ludność;B10\n"  # below an end class
            "7a;Zły symbol;B5\n"
            "61;Bez klasy nad nią;B5\n"
            "5;Drugi raz;\n"
            "54;;B5\n"
            "55;Kategoria;Z9\n"
            "56;Kategoria;BE\n")
    with pytest.raises(plan.PlanRefused) as refusal:
        plan.read_csv(data.encode())
    assert [error.line for error in refusal.value.errors] == [4, 5, 6, 7, 8, 9, 10]
    assert "7a" in refusal.value.errors[1].message


@pytest.mark.parametrize("data", [b"", b"symbol;haslo;kategoria\n", b"a;b\n1;2\n", b"\x81\x8d\n\x90\n"])
def test_files_that_are_no_plan(data: bytes) -> None:
    with pytest.raises(plan.PlanRefused):
        plan.read_csv(data)


def test_only_the_records_coordinator_imports(town: dict[str, Any]) -> None:
    data, day = make.PLAN.encode(), dt.date(2011, 1, 1)
    with pytest.raises(NotAllowed):
        plan.import_csv(people.actor(town["UM"], Role.HEAD), body=town["UM"], data=data, valid_from=day, source="x")
    with pytest.raises(Refused):
        plan.import_csv(SYSTEM, body=town["OR"], data=data, valid_from=day, source="x")
    coordinator = people.actor(town["UM"], Role.COORDINATOR)
    assert plan.import_csv(coordinator, body=town["UM"], data=data, valid_from=day, source="x").classes.count() == 8
