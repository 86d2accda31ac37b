"""What editors are told of their pages, and whose pages they see; redirects under the right of the whole portal."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect

from cms_pages import links, moderation, reports
from cms_pages.models import FaqPage, PageVote, ServicePage
from journal import jobs
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from people.services import users
from search.models import MissedTerm
from tests.factories import people
from tests.factories.information import Information, information, library_file, publish
from tests.factories.portal import Portal, portal
from tests.factories.workflow import Office, office

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Any) -> Office:
    settings.STAFF_SECOND_FACTOR, settings.BLOB_DIR = False, tmp_path / "blobs"
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    return office()


@pytest.fixture
def site(town: Office) -> Portal:
    return portal(town.units)


@pytest.fixture
def info(town: Office, site: Portal) -> Information:
    return information(site.home, town.units["UM"])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def city(town: Office, site: Portal) -> Client:
    """An editor of the whole portal."""
    user = people.member(town.units["UM"], Role.EDITOR)
    group = RoleGroup.objects.get(unit=town.units["UM"], role=Role.EDITOR)
    moderation.open_branch(SYSTEM, role_group=group, page=site.home)
    return client_of(user)


@pytest.fixture
def school(town: Office, site: Portal) -> Client:
    """An editor who may edit no page of the city."""
    return client_of(people.member(town.units["SP-1"], Role.EDITOR))


def read(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, (name, answer.status_code)
    return str(answer.content.decode())


def test_pages_that_want_attention(town: Office, info: Information, city: Client, school: Client) -> None:
    soon = people.today() + dt.timedelta(days=reports.AHEAD)
    FaqPage.objects.filter(pk=info.faq.pk).update(kept_by=town.unit, review_on=soon)
    found = read(city, "editors:attention")
    assert "Pytania" in found and "Przeprowadzka" not in found
    FaqPage.objects.filter(pk=info.faq.pk).update(review_on=soon + dt.timedelta(days=1))
    assert "Pytania" not in read(city, "editors:attention")
    FaqPage.objects.filter(pk=info.faq.pk).update(kept_by=None)
    assert "nikt za nią nie odpowiada" in read(city, "editors:attention")
    info.guide.owner = people.staff()
    info.guide.save()
    users.disable(SYSTEM, user=info.guide.owner)
    assert "jej autor już tu nie pracuje" in read(city, "editors:attention")
    ServicePage.objects.update(review_on=dt.date(2020, 1, 1))
    assert "Pismo ogólne do jednostki miasta" in read(city, "editors:attention")
    assert "Pytania" not in read(school, "editors:attention")


def test_a_statement_past_its_review_is_said_three_times(info: Information, city: Client, school: Client) -> None:
    info.statement.made_on, info.statement.reviewed_on = dt.date(2020, 1, 2), None
    publish(info.statement, info.editor, info.colleague)
    assert "Deklaracja dostępności" in read(city, "editors:attention")
    assert "31 marca 2021" in read(city, "wagtailadmin_home")
    assert "31 marca 2021" in read(city, "wagtailadmin_pages:edit", info.statement.pk)
    assert "31 marca 2021" not in read(school, "wagtailadmin_home")
    info.statement.reviewed_on = people.today()
    publish(info.statement, info.editor, info.colleague)
    assert "31 marca 2021" not in read(city, "wagtailadmin_home")


def test_files_that_no_page_shows(town: Office, info: Information, city: Client, school: Client) -> None:
    jobs.run_waiting()  # the index of references is kept by a job
    library_file(town.units["UM"], "zbedny.pdf")
    found = read(city, "editors:files")
    assert "zbedny.pdf" in found and "cennik.pdf" not in found
    assert "zbedny.pdf" not in read(school, "editors:files")


def test_broken_links_are_shown_to_whoever_may_mend_them(info: Information, city: Client, school: Client) -> None:
    assert links.check() == 1
    assert "/nie-ma-takiej/" in read(city, "editors:links")
    assert "/nie-ma-takiej/" not in read(school, "editors:links")


def test_opinions_are_counted_by_page(info: Information, city: Client, school: Client) -> None:
    today = people.today()
    for answer, count in (("yes", 3), ("no", 1), ("unclear", 1)):
        PageVote.objects.create(page=info.faq, day=today, answer=answer, count=count)
    PageVote.objects.create(page=info.faq, day=today - dt.timedelta(weeks=20), answer="no", count=90)
    found = read(city, "editors:opinions")
    assert "75 %" in found and "Nie rozumiem tekstu" in found
    assert "75" in read(city, "editors:opinion", info.faq.pk)
    assert "pomocna dla 75" in read(city, "wagtailadmin_pages:edit", info.faq.pk)
    assert "Pytania" not in read(school, "editors:opinions")
    assert school.get(reverse("editors:opinion", args=[info.faq.pk])).status_code == 404


def test_searches_without_a_result(city: Client) -> None:
    MissedTerm.objects.create(day=people.today(), words="kryptowaluty", count=2)
    MissedTerm.objects.create(day=people.today(), words="raz zapytane", count=1)
    MissedTerm.objects.create(day=people.today() - dt.timedelta(days=91), words="dawno", count=9)
    found = read(city, "staff_search:missed")
    assert "kryptowaluty" in found and "raz zapytane" not in found and "dawno" not in found


def test_redirects_belong_to_editors_of_the_whole_portal(site: Portal, city: Client, school: Client) -> None:
    assert city.get(reverse("wagtailredirects:index")).status_code == 200
    made = {"old_path": "/stary/", "redirect_page": site.card.pk, "is_permanent": "on", "site": "", "redirect_link": ""}
    assert city.post(reverse("wagtailredirects:add"), made).status_code == 302
    assert Redirect.objects.get().old_path == "/stary"
    moved = Client().get("/stary/")
    assert moved.status_code == 301 and moved["Location"].endswith("/sprawy/zaswiadczenie/")
    assert school.get(reverse("wagtailredirects:index")).status_code == 302
    assert school.post(reverse("wagtailredirects:add"), {**made, "old_path": "/inny/"}).status_code == 302
    assert Redirect.objects.count() == 1
