"""The account's own pages in the browser: its parts, a message to the clerk and the answer, who read the case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from documents.models import Case, CaseMessage
from people.models import User
from tests.browser.conftest import City
from tests.browser.test_guest_journey import send_form
from tests.factories import people
from workflow.services import assignment

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]


def test_the_citizen_goes_through_the_account_and_writes_to_the_clerk(
    city: City, sign_in: Callable[[User], Page], look: Look
) -> None:
    page = sign_in(people.citizen(email="ola@example.org").user)
    send_form(page, city)
    case = Case.objects.get()
    office = city.office
    assignment.assign(office.access("head"), case=case, to_user=office.clerk)
    assignment.register_case(office.access("clerk"), case=case)

    page.goto(city.url + "/moje-sprawy/")
    look(page, "70-account-cases")
    parts = page.get_by_role("navigation", name="Twoje konto").first
    for name, heading in (
        ("Listy do odbioru", "Listy do odbioru"),
        ("Wersje robocze", "Wersje robocze"),
        ("Wiadomości", "Wiadomości"),
        ("Ustawienia", "Ustawienia konta"),
    ):
        parts.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        look(page, f"71-account-{heading.split()[0].lower()}")

    page.get_by_role("button", name="Utwórz adres kalendarza").click()
    expect(page.get_by_text("Skopiuj adres teraz")).to_be_visible()
    look(page, "76-account-calendar")

    page.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    page.get_by_role("button", name="Wyślij wiadomość").click()
    expect(page.locator("main")).to_contain_text("Napisz wiadomość.")
    look(page, "72-account-message-error")
    page.get_by_label("Twoja wiadomość").fill("Kiedy mogę przyjść z mapą?")
    page.get_by_role("button", name="Wyślij wiadomość").click()
    expect(page.get_by_text("Kiedy mogę przyjść z mapą?")).to_be_visible()

    desk = sign_in(office.clerk)
    desk.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/")
    expect(desk.get_by_text("Kiedy mogę przyjść z mapą?")).to_be_visible()
    look(desk, "73-desk-message")
    desk.get_by_label("Wiadomość do strony").fill("We wtorek od 8 do 16.")
    desk.get_by_role("button", name="Wyślij wiadomość").click()
    expect(desk.get_by_text("Wiadomość wysłana.").first).to_be_visible()
    assert CaseMessage.objects.get(from_office=False).read_at is not None

    page.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    expect(page.get_by_text("We wtorek od 8 do 16.")).to_be_visible()
    page.get_by_text("Kto czytał Twoją sprawę").click()
    expect(page.locator("#czytali")).to_contain_text(office.unit.name)
    look(page, "74-account-case")
    page.goto(city.url + "/moje-sprawy/wiadomosci/")
    look(page, "75-account-messages")
