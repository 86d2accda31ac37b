"""The tracking code is the party's: with it and what stands in the filing staff could open the case as its party."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from documents.filing import Sender
from documents.models import Case, Letter, Party
from documents.printing import letter_context
from documents.services import cases
from journal import follow, jobs, seal
from people.access import GUEST, SYSTEM
from people.models import User
from people.services import tokens
from search import find, sources
from tests.factories import documents as filings
from tests.factories.workflow import Office
from workflow import intake
from workflow.services import assignment

pytestmark = pytest.mark.django_db


def filed(town: Office, *, register: bool) -> Case:
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    if register:
        assignment.assign(town.access("head"), case=case, to_user=town.clerk)
        assignment.register_case(town.access("clerk"), case=case)
    for _turn in range(2):
        jobs.run_waiting()
        seal.seal_round()
        follow.run_until_idle("search")
    return Case.objects.get(pk=case.pk)


def pages(case: Case) -> Iterator[str]:
    letter = case.letters.get()
    yield reverse("desk:inbox")
    yield reverse("desk:inbox") + "?tab=do-dekretacji"
    yield reverse("desk:case", args=[case.pk])
    yield reverse("case_metryka", args=[case.pk])
    yield reverse("cases:index")
    yield reverse("incoming_letters:index")
    yield reverse("incoming_letters:inspect", args=[letter.pk])
    yield "/admin/szukaj/?q=" + letter.subject.replace(" ", "+")


@pytest.mark.parametrize("register", [False, True])
@pytest.mark.parametrize("who", ["head", "clerk", "registry"])
def test_no_page_of_staff_shows_it(town: Office, client: Client, who: str, register: bool) -> None:
    case = filed(town, register=register)
    client.force_login(getattr(town, who))
    read = 0
    for url in pages(case):
        answer = client.get(url)
        assert answer.status_code in (200, 302, 404), url
        read += answer.status_code == 200
        assert case.tracking_code not in answer.content.decode(), url
    assert read >= 3


def test_nobody_of_staff_finds_a_case_by_it(town: Office, client: Client) -> None:
    case = filed(town, register=False)
    assert find.staff(town.access("head"), case.title).hits, "the index knows the case"
    assert not find.staff(town.access("head"), case.tracking_code).hits
    assert not any(case.tracking_code in str(dataclasses.asdict(one)) for one in sources.of_case(case.pk))
    client.force_login(town.head)
    assert case.title in client.get(reverse("cases:index"), {"q": case.title}).content.decode()
    assert case.title not in client.get(reverse("cases:index"), {"q": case.tracking_code}).content.decode()


def token(user: User) -> dict[str, str]:
    _token, plaintext = tokens.create(SYSTEM, user=user, name="test")
    return {"Authorization": f"Bearer {plaintext}"}


@pytest.mark.parametrize(
    ("path", "who"), [("letters/incoming", "head"), ("cases", "head"), ("search?q=wniosek", "head"), ("tasks", "clerk")]
)
def test_the_api_of_staff_does_not_tell_it(town: Office, client: Client, path: str, who: str) -> None:
    case = filed(town, register=True)
    answer = client.get(f"/api/v1/{path}", headers=token(getattr(town, who)))
    assert answer.status_code == 200 and case.title.removeprefix("Wniosek ") in str(
        answer.json()
    )  # found words are marked
    assert case.tracking_code not in answer.content.decode()


def test_a_letter_of_an_unregistered_case_has_no_mark(town: Office) -> None:
    case = filed(town, register=False)
    to = Party(name="Ola Przykładowa", town="Jastrzębie-Zdrój")
    html = "<p>Dotyczy: [[znak sprawy]]</p>"
    letter = Letter(case=case, unit=case.unit, body=case.body, correspondent=to, content={"html": html}, subject="x")
    with translation.override("pl"):
        context = letter_context(letter)
        assert case.tracking_code not in context["body_html"] and "bez znaku" in context["body_html"]


def test_the_case_is_called_by_its_reference_and_never_by_the_code(town: Office) -> None:
    case = filed(town, register=False)
    with translation.override("pl"):
        assert str(case) == f"bez znaku ({case.pk})"
    case.reference = "OR.5345.1.2026"
    assert str(case) == "OR.5345.1.2026"


@pytest.mark.parametrize("language", ["pl", "en", "uk"])
def test_what_a_filing_does_not_say_is_polish_in_the_register(town: Office, language: str) -> None:
    with translation.override(language):
        assert cases.no_data() == "brak danych"
        taken = intake.receive(GUEST, filings.filing(town.unit, sender=Sender(name=" ")))
        assert translation.get_language() == language, "who files goes on in their own language"
    assert [party.name for party in taken.case.parties.all()] == ["brak danych"]
