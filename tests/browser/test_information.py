"""Pages that explain and those the law asks for, as a visitor and an editor see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cms_pages import links, moderation
from cms_pages.models import PageVote
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from search.models import MissedTerm
from tests.browser.conftest import City
from tests.factories import people
from tests.factories.information import Information, information, library_file, publish

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def info(city: City) -> Information:
    """One page of every kind; the act of the bulletin has an earlier version."""
    made = information(city.portal.home, city.office.units["UM"])
    made.act.body = "<p>Brzmienie drugie.</p>"
    publish(made.act, made.editor, made.colleague)
    return made


def test_every_page_looks_right(city: City, info: Information, guest: Page, look: Callable[..., None]) -> None:
    old = info.act.revisions.order_by("pk").first()
    assert old is not None
    pages = {
        "deklaracja": "/deklaracja-dostepnosci/",
        "prywatnosc": "/prywatnosc/",
        "klauzula": f"/prywatnosc/{city.office.units['UM'].slug}/",
        "przewodnik": "/przeprowadzka/",
        "przewodnik-krok": "/przeprowadzka/zloz-deklaracje-o-odpadach/",
        "przewodnik-calosc": "/przeprowadzka/calosc/",
        "pytania": "/pytania/",
        "druki": "/druki/",
        "bip": "/bip/",
        "bip-dzial": "/bip/organizacja/",
        "bip-strona": "/bip/organizacja/regulamin/",
        "bip-wersja": f"/bip/organizacja/regulamin/wersja/{old.pk}/",
        "bip-zmiany": "/bip/rejestr-zmian/",
    }
    for name, address in pages.items():
        answer = guest.goto(city.url + address)
        assert answer is not None and answer.ok, address
        look(guest, f"informacje-{name}")


def test_a_reader_says_what_was_wrong(city: City, info: Information, guest: Page, look: Callable[..., None]) -> None:
    guest.goto(city.url + "/pytania/")
    before = {cookie["name"] for cookie in guest.context.cookies()}
    guest.get_by_role("button", name="Nie").click()
    expect(guest.get_by_text("Co było nie tak?")).to_be_visible()
    look(guest, "informacje-opinia")
    guest.get_by_text("Nie rozumiem tekstu").click()
    guest.get_by_role("button", name="Wyślij").click()
    expect(guest.get_by_text("Dziękujemy za opinię")).to_be_visible()
    assert {(v.answer, v.count) for v in PageVote.objects.all()} == {("no", 1), ("unclear", 1)}
    assert {cookie["name"] for cookie in guest.context.cookies()} == before


def test_without_scripts_it_works_too(city: City, info: Information, opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    page.goto(city.url + "/pytania/")
    page.get_by_role("button", name="Tak").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dziękujemy za opinię")
    page.get_by_role("link", name="Wróć do „Pytania”").click()
    expect(page).to_have_url(city.url + "/pytania/")


def test_an_editor_reads_the_reports(
    city: City, info: Information, sign_in: Callable[[User], Page], look: Callable[..., None]
) -> None:
    unit = city.office.units["UM"]
    editor = people.member(unit, Role.EDITOR)
    moderation.open_branch(SYSTEM, role_group=RoleGroup.objects.get(unit=unit, role=Role.EDITOR), page=city.portal.home)
    links.check()
    today = people.today()
    for week in range(10):
        for answer, count in (("yes", 3 + week), ("no", 1 + week % 3), ("unclear", 1)):
            PageVote.objects.create(page=info.faq, day=today - timedelta(weeks=week), answer=answer, count=count)
    PageVote.objects.create(page=info.guide, day=today, answer="no", count=2)
    MissedTerm.objects.create(day=today, words="kryptowaluty", count=4)
    library_file(unit, "zbedny.pdf")
    info.statement.made_on, info.statement.reviewed_on = today.replace(year=today.year - 2), None
    publish(info.statement, info.editor, info.colleague)
    page = sign_in(editor)
    reports = {
        "uwaga": "redakcja/uwaga/",
        "pliki": "redakcja/pliki/",
        "odnosniki": "redakcja/odnosniki/",
        "opinie": "redakcja/opinie/",
        "opinie-strony": f"redakcja/opinie/{info.faq.pk}/",
        "bez-wyniku": "szukaj/bez-wyniku/",
        "start": "",
    }
    for name, address in reports.items():
        page.goto(f"{city.url}/admin/{address}")
        expect(page.locator("main")).to_be_visible()
        look(page, f"redakcja-{name}")
    page.goto(f"{city.url}/admin/pages/{info.files.pk}/edit/")
    expect(page.get_by_text("cennik.pdf").first).to_be_visible()
