"""Deadlines in a calendar: by a secret address that is kept hashed, says no names, and can be revoked."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cms_pages.mine import calendar
from cms_pages.models import CalendarFeed
from documents.models import Case
from journal.errors import NotAllowed
from journal.models import Entry
from people.access import access_of
from people.models import Citizen
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in

pytestmark = pytest.mark.django_db


def address(token: str) -> str:
    return reverse("cms_pages:calendar_feed", args=[token])


def test_the_calendar_says_the_days_and_no_names(case: Case, citizen: Citizen) -> None:
    Case.objects.filter(pk=case.pk).update(due_on=dt.date(2030, 2, 1))
    token = calendar.make(access_of(citizen.user), user=citizen.user)
    answer = Client().get(address(token))
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20300201\r\n" in text
    assert str(case.reference) in text.replace("\r\n ", "")
    assert case.title not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert token not in str(list(CalendarFeed.objects.values()))


def test_a_new_address_ends_the_old_one_and_a_revoked_one_opens_nothing(case: Case, citizen: Citizen) -> None:
    page = signed_in(citizen.user)
    first = calendar.make(access_of(citizen.user), user=citizen.user)
    shown = page.post(reverse("cms_pages:calendar"), {}).content.decode()
    assert "/moje-sprawy/kalendarz/" in shown
    assert Client().get(address(first)).status_code == 404
    second = calendar.make(access_of(citizen.user), user=citizen.user)
    assert page.post(reverse("cms_pages:calendar"), {"revoke": "1"}).status_code == 302
    assert Client().get(address(second)).status_code == 404
    made = Entry.objects.filter(action__startswith="calendar.").values_list("action", flat=True)
    assert sorted(made) == ["calendar.made"] * 3 + ["calendar.revoked"]


def test_only_the_owner_sets_it(citizen: Citizen) -> None:
    with pytest.raises(NotAllowed):
        calendar.make(access_of(people.citizen().user), user=citizen.user)


def test_staff_read_the_days_of_their_tasks_until_the_address_ends(case: Case, town: Office, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    Case.objects.filter(pk=case.pk).update(due_on=dt.date(2030, 2, 1))
    case.tasks.open().update(due_on=dt.date(2030, 2, 1))
    clerk = signed_in(town.clerk)
    page = clerk.post(reverse("staff_calendar"), {"make": "1"})
    secret = re.search(r"/moje-sprawy/kalendarz/[^\"]+\.ics", page.content.decode())
    assert secret is not None and "no-store" in page["Cache-Control"]
    text = Client().get(secret[0]).content.decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20300201" in text and str(case.reference) in text and case.title not in text
    assert secret[0] not in clerk.get(reverse("staff_calendar")).content.decode(), "shown once"
    clerk.post(reverse("staff_calendar"), {"revoke": "1"})
    assert Client().get(secret[0]).status_code == 404
