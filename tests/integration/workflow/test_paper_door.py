"""The paper door: a letter finds its case, and scans outlive an error in the form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.models import Case, Letter
from people.access import GUEST
from people.models import Role
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.workflow.test_answers import called
from workflow import held, intake

pytestmark = pytest.mark.django_db
PAPER = "/admin/biurko/nowe-pismo/"


@pytest.fixture
def registry(client: Client, town: Office) -> Client:
    client.force_login(town.registry)
    return client


def typed(town: Office, **other: Any) -> dict[str, Any]:
    return {"unit": town.unit.pk, "service": "pismo-ogolne", "subject": "Pismo z poczty", "sender_name": "Jan Testowy",
            "sender_kind": "person", "channel": "paper", "key": "k1", "joins": "", "joined": "", **other}  # fmt: skip


def scan(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, f"Skan {name}".encode(), "text/plain")


def test_an_answer_on_paper_goes_into_its_case_and_ends_the_call(registry: Client, town: Office) -> None:
    call = called(town)
    sent = typed(town, joins=call.letter.register_number)
    shown = registry.post(PAPER, sent)
    said = shown.content.decode()
    assert shown.status_code == 422 and "wezwanie" in said and call.case.title in said
    assert Letter.objects.filter(case=call.case, direction="in").count() == 1, "first it is shown"
    done = registry.post(PAPER, {**sent, "joined": str(call.case_id), "files": scan("odp.txt")})
    assert done.status_code == 302, done.context["form"].errors
    call.refresh_from_db()
    assert call.answer_letter is not None and call.answer_letter.attachment_count == 1
    assert Case.objects.count() == 1


@pytest.mark.parametrize("by", ["tracking_code", "reference", "register_number"])
def test_a_further_letter_goes_into_the_case_by_any_of_its_names(registry: Client, town: Office, by: str) -> None:
    case = intake.receive(GUEST, filings.filing(town.unit)).case
    Case.objects.filter(pk=case.pk).update(reference="OR.5343.7.2026")
    name = {"tracking_code": case.tracking_code.lower(), "reference": "or.5343.7.2026",
            "register_number": case.letters.get().register_number}[by]  # fmt: skip
    sent = typed(town, joins=name, joined=str(case.pk))
    assert registry.post(PAPER, sent).status_code == 302
    assert case.letters.count() == 2 and Case.objects.count() == 1


def test_a_case_of_another_unit_is_not_found_and_another_than_shown_not_joined(client: Client, town: Office) -> None:
    registry = client
    registry.force_login(people.member(town.unit, Role.REGISTRY))
    foreign = intake.receive(GUEST, filings.filing(town.units["SP-1"])).case
    answer = registry.post(PAPER, typed(town, joins=foreign.tracking_code, joined=str(foreign.pk)))
    assert answer.status_code == 422 and "Nie ma takiej sprawy" in answer.content.decode()
    assert foreign.title not in answer.content.decode()
    mine = intake.receive(GUEST, filings.filing(town.unit)).case
    assert registry.post(PAPER, typed(town, joins=mine.tracking_code, joined="999")).status_code == 422
    assert mine.letters.count() == 1


def test_scans_outlive_an_error_and_can_be_left_out(registry: Client, town: Office) -> None:
    wrong = registry.post(PAPER, typed(town, postcode="44330", files=[scan("a.txt"), scan("b.txt")]))
    said = wrong.content.decode()
    assert wrong.status_code == 422 and "a.txt" in said and "b.txt" in said
    list_ = re.search(r'name="held" value="([^"]+)"', said)
    first = wrong.context["scans"][0]
    assert list_ is not None
    done = registry.post(PAPER, typed(town, postcode="44-330", held=list_[1], drop=[first.blob_sha256]))
    assert done.status_code == 302
    letter = Letter.objects.get()
    names = {d.title for d in letter.documents.filter(kind="scan")}
    assert names == {"b.txt"} and letter.attachment_count == 1


def test_the_list_of_scans_opens_nobody_elses_files(town: Office) -> None:
    stolen = held.seal(town.registry.pk, [])
    assert held.unseal(town.clerk.pk, stolen) == [] and held.unseal(town.registry.pk, stolen + "x") == []


def test_too_many_scans_are_refused_by_name(registry: Client, town: Office) -> None:
    answer = registry.post(PAPER, typed(town, files=[scan(f"{n}.txt") for n in range(21)]))
    said = answer.content.decode()
    assert answer.status_code == 422 and "20.txt" in said and len(answer.context["scans"]) == 20
