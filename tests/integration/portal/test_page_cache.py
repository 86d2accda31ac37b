"""The page cache: the same page for every reader of whom nothing is known, and for nobody else; new when it changes."""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from cms_pages import alerts, edition, page_cache
from cms_pages.models import ContentPage, FormPage, ServicePage
from cms_pages.page_cache import READER
from config import env
from config.settings import base
from journal import follow, seal
from journal.clock import db_now
from people.access import SYSTEM
from people.services import units
from tests.factories import people
from tests.factories.portal import Portal, portal
from tests.factories.translations import translated
from tests.factories.workflow import Office, office
from workflow.services import catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Office:
    return office()


@pytest.fixture
def site(town: Office, settings: Any) -> Portal:
    made = portal(town.units)
    settings.PAGE_CACHE_SECONDS, settings.PAGE_CACHE_LAG = 60, 0
    page_cache.forget()
    return made


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def card(site: Portal) -> ServicePage:
    return ServicePage.objects.get(pk=site.form.get_parent().pk)


def queries(client: Client, path: str, **headers: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path, headers=headers)
    return answer, len(asked)


def test_the_second_guest_gets_the_page_of_the_first_without_a_question(site: Portal) -> None:
    first, many = queries(Client(), "/")
    second, few = queries(Client(), "/")
    assert first.content == second.content and first["ETag"] == second["ETag"]
    assert many > 5 and few == 0, (many, few)
    assert not second.cookies and "Content-Security-Policy" in second and second["Content-Language"] == "pl"
    again, _few = queries(Client(), "/", **{"If-None-Match": second["ETag"]})
    assert again.status_code == 304 and again.content == b""
    assert Client().head("/").status_code == 200


def test_the_frame_is_made_once_for_an_edition_and_anew_when_the_menu_changes(site: Portal, commits: Any) -> None:
    _first, many = queries(Client(), "/?x=1")
    _again, few = queries(Client(), "/?x=2")
    assert many - few >= 5, (many, few)
    home = card(site).get_parent().get_parent()
    with commits():
        page = home.add_child(instance=ContentPage(title="Nowe w menu", slug="nowe", show_in_menus=True))
        page.save_revision().publish()
    shown = Client().get("/?x=3").content.decode()
    assert shown.count(">Nowe w menu<") >= 2, "in the menu and in the menu of the phone"
    assert 'aria-current="page">Nowe w menu' in Client().get("/nowe/?x=4").content.decode()


def test_nobody_gets_the_page_of_a_person(site: Portal, town: Office) -> None:
    member = Client()
    member.force_login(people.citizen().user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Wyloguj" in member.get("/").content.decode()
    guest = Client().get("/").content.decode()
    assert "Wyloguj" not in guest and "Zaloguj" in guest
    assert "Wyloguj" in member.get("/").content.decode()
    staff = Client()
    staff.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    assert "Wyloguj" in staff.get("/").content.decode()
    assert Client().get("/").content.decode() == guest


def test_a_person_gets_the_kept_page_with_their_own_corner(site: Portal) -> None:
    citizen = people.citizen().user
    member = Client()
    member.force_login(citizen, backend="django.contrib.auth.backends.ModelBackend")
    anew, many = queries(member, "/")  # nobody has asked for it yet: it is kept for everybody
    again, few = queries(member, "/")
    assert many > few and few <= 3, (many, few)
    assert READER.sub(b"", anew.content) == READER.sub(b"", again.content) == READER.sub(b"", Client().get("/").content)
    assert "Wyloguj" in again.content.decode() and "ETag" not in again and "private" in again["Cache-Control"]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', again.content.decode())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = member.cookies
    assert token and strict.post("/konto/logout/", {"csrfmiddlewaretoken": token[1]}).status_code == 302
    guest, asked = queries(Client(), "/")
    assert asked == 0 and b"csrfmiddlewaretoken" not in guest.content and b"Wyloguj" not in guest.content


def test_a_message_is_shown_once_and_kept_for_nobody(site: Portal, town: Office) -> None:
    member = Client()
    member.force_login(people.citizen().user, backend="django.contrib.auth.backends.ModelBackend")
    member.post("/konto/logout/")  # leaves a message
    told = member.get("/").content.decode()
    assert "ob-banner" in told or "Wylogow" in told
    assert "Wylogow" not in Client().get("/").content.decode() and "Wylogow" not in member.get("/").content.decode()


def test_a_reader_who_has_begun_something_gets_the_kept_page(site: Portal) -> None:
    Client().get("/")
    other = Client()
    other.cookies["draft"] = "x"
    answer, asked = queries(other, "/")
    assert asked == 0 and "private" in answer["Cache-Control"]
    other = Client()
    other.cookies["csrftoken"] = "y" * 32
    answer, asked = queries(other, "/")
    assert asked == 0 and "csrfmiddlewaretoken" not in answer.content.decode()


def test_forms_searches_and_queries_are_never_kept(site: Portal) -> None:
    for path in (site.form.url, "/szukaj/?q=zameldowanie", "/?a=1", "/nie-ma/", "/moje-sprawy/", "/konto/login/"):
        Client().get(path)
    assert len(page_cache.memory) == 0
    for number in range(300):
        Client().get("/", {"x": number})
    assert len(page_cache.memory) == 0, "a flood of queries fills nothing"


def test_languages_are_apart_and_english_is_remembered_from_the_memory_too(site: Portal) -> None:
    translated(Page.objects.get(pk=card(site).get_parent().get_parent().pk), "en", title="Home of the town")
    polish = Client().get("/").content.decode()
    Client().get("/en/")
    english, asked = queries(Client(), "/en/")
    assert asked == 0 and '<html lang="en"' in english.content.decode() and '<html lang="pl"' in polish
    assert english.cookies["django_language"].value == "en"


@pytest.mark.parametrize("cause", ["publish", "unpublish", "move", "delete", "settings"])
def test_what_editors_change_is_new_at_once(site: Portal, commits: Any, cause: str) -> None:
    home = card(site).get_parent().get_parent()
    page = home.add_child(instance=ContentPage(title="Godziny pracy", slug="godziny", body="<p>Do 15.30</p>"))
    before = Client().get("/godziny/")
    assert "15.30" in before.content.decode() and queries(Client(), "/godziny/")[1] == 0
    with commits():
        match cause:
            case "publish":
                page.body = "<p>Do 17.00</p>"
                page.save_revision().publish()
            case "unpublish":
                page.unpublish()
            case "move":
                page.move(card(site).get_parent(), pos="last-child")
            case "delete":
                page.delete()
            case "settings":
                settings = page_cache.PortalSettings.for_site(home.get_site())
                settings.town_name = "Nowe Miasto"
                settings.save()
    after = Client().get("/godziny/")
    if cause == "publish":
        assert "17.00" in after.content.decode()
    elif cause == "settings":
        assert "Nowe Miasto" in after.content.decode()
    else:
        assert after.status_code == (301 if cause == "move" else 404)


def heard(commits: Any) -> None:
    """What the worker does: seal, and let the followers hear."""
    with commits():
        seal.seal_round()
        follow.run_until_idle(page_cache.PageChanges.name)


def test_deeds_on_what_pages_show_are_heard(site: Portal, town: Office, commits: Any) -> None:
    heard(commits)
    Client().get("/")
    assert queries(Client(), "/")[1] == 0
    alerts.post(SYSTEM, unit=town.units["UM"], level="info", title="Woda bez ciśnienia", text="Do południa.")
    heard(commits)
    assert "Woda bez ciśnienia" in Client().get("/").content.decode()
    units.change(SYSTEM, unit=town.unit, name="Wydział Spraw Wszelkich")
    heard(commits)
    assert queries(Client(), "/")[1] > 0, "a unit has another name"


def test_a_page_is_kept_no_longer_than_said(site: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    Client().get("/")
    now = time.monotonic()
    monkeypatch.setattr(page_cache.time, "monotonic", lambda: now + 61)
    assert queries(Client(), "/")[1] > 0


def test_the_memory_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MOST_PAGES", 3)
    monkeypatch.setattr(page_cache, "MOST_BYTES", 250)
    memory = page_cache.Memory()

    def page(size: int) -> page_cache.KeptPage:
        return page_cache.KeptPage("e", time.monotonic() + 9, (), (), b"x" * size, '"t"')

    for name in "abcd":
        memory.put((name,), page(10))
    assert len(memory) == 3 and memory.get(("a",), "e") is None
    memory.get(("b",), "e")
    memory.put(("e",), page(10))
    assert memory.get(("b",), "e") and memory.get(("c",), "e") is None, "what was read last stays"
    memory.put(("f",), page(240))
    assert len(memory) == 2 and memory.get(("f",), "other") is None, "another edition is none"


def test_another_sites_form_changes_no_language(site: Portal) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/jezyk/setlang/", {"language": "en", "next": "/"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert not answer.cookies
    answer = strict.post("/jezyk/setlang/", {"language": "en", "next": "/"}, headers={"Origin": "https://zly.example"})
    assert not answer.cookies, "a browser that says only where the form came from"
    answer = strict.post("/jezyk/setlang/", {"language": "en", "next": "//zly.example/"},
                         headers={"Origin": "http://testserver"})  # fmt: skip
    assert answer.cookies["django_language"].value == "en" and answer["Location"].startswith("/")


def test_who_may_see_a_restricted_page_leaves_no_copy_to_guests(site: Portal, town: Office) -> None:
    page = card(site)
    page.view_restrictions.create(restriction_type="login")
    member = Client()
    member.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert member.get(page.url).status_code == 200 and len(page_cache.memory) == 0
    assert Client().get(page.url).status_code == 302


def anew(address: str) -> str:
    """A page that no kept one answers, as text."""
    answer = Client().get(address, {"x": time.monotonic_ns()})
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_a_page_made_anew_asks_little_once_its_edition_is_known(site: Portal) -> None:
    for address in ("/", site.index.url, site.card.url):
        anew(address)
        with CaptureQueriesContext(connection) as asked:
            anew(address)
        # Site, page, its restrictions (2), addresses of sites, and the edition (asked each time in this test).
        assert len(asked) <= 9, [query["sql"][:120] for query in asked]


def test_what_is_remembered_of_a_page_follows_publishing_and_deeds(site: Portal, commits: Any) -> None:
    assert site.card.title in anew("/sprawy/")
    with commits():
        card = ServicePage.objects.get(pk=site.card.pk)
        card.title = "Zaświadczenie o wszystkim"
        card.save_revision().publish()
    assert "Zaświadczenie o wszystkim" in anew("/sprawy/") and "Zaświadczenie o wszystkim" in anew(site.card.url)
    with commits():
        ServicePage.objects.get(pk=site.card.pk).unpublish()
    assert "Zaświadczenie o wszystkim" not in anew("/sprawy/")
    assert Client().get(site.card.url, {"x": 1}).status_code == 404


def test_a_preview_is_neither_remembered_nor_made_of_what_is(site: Portal, rf: Any) -> None:
    request = rf.get("/sprawy/", SERVER_NAME="localhost")
    request.is_preview = True
    assert edition.remembered(request, "lists", lambda: "draft") == "draft"
    request.is_preview = False
    assert edition.remembered(request, "lists", lambda: "live") == "live"
    request.is_preview = True
    assert edition.remembered(request, "lists", lambda: "newer draft") == "newer draft"


def test_a_page_that_is_closed_to_guests_is_closed_at_once(site: Portal, commits: Any) -> None:
    page = card(site)
    assert Client().get(page.url).status_code == 200 and queries(Client(), page.url)[1] == 0
    with commits():
        page.view_restrictions.create(restriction_type="login")
    assert Client().get(page.url).status_code == 302
    with commits():
        page.view_restrictions.all().delete()
    assert Client().get(page.url).status_code == 200


def test_new_values_of_a_service_and_a_withdrawn_form_are_heard(site: Portal, commits: Any) -> None:
    heard(commits)
    page = card(site)
    before = Client().get(page.url).content.decode()
    assert site.form.url in before and queries(Client(), page.url)[1] == 0
    old = page.service.versions.get()
    with commits():
        catalogue.add_version(
            SYSTEM, service=page.service, valid_from=people.today(), class_symbol=old.class_symbol, term=old.term,
            fee=Decimal("123.00"), legal_basis=old.legal_basis, source="próba", route=old.route,
        )  # fmt: skip
    heard(commits)
    assert "123,00" in Client().get(page.url).content.decode()
    with commits():
        FormPage.objects.get(pk=site.form.pk).unpublish()
    assert site.form.url not in Client().get(page.url).content.decode()


def test_an_urgent_message_leaves_kept_pages_when_it_ends(
    site: Portal, town: Office, commits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = db_now() + dt.timedelta(seconds=20)
    alerts.post(SYSTEM, unit=town.units["UM"], level="bad", title="Brak wody", text="Do czasu.", ends_at=soon)
    heard(commits)
    assert "Brak wody" in Client().get("/").content.decode() and queries(Client(), "/")[1] == 0
    begun = time.monotonic()
    monkeypatch.setattr(page_cache.time, "monotonic", lambda: begun + 21)
    monkeypatch.setattr(alerts, "_moment", lambda: soon + dt.timedelta(seconds=1))
    assert "Brak wody" not in Client().get("/").content.decode()


def test_a_draft_is_shown_to_its_writer_and_kept_for_nobody(site: Portal, town: Office, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    page = card(site)
    page.title = "Tytuł roboczy"
    page.save_revision()
    writer = Client()
    town.head.is_superuser = True
    town.head.save()
    writer.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    draft = writer.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "Tytuł roboczy" in draft.content.decode()
    assert len(page_cache.memory) == 0
    for reader in (Client(), writer):
        assert "Tytuł roboczy" not in reader.get(page.url).content.decode()


@pytest.mark.parametrize("path", ["/sprawy", "/nie-ma-takiej/", "/konto/", "/jezyk/setlang/"])
def test_only_pages_are_kept_no_redirect_and_no_error(site: Portal, path: str) -> None:
    assert Client().get(path).status_code != 200
    assert len(page_cache.memory) == 0


def test_an_error_of_a_page_is_kept_for_nobody(site: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    page = card(site)

    def broken(*_args: Any, **_named: Any) -> Any:
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(ServicePage, "get_context", broken)
        assert Client(raise_request_exception=False).get(page.url).status_code == 500
    assert Client().get(page.url).status_code == 200


@pytest.mark.parametrize("order", range(4))
def test_readers_in_any_order_never_get_what_is_anothers(site: Portal, town: Office, order: int) -> None:
    dice = random.Random(order)
    citizen, other = people.citizen().user, people.citizen().user
    readers: dict[str, Client] = {"": Client()}
    for number, user in enumerate((citizen, other, town.head)):
        user.first_name, user.last_name = f"Imię{number}", f"Nazwisko{number}"
        user.save()
        readers[user.email] = Client()
        readers[user.email].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    names = {user.email: user.get_full_name() for user in (citizen, other, town.head)}
    addresses = ["/", "/sprawy/", site.card.url, "/jednostki/"]
    for _turn in range(40):
        who, address = dice.choice(list(readers)), dice.choice(addresses)
        said = readers[who].get(address).content.decode()
        assert ("Wyloguj" in said) == bool(who), (who, address)
        for email, name in names.items():
            if email != who:
                assert email not in said and name not in said, (who, address, email)


@pytest.mark.django_db(transaction=True)
def test_what_one_process_publishes_another_shows(settings: Any) -> None:
    settings.CACHES = base.CACHES  # the database's, as in an office
    call_command("createcachetable")
    site = portal(office().units)
    settings.PAGE_CACHE_SECONDS, settings.PAGE_CACHE_LAG = 60, 0
    page_cache.forget()
    assert queries(Client(), site.card.url)[1] > 1 and queries(Client(), site.card.url)[1] == 1, "only the edition"
    at = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"
    paths = os.pathsep.join(map(str, (env.SITE_DIR, env.ROOT)))
    surroundings = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(site.card.pk)], env=surroundings, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Tytuł z innego procesu" in Client().get(site.card.url).content.decode()


OTHER_PROCESS = """
import sys
import django
from config.settings import base
from django.conf import settings
settings.CACHES = base.CACHES
django.setup()
from cms_pages.models import ServicePage
page = ServicePage.objects.get(pk=int(sys.argv[1]))
page.title = "Tytuł z innego procesu"
page.save_revision().publish()
"""
