"""A parent files for a child: declared once, asked for in the form, found again in the account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from people.models import User
from tests.browser.conftest import City, work_off
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


def test_a_parent_files_for_a_child(
    city: City, sign_in: Callable[[User], Page], look: Callable[..., None]
) -> None:
    page = sign_in(people.citizen(email="ola@example.org").user)
    page.goto(city.url + "/moje-sprawy/ustawienia/")
    page.get_by_role("link", name="Kogo reprezentujesz").click()
    look(page, "89-represented-nobody")
    page.get_by_role("link", name="Dziecko").click()
    page.get_by_role("button", name="Zapisz").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "90-represented-error")
    page.get_by_text("rodzic (art. 98 k.r.o.)").click()
    for label, text in (("Imię", "Zosia"), ("Nazwisko", "Przykładowa"), ("Ulica", "Leśna"), ("Numer domu", "1"),
                        ("Kod pocztowy", "44-330"), ("Miejscowość", "Obiegowo")):  # fmt: skip
        page.get_by_label(re.compile(f"^{label}( \\(|$)")).fill(text)
    page.get_by_role("button", name="Zapisz").click()
    expect(page.get_by_role("heading", name="Zosia Przykładowa")).to_be_visible()
    look(page, "91-represented")

    page.goto(city.url + city.portal.letter.url)
    page.get_by_text("Zosia Przykładowa (dziecko)").click()
    look(page, "92-in-whose-name")
    page.get_by_role("button", name="Zacznij").click()
    page.locator("[name=unit]").select_option(label="Szkoła Podstawowa nr 1")
    page.get_by_role("button", name="Zapisz i przejdź dalej").click()
    page.fill("[name=f-subject]", "Obiady")
    page.fill("[name=f-tresc]", "Proszę o jadłospis bez orzechów.")
    page.get_by_role("button", name="Zapisz i przejdź dalej").click()
    expect(page.locator("[name=f-kto-first_name]")).to_have_value("Zosia")
    expect(page.locator("[name=f-adres-street]")).to_have_value("Leśna")
    page.get_by_role("button", name="Zapisz i przejdź dalej").click()
    expect(page.get_by_text("Składasz w imieniu: Zosia Przykładowa.")).to_be_visible()
    look(page, "93-check-in-the-name")
    page.get_by_role("button", name="Wyślij do urzędu").click()
    page.wait_for_url("**/potwierdzenie/**")
    work_off()
    page.goto(city.url + "/moje-sprawy/")
    page.get_by_role("navigation", name="W czyim imieniu").get_by_role("link", name="Zosia Przykładowa").click()
    expect(page.get_by_role("link", name="Pismo ogólne: Obiady")).to_be_visible()
    look(page, "94-cases-of-the-child")
    page.get_by_role("navigation", name="W czyim imieniu").get_by_role("link", name="Własnym").click()
    expect(page.get_by_role("link", name="Pismo ogólne: Obiady")).to_have_count(0)
