"""A visit booked on a phone, moved and cancelled by its link, and the counter that sees who comes today."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from journal.clock import db_now
from people.access import SYSTEM
from tests.browser.conftest import City, Watch
from tests.factories import people
from workflow.models import Service
from workflow.visits import deeds
from workflow.visits.models import VisitDesk, VisitSlot

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(city: City) -> VisitDesk:
    unit = city.office.unit
    services = Service.objects.filter(offers__unit=unit)
    return deeds.add_desk(SYSTEM, unit=unit, services=services, name="Okienko 1", room="pokój 12", minutes=20,
                          week=[[["08:00", "12:00"], ["12:30", "15:00"]]] * 7, valid_from=people.today())  # fmt: skip


def test_a_guest_books_moves_and_cancels(city: City, desk: VisitDesk, guest: Page, look: Callable[..., None]) -> None:
    guest.goto(city.url + "/wizyty/")
    look(guest, "wizyty-jednostki")
    guest.get_by_role("link", name=desk.unit.name).last.click()
    look(guest, "wizyty-sprawy")
    guest.locator("main .ob-card a").first.click()
    look(guest, "wizyty-terminy")
    guest.locator(".ob-visit-times a").first.click()
    guest.get_by_role("button", name="Umów wizytę").click()
    look(guest, "wizyty-blad")
    guest.get_by_label("Imię i nazwisko").fill("Anna Nowak")
    guest.get_by_label("Adres e-mail").fill("anna@example.org")
    guest.get_by_role("button", name="Umów wizytę").click()
    expect(guest.get_by_role("heading", name="Wizyta jest umówiona")).to_be_visible()
    look(guest, "wizyty-moja")
    guest.get_by_role("link", name="Zmień termin").click()
    look(guest, "wizyty-zmiana")
    guest.locator(".ob-visit-times button").last.click()  # late in the day there may be only one
    expect(guest.get_by_role("heading", name="Wizyta jest umówiona")).to_be_visible()
    guest.get_by_role("button", name="Odwołaj wizytę").click()
    expect(guest.get_by_role("heading", name="Wizyta odwołana")).to_be_visible()


def test_the_counter_is_worked_by_keyboard(
    city: City, desk: VisitDesk, sign_in: Callable[..., Page], look: Callable[..., None]
) -> None:
    service = desk.services.order_by("pk")[0]
    slot = VisitSlot.objects.free(db_now())[0]
    visit = deeds.book(SYSTEM, slot_id=slot.pk, service=service, name="Anna Nowak", email="anna@example.org")
    VisitSlot.objects.filter(pk=slot.pk).update(starts_at=db_now() - dt.timedelta(seconds=5))
    counter = sign_in(city.office.clerk)
    counter.goto(city.url + "/admin/wizyty/")
    look(counter, "wizyty-okienko")
    counter.get_by_role("button", name=re.compile("Na miejscu.*Anna Nowak")).focus()
    counter.keyboard.press("Enter")
    expect(counter.get_by_text("na miejscu od")).to_be_visible()
    visit.refresh_from_db()
    assert visit.arrived_at


def test_the_screen_of_the_waiting_room_calls_by_itself_and_says_when_the_line_is_down(
    city: City, desk: VisitDesk, guest: Page, look: Callable[..., None], watch: Watch
) -> None:
    service = desk.services.order_by("pk")[0]
    slots = list(VisitSlot.objects.free(db_now())[:2])
    first, second = (
        deeds.book(SYSTEM, slot_id=slot.pk, service=service, name="Anna Nowak", email=f"a{slot.pk}@example.org")
        for slot in slots
    )
    guest.goto(city.url + f"/wizyty/{desk.unit.slug}/ekran/")
    expect(guest.get_by_text("Teraz nikt nie jest wzywany.")).to_be_visible()
    look(guest, "wizyty-ekran-pusty")
    deeds.mark(SYSTEM, visit=first, what="called")
    expect(guest.get_by_text(first.spoken_code)).to_be_visible(timeout=15_000)
    look(guest, "wizyty-ekran")
    guest.context.set_offline(True)
    expect(guest.get_by_text("Brak połączenia.")).to_be_visible(timeout=20_000)
    expect(guest.get_by_text(first.spoken_code)).to_be_visible()
    guest.context.set_offline(False)
    deeds.mark(SYSTEM, visit=second, what="called")
    expect(guest.get_by_text(second.spoken_code)).to_be_visible(timeout=20_000)
    expect(guest.get_by_text("Brak połączenia.")).not_to_be_visible()
    # The browser itself reports what could not be asked while the line was down; nothing else may be wrong.
    watch.complaints[:] = [each for each in watch.complaints if "ERR_INTERNET_DISCONNECTED" not in each]
