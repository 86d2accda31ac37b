"""An answer that is sent twice by the same form is one answer, and both get the confirmation."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from documents.models import Case, Letter
from people.access import access_of
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.services import assignment, supplements


def called(town: Office) -> tuple[Case, Client]:
    citizen = people.citizen()
    filing = filings.filing(town.unit, service_code="udostepnienie-danych", owner_id=citizen.user_id)
    case = intake.receive(access_of(citizen.user), filing).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )
    client = Client()
    client.force_login(citizen.user, backend="django.contrib.auth.backends.ModelBackend")
    return case, client


def check(case: Case) -> None:
    assert Letter.objects.filter(case=case, kind="supplement").count() == 1
    assert case.supplement_requests.get().answered_at is not None


@pytest.mark.django_db
def test_the_second_post_gets_the_same_confirmation(town: Office) -> None:
    case, client = called(town)
    for _time in range(2):
        answer = client.post(reverse("cms_pages:answer", args=[case.pk]), {"key": "k1", "s1": "123/4"}, follow=True)
        assert "dotarła do urzędu" in answer.content.decode()
    check(case)


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_once_get_the_same_confirmation(town: Office) -> None:
    case, client = called(town)
    codes: list[int] = []

    def send() -> None:
        own = Client()
        own.cookies = client.cookies
        try:
            answer = own.post(reverse("cms_pages:answer", args=[case.pk]), {"key": "k1", "s1": "123/4"})
            codes.append(answer.status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _time in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [302, 302]
    check(case)
