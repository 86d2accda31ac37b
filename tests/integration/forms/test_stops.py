"""Where people give a form up is counted when their draft ends, by page and question, and tells of nobody."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cms_pages.forms import stops
from cms_pages.forms.models import Draft, FormStop
from cms_pages.models import FormPage
from journal.clock import db_now
from people.models import Role
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.forms.conftest import hidden, start
from tests.integration.forms.sample import POSTS

pytestmark = pytest.mark.django_db


def expire() -> None:
    Draft.objects.update(expires_at=db_now() - dt.timedelta(seconds=1))


def places() -> dict[tuple[str, str], int]:
    return {(row.step, row.field): row.count for row in FormStop.objects.all()}


def go_on(client: Client, url: str, **changed: Any) -> str:
    sent = hidden(client, url)
    return str(client.post(url, {**POSTS[sent["_step"]], **sent, **changed}).get("Location", url))


def test_a_draft_that_ends_is_counted_where_it_stood(form_page: FormPage) -> None:
    first = Client()
    start(first, form_page)
    second = Client()
    url = go_on(second, start(second, form_page))
    go_on(second, url, **{"f-obwod": ""})
    expire()
    assert stops.delete_expired() == 2 and stops.delete_expired() == 0
    assert places() == {("dane", "kto"): 1, ("drzewo", "obwod"): 1}
    assert not Draft.objects.exists()


def test_what_is_sent_or_still_open_is_not_counted(form_page: FormPage, fill: Any) -> None:
    client = Client()
    fill(client, form_page)
    assert stops.delete_expired() == 0 and places() == {}
    expire()
    stops.delete_expired()
    assert places() == {("", ""): 1}, "all was answered, and never sent"


def test_the_page_of_a_service_tells_editors_and_heads_where_people_stop(
    form_page: FormPage, town: Office, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    start(Client(), form_page)
    expire()
    stops.delete_expired()
    start(Client(), form_page)
    head = Client()
    head.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    page = head.get(reverse("service_funnel"), {"usluga": "udostepnienie-danych"})
    assert page.context["form"] == {"begun": 2, "sent": 0, "open": 1, "given_up": 1}
    assert page.context["places"] == [("Twoje dane", "Imię i nazwisko", 1)]
    editor = Client()
    editor.force_login(people.member(town.unit, Role.EDITOR), "django.contrib.auth.backends.ModelBackend")
    assert editor.get(reverse("service_funnel")).status_code == 200
