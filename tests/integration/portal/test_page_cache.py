"""The page cache: the same page for every reader of whom nothing is known, and for nobody else; new when it changes."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from cms_pages import alerts, edition, page_cache
from cms_pages.models import ContentPage, ServicePage
from cms_pages.page_cache import READER
from journal import follow, seal
from people.access import SYSTEM
from people.services import units
from tests.factories import people
from tests.factories.portal import Portal, portal
from tests.factories.translations import translated
from tests.factories.workflow import Office, office

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
