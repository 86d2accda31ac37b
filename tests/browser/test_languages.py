"""A reader of English finds a service and opens its form in English; an old translation says that it is old."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import City
from tests.factories.translations import translated

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]

Look = Callable[..., None]


@pytest.fixture
def english(city: City) -> City:
    """The town with its home page, catalogue and one card in English."""
    portal = city.portal
    portal.card.easy_text = "<p>Dostaniesz dokument.</p><p>Dokument mówi, gdzie mieszkasz.</p>"
    portal.card.sign_url = "https://film.example.org/pjm"
    portal.card.save_revision().publish()
    translated(portal.home, "en", title="Town portal", slug="home-en", lead="Settle it from home")
    translated(portal.index, "en", title="Services", slug="services", lead="All of them.")
    translated(
        portal.card, "en", title="Certificate of registered address", slug="certificate", lead="Proves your address."
    )
    return city


def test_an_english_reader_finds_a_service_and_opens_its_form(guest: Page, english: City, look: Look) -> None:
    guest.goto(english.url)
    guest.get_by_role("button", name="English").first.click()
    guest.wait_for_url("**/en/")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Settle it from home")
    look(guest, "60-home-english")
    box = guest.get_by_role("searchbox", name="What do you want to settle?")
    box.fill("certificate")
    guest.keyboard.press("Enter")
    guest.get_by_role("link", name="Certificate of registered address").first.click()
    guest.wait_for_url("**/en/services/certificate/")
    expect(guest.get_by_text("Easy-to-read text (ETR)")).to_be_visible()
    look(guest, "61-card-english")
    assert_accessible(guest)
    guest.get_by_role("link", name="Settle it online").click()
    expect(guest.locator("html")).to_have_attribute("lang", "en")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Certificate of registered address")
    look(guest, "62-form-english")
    assert_accessible(guest)
    guest.get_by_role("main").get_by_role("button", name="Start").click()
    guest.wait_for_url("**/wniosek/**")
    expect(guest.locator("html")).to_have_attribute("lang", "en")


def test_variants_of_a_card_and_an_old_translation(guest: Page, english: City, look: Look) -> None:
    guest.goto(f"{english.url}/sprawy/zaswiadczenie/")
    film = guest.get_by_role("link", name="Film w polskim języku migowym (PJM), na innej stronie")
    expect(film).to_have_attribute("href", "https://film.example.org/pjm")
    guest.get_by_role("link", name="Tekst łatwy do czytania (ETR)").click()
    expect(guest.get_by_text("Dokument mówi, gdzie mieszkasz.")).to_be_visible()
    look(guest, "63-easy")
    assert_accessible(guest)
    card = english.portal.card
    card.refresh_from_db()
    card.lead = "Coś się zmieniło."
    card.save_revision().publish()
    guest.goto(f"{english.url}/en/services/certificate/")
    expect(guest.get_by_text("The Polish version is newer")).to_be_visible()
    assert_accessible(guest)
    guest.get_by_role("link", name="Read the Polish version").click()
    expect(guest.get_by_text("Coś się zmieniło.").first).to_be_visible()
