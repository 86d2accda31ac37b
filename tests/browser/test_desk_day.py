"""A day at the desk: a small unit settles a letter in two presses, a head approves what was read, a clerk deals with a
late case beside a colleague, an administrator connects a system, a coordinator watches long work and pictures."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from documents.models import Case, Letter
from people.access import SYSTEM
from people.models import Role, User
from tests.browser.conftest import City, work_off
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake, process
from workflow.models import Process, RouteStep, Task
from workflow.services import assignment, decisions
from workflow.webhooks.models import Webhook

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]
SignIn = Callable[[User], Page]


def filed(town: Office, subject: str) -> Case:
    return intake.receive(
        SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych", subject=subject)
    ).case


def in_hand(town: Office, subject: str) -> Case:
    case = filed(town, subject)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    return assignment.register_case(town.access("clerk"), case=case)


def for_approval(town: Office, subject: str) -> Task:
    letter = decisions.draft_letter(
        town.access("clerk"), case=in_hand(town, subject), kind="decision", subject=f"Decyzja: {subject}", body="Tak."
    )
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


def test_the_head_of_a_small_unit_takes_a_letter_and_answers_it_in_two_presses(
    city: City, sign_in: SignIn, look: Look
) -> None:
    RouteStep.objects.filter(verb="approve").update(skip="author")
    filed(city.office, "Zgoda na wycieczkę")
    page = sign_in(city.office.head)
    page.goto(city.url + "/admin/biurko/?tab=do-dekretacji")
    page.get_by_role("link", name="Zgoda na wycieczkę").click()
    look(page, "90-take")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_text("Następna sprawa")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+d")
    expect(page.locator("#todo-title")).to_be_focused()
    page.get_by_role("button", name="Biorę i rejestruję").click()
    expect(page.get_by_text("Sprawa jest Twoja i ma znak").first).to_be_visible()
    page.locator("[name=answer_at_once-body]").first.fill("Wyrażam zgodę.")
    look(page, "91-answer-at-once")
    page.get_by_role("button", name="Napisz, podpisz i wyślij").click()
    expect(page.get_by_text("Podpisano, zarejestrowano").first).to_be_visible()
    assert Letter.objects.get(direction="out").signed_at


def test_letters_are_approved_together_once_they_were_read(city: City, sign_in: SignIn, look: Look) -> None:
    read, unread = for_approval(city.office, "Pierwsza"), for_approval(city.office, "Druga")
    page = sign_in(city.office.head)
    page.goto(f"{city.url}/admin/biurko/sprawa/{read.case_id}/")
    page.goto(city.url + "/admin/biurko/?tab=do-akceptacji")
    for name in ("Pierwsza", "Druga"):
        page.get_by_label(f"Zaznacz: {name}").check()
    page.get_by_role("button", name="Zaakceptuj").click()
    expect(page.get_by_text("To pismo nie zostało jeszcze przez Ciebie otwarte.")).to_be_visible()
    look(page, "92-approve-many")
    page.get_by_role("button", name="Zaakceptuj: 1 sprawa").click()
    expect(page.get_by_text("Zrobione: 1 z 2")).to_be_visible()
    assert [Letter.objects.get(pk=task.letter_id).approved_at is not None for task in (read, unread)] == [True, False]


def test_a_late_case_is_told_of_first_and_a_colleague_is_seen_beside(city: City, sign_in: SignIn, look: Look) -> None:
    town = city.office
    case, other = in_hand(town, "Spóźniona"), in_hand(town, "Podobna")
    Process.objects.filter(case=case).update(started_on=people.today() - dt.timedelta(days=50))
    process.recount(Case.objects.get(pk=case.pk))
    colleague = sign_in(town.head)
    colleague.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/")
    page = sign_in(town.clerk)
    page.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/")
    expect(page.get_by_text("Sprawę mają też otwartą:")).to_contain_text(str(town.head))
    expect(page.get_by_role("link", name=str(other.reference)).first).to_be_visible()
    look(page, "93-late-case")
    page.get_by_label("Nowy termin").first.fill((people.today() + dt.timedelta(days=20)).isoformat())
    page.get_by_label("Przyczyna zwłoki").first.fill("Czekamy na opinię.")
    page.get_by_role("button", name="Wyznacz nowy termin").first.click()
    expect(page.get_by_text("Wyznaczono nowy termin").first).to_be_visible()
    page.locator("summary", has_text="Zakończ sprawę").click()
    page.get_by_label("Sposób załatwienia").first.fill("Zaczęte i niewysłane")
    page.goto(city.url + "/admin/biurko/")
    page.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/")
    expect(page.get_by_text("To, co było tu zaczęte, zostało przywrócone.")).to_be_visible()
    expect(page.get_by_label("Sposób załatwienia").first).to_have_value("Zaczęte i niewysłane")
    page.locator("summary", has_text="Powiąż z inną sprawą").click()
    page.get_by_label("Znak drugiej sprawy").fill(str(other.reference))
    page.get_by_role("button", name="Powiąż z inną sprawą").click()
    expect(page.get_by_text("Sprawy zostały powiązane.").first).to_be_visible()
    look(page, "94-linked")


def test_an_administrator_connects_a_system_and_sees_what_came_of_it(
    city: City, sign_in: SignIn, look: Look
) -> None:
    page = sign_in(people.member(city.office.unit, Role.UNIT_ADMIN))
    page.goto(city.url + "/admin/webhooki/nowy/")
    look(page, "95-webhook-new")
    page.get_by_label("Jednostka").select_option(index=1)
    page.get_by_label("Nazwa").fill("System dziedzinowy")
    page.get_by_role("textbox", name="Adres").fill("https://system.invalid/obieg")
    page.get_by_label("przydzielono", exact=True).check()
    page.get_by_role("button", name="Zachowaj", exact=True).click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    look(page, "96-webhook")
    page.get_by_role("button", name="Wyślij komunikat próbny").click()
    expect(page.get_by_text("czeka na wysłanie")).to_be_visible()
    assert Webhook.objects.get().calls.count() == 1


def test_a_coordinator_begins_long_work_and_looks_at_the_pictures(city: City, sign_in: SignIn, look: Look) -> None:
    in_hand(city.office, "Zwykła")
    work_off()
    page = sign_in(people.member(city.office.units["UM"], Role.COORDINATOR, subtree=True))
    page.goto(city.url + "/admin/prace/")
    page.get_by_role("button", name=re.compile("Rozpocznij.*Sprawdź dziennik")).click()
    expect(page.get_by_text("czeka na wykonanie")).to_be_visible()
    look(page, "97-works")
    work_off()
    expect(page.get_by_text("Dziennik jest nienaruszony")).to_be_visible(timeout=10_000)  # it moves by itself
    page.goto(city.url + "/admin/tablica/usluga/?usluga=udostepnienie-danych")
    expect(page.get_by_role("img", name="Od formularza do końca sprawy")).to_be_visible()
    look(page, "98-funnel")
