"""The account's pages: whose days run in a case, what waits, what was begun; nobody else's things."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from cms_pages.mine.area import countdown
from documents.models import Case
from journal.clock import db_now, warsaw_day
from people.models import Citizen
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in
from workflow import states
from workflow.models import SupplementRequest
from workflow.services import supplements

pytestmark = pytest.mark.django_db


def test_the_list_says_how_many_days_the_office_has(case: Case, citizen: Citizen) -> None:
    Case.objects.filter(pk=case.pk).update(due_on=warsaw_day(db_now()) + dt.timedelta(days=5))
    page = signed_in(citizen.user).get(reverse("cms_pages:my_cases")).content.decode()
    assert case.title in page
    assert "ob-deadline--ok" in page


@pytest.mark.parametrize(("days", "tone"), [(-2, "overdue"), (0, "soon"), (3, "soon"), (6, "ok")])
def test_when_the_office_waits_the_partys_days_run(town: Office, case: Case, days: int, tone: str) -> None:
    call = supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )
    today = warsaw_day(db_now())
    assert countdown(case, states.case_state(case), call, today) is None  # not delivered: no day yet
    SupplementRequest.objects.filter(pk=call.pk).update(due_on=today + dt.timedelta(days=days))
    call.refresh_from_db()
    found = countdown(case, states.case_state(case), call, today)
    assert found is not None
    assert (found.tone, found.day) == (tone, call.due_on)


def test_a_settled_case_counts_nothing(case: Case) -> None:
    case.closed_at = db_now()
    assert countdown(case, states.case_state(case), None, warsaw_day(db_now())) is None


@pytest.mark.parametrize("name", ["my_letters", "my_drafts", "my_settings"])
def test_the_pages_are_there_for_who_is_signed_in(name: str, case: Case, citizen: Citizen) -> None:
    address = reverse(f"cms_pages:{name}")
    assert signed_in(citizen.user).get(address).status_code == 200
    assert signed_in(citizen.user).get(address + "?przed=abc").status_code == 200


def test_nobody_sees_anothers_case(case: Case) -> None:
    other = signed_in(people.citizen().user)
    assert case.title not in other.get(reverse("cms_pages:my_cases")).content.decode()
