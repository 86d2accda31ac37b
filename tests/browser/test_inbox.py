"""The head's morning: the list is narrowed and kept, worked through case by case, and the rest assigned at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from documents.models import Case
from people.access import SYSTEM
from people.models import User
from tests.browser.conftest import City
from tests.factories import documents as filings
from workflow import intake

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]


def test_the_list_is_narrowed_kept_worked_through_and_assigned(
    city: City, sign_in: Callable[[User], Page], look: Look
) -> None:
    town = city.office
    for subject in ("Wycinka topoli", "Wycinka lipy", "Wycinka dębu", "Odpis aktu"):
        intake.receive(SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych", subject=subject))
    page = sign_in(town.head)
    page.goto(city.url + "/admin/biurko/?tab=do-dekretacji")
    look(page, "80-inbox")
    page.get_by_text("Filtr i kolumny").click()
    page.get_by_label("Słowa w sprawie, numerze lub nadawcy").fill("wycinka")
    page.get_by_label("Usługa").last.check()
    look(page, "81-inbox-filter")
    page.get_by_role("button", name="Pokaż", exact=True).click()
    expect(page.get_by_role("link", name="Odpis aktu")).to_have_count(0)
    page.get_by_text("Filtr i kolumny").click()
    page.get_by_label("Zachowaj to, co widać, pod nazwą").fill("Drzewa")
    page.get_by_label("Dla kogo").select_option(index=1)
    page.get_by_role("button", name="Zachowaj").click()
    expect(page.get_by_role("navigation", name="Zachowane filtry")).to_contain_text("Drzewa")
    look(page, "82-inbox-kept")

    page.get_by_role("link", name="Wycinka topoli").click()
    cases = page.get_by_role("navigation", name="Sprawy z listy")
    expect(cases.get_by_role("link", name="Poprzednia")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Alt+n")
    expect(page.get_by_role("heading", name="Wycinka lipy", level=2)).to_be_visible()
    look(page, "83-case-neighbours")
    cases.get_by_role("link", name="Następna").click()
    expect(page.get_by_role("heading", name="Wycinka dębu", level=2)).to_be_visible()
    cases.get_by_role("link", name="Lista").click()

    for subject in ("topoli", "lipy"):
        page.get_by_label(f"Zaznacz: Wycinka {subject}").check()
    page.get_by_role("button", name="Dekretuj").click()
    look(page, "84-many")
    page.get_by_label("Prowadzący").select_option(label=str(town.clerk))
    page.get_by_role("button", name="Dekretuj: 2 sprawy").click()
    expect(page.get_by_text("Zrobione: 2 sprawy.").first).to_be_visible()
    assert Case.objects.filter(handler=town.clerk).count() == 2
