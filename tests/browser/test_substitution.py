"""The head is away: the deputy finds the work, approves and signs in the head's place, and the log says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from documents.models import Case
from people.access import GUEST, SYSTEM
from people.models import Role, Substitution, User
from people.services import substitutions
from tests.browser.conftest import City, work_off
from tests.factories import documents as filings
from tests.factories import people
from workflow import intake
from workflow.services import assignment, decisions

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


def waiting_for_approval(city: City) -> Case:
    town = city.office
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="decision", subject="Decyzja", body="Tak.")
    decisions.send_for_approval(town.access("clerk"), letter=letter)
    work_off()
    return case


def test_the_deputy_of_an_absent_head_approves_and_signs(
    city: City, sign_in: Callable[[User], Page], look: Callable[..., None]
) -> None:
    town = city.office
    deputy = people.member(
        town.unit, Role.CLERK, people.staff("zastepca", first_name="Ewa", last_name="Lipska", post="Inspektor")
    )
    case = waiting_for_approval(city)
    in_place = f"w zastępstwie: {town.head}"

    head = sign_in(town.head)
    head.goto(city.url + "/admin/osoby/zastepstwa/new/")
    look(head, "80-substitution-new")
    head.get_by_label("Osoba nieobecna").select_option(str(town.head.pk))
    head.get_by_label("Zastępca").select_option(str(deputy.pk))
    head.get_by_label("Ostatni dzień").fill(people.today().isoformat())
    head.get_by_label("Powód").fill("choroba")
    head.keyboard.press("Enter")
    expect(head.get_by_text("trwa dzisiaj")).to_be_visible()
    look(head, "81-substitutions")
    assert Substitution.objects.get().substitute == deputy

    other = people.member(town.unit, Role.HEAD, people.staff("druga", post="Zastępca kierownika"))
    today = people.today()
    substitutions.plan(
        SYSTEM, absent=other, substitute=deputy, valid_from=today, valid_until=today, scope=Substitution.Scope.SIGNING
    )

    page = sign_in(deputy)
    page.goto(city.url + "/admin/biurko/?tab=zastepstwa")
    tab = page.get_by_role("link", name="W zastępstwie")
    expect(tab).to_contain_text("1")
    expect(page.locator(".obieg-desk").get_by_text(in_place)).to_be_visible()
    look(page, "82-desk-substituted")
    page.get_by_role("link", name=str(other)).click()
    expect(page.get_by_text("Nic tu nie czeka")).to_be_visible()
    page.get_by_role("link", name=str(town.head)).click()
    page.locator(".obieg-desk__case").click()
    expect(page.get_by_text(f"Zrobisz to w zastępstwie: {town.head}").first).to_be_visible()
    look(page, "83-approve-in-place")
    page.get_by_role("button", name="Zaakceptuj", exact=True).click()
    expect(page.get_by_role("button", name="Podpisz i wyślij")).to_be_visible()
    page.get_by_role("button", name="Podpisz i wyślij").click()
    expect(page.locator(".obieg-log").get_by_text(in_place).first).to_be_visible()
    work_off()
    page.reload()
    look(page, "84-signed-in-place")
    page.goto(f"{city.url}/admin/sprawy/{case.pk}/metryka/")
    assert page.get_by_text(f"{in_place}, Kierownik").count() >= 2
    look(page, "85-log-in-place")
