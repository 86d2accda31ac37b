"""Numbers are gapless and unique, whoever asks at once and whatever is rolled back."""

from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from documents import numbering
from documents.models import Counter, Letter
from documents.services import cases
from journal.errors import Conflict, Refused
from people.access import SYSTEM
from people.models import Role
from tests.factories import documents as make
from tests.factories import people


class Undone(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_gapless_under_sixteen_threads_with_rollbacks() -> None:
    def take(seed: int) -> list[int]:
        chance, kept = random.Random(seed), []
        try:
            for _n in range(25):
                try:
                    with transaction.atomic():
                        value = numbering.next_value("test")
                        if chance.random() < 0.3:
                            raise Undone
                    kept.append(value)
                except Undone:
                    pass
        finally:
            connection.close()
        return kept

    with ThreadPoolExecutor(16) as pool:
        values = sorted(v for kept in pool.map(take, range(16)) for v in kept)
    assert values == list(range(1, len(values) + 1))
    assert 200 < len(values) < 400
    assert Counter.objects.get(pk="test").value == len(values)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_only_inside_a_transaction() -> None:
    with pytest.raises(TransactionManagementError):
        numbering.next_value("test")


@pytest.mark.django_db
def test_case_reference_by_unit_class_and_year() -> None:
    town = people.town(schools=1)
    make.plan_of(town["UM"])
    make.plan_of(town["SP-1"])
    year = people.today().year
    made = [make.file(town[symbol])[0] for symbol in ("OR", "OR", "FN", "SP-1")]
    references = [cases.register(SYSTEM, case=case, class_symbol="5343").reference for case in made]
    other = cases.register(SYSTEM, case=make.file(town["OR"])[0], class_symbol="5345").reference
    assert references == [f"OR.5343.1.{year}", f"OR.5343.2.{year}", f"FN.5343.1.{year}", f"SP-1.5343.1.{year}"]
    assert other == f"OR.5345.1.{year}"
    assert all(re.fullmatch(numbering.CASE_REFERENCE, reference) for reference in references)
    assert list(Letter.objects.filter(body=town["UM"]).order_by("id").values_list("register_number", flat=True)) == [
        f"RPW/{n}/{year}" for n in (1, 2, 3, 4)]
    assert Letter.objects.get(body=town["SP-1"]).register_number == f"RPW/1/{year}"


@pytest.mark.django_db
def test_a_case_is_registered_once_in_an_end_class_of_its_own_body() -> None:
    town = people.town(schools=1)
    make.plan_of(town["UM"])
    case = make.file(town["OR"])[0]
    with pytest.raises(Refused, match="534"):
        cases.register(SYSTEM, case=case, class_symbol="534")
    with pytest.raises(Refused):
        cases.register(SYSTEM, case=make.file(town["SP-1"])[0], class_symbol="5343")
    cases.register(SYSTEM, case=case, class_symbol="5343")
    with pytest.raises(Conflict, match="OR"):
        cases.register(SYSTEM, case=case, class_symbol="5345")


@pytest.mark.django_db
def test_the_database_refuses_to_renumber() -> None:
    town = people.town(schools=0)
    make.plan_of(town["UM"])
    case, letter, _receipt = make.file(town["OR"])
    case = cases.register(SYSTEM, case=case, class_symbol="5343")
    for row, field, value in ((case, "number", 99), (letter, "register_number", "RPW/99/2026")):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**{field: value})
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Counter.objects.update(value=1)


@pytest.mark.django_db
def test_a_crossed_case_keeps_its_number() -> None:
    town = people.town(schools=0)
    make.plan_of(town["UM"])
    clerk = people.actor(town["OR"], Role.CLERK)
    first = cases.register(clerk, case=make.file(town["OR"])[0], class_symbol="5343")
    cases.cross(clerk, case=first, reason="założona przez pomyłkę")
    second = cases.register(clerk, case=make.file(town["OR"])[0], class_symbol="5343")
    assert (first.number, second.number) == (1, 2)
