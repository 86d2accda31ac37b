"""The desk's screens open for everybody who works at it, in every tab and state, and for nobody else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case
from people.access import GUEST
from people.models import Role
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.services import assignment, decisions

pytestmark = pytest.mark.django_db

TABS = ["moje", "jednostka", "do-dekretacji", "do-akceptacji", "do-podpisu", "do-wysylki", "po-terminie", "czekaja",
        "zalatwione", "nieznana"]  # fmt: skip


@pytest.fixture
def town() -> Office:
    made = office()
    for number in range(4):
        case = intake.receive(GUEST, filings.filing(made.unit, service_code="udostepnienie-danych")).case
        if number > 0:
            assignment.assign(made.access("head"), case=case, to_user=made.clerk, instruction="proszę o załatwienie")
        if number > 1:
            assignment.register_case(made.access("clerk"), case=case)
        if number > 2:
            letter = decisions.draft_letter(
                made.access("clerk"), case=case, kind="decision", subject="Decyzja", body="Orzekam."
            )
            decisions.send_for_approval(made.access("clerk"), letter=letter)
    return made


def signed_in(client: Client, town: Office, who: str) -> Client:
    client.force_login(getattr(town, who))
    return client


@pytest.mark.parametrize("who", ["head", "clerk", "registry"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens(client: Client, town: Office, who: str, tab: str) -> None:
    page = signed_in(client, town, who).get(reverse("desk:inbox"), {"tab": tab})
    assert page.status_code == 200


def test_the_clerk_finds_the_assigned_cases_on_the_desk(client: Client, town: Office) -> None:
    page = signed_in(client, town, "clerk").get(reverse("desk:inbox"), {"tab": "moje"}).content.decode()
    assert page.count("obieg-desk__case") == 3 and "proszę o załatwienie" in page


@pytest.mark.parametrize("who", ["head", "clerk"])
def test_a_case_opens_in_every_state(client: Client, town: Office, who: str) -> None:
    signed_in(client, town, who)
    for case in Case.objects.all():
        assert client.get(reverse("desk:case", args=[case.pk])).status_code == 200


def test_a_foreign_case_and_an_absent_one_are_the_same(client: Client, town: Office) -> None:
    stranger = people.member(town.units["SP-1"], Role.HEAD)
    client.force_login(stranger)
    foreign = client.get(reverse("desk:case", args=[Case.objects.order_by("pk")[0].pk]))
    absent = client.get(reverse("desk:case", args=[999_999]))
    assert foreign.status_code == absent.status_code == 404


def test_a_refused_deed_keeps_what_was_typed(client: Client, town: Office) -> None:
    case = Case.objects.order_by("-pk")[0]
    signed_in(client, town, "clerk")
    answer = client.post(
        reverse("desk:deed", args=[case.pk, "request_supplement"]),
        {"request_supplement-missing": "Mapa sytuacyjna", "request_supplement-days": "3"},
    )
    assert answer.status_code == 422
    assert "Mapa sytuacyjna" in answer.content.decode()


def test_the_head_assigns_on_the_case_page(client: Client, town: Office) -> None:
    case = Case.objects.order_by("pk")[0]
    answer = signed_in(client, town, "head").post(
        reverse("desk:deed", args=[case.pk, "assign"]),
        {"assign-to_user": town.clerk.pk, "assign-instruction": "pilne"},
        follow=True,
    )
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.handler == town.clerk
