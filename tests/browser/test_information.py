"""Pages that explain and those the law asks for, as a visitor and an editor see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cms_pages.models import PageVote
from tests.browser.conftest import City
from tests.factories.information import Information, information, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


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
