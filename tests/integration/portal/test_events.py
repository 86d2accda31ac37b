"""Registration for events: one place for one address, a fair line, and no last place given twice."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.core import mail
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from cms_pages import event_mail, events
from cms_pages.models import EventPage, EventRegistration
from journal import follow, jobs, seal
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.models import Entry
from people.access import GUEST
from people.models import Role
from tests.factories import people
from tests.integration.portal.conftest import Town, make


def register(event: EventPage, number: int) -> EventRegistration:
    made, _new = events.register(GUEST, event=event, name=f"Osoba {number}", email=f"osoba{number}@example.org")
    return made


def actions() -> list[str]:
    return list(Entry.objects.filter(action__startswith="event.").order_by("pk").values_list("action", flat=True))


def test_places_then_a_line_that_moves_up_by_itself(town: Town) -> None:
    event = town.event(places=2)
    first, second, third, fourth = (register(event, n) for n in range(4))
    assert first.placed_at and second.placed_at and not third.placed_at and not fourth.placed_at
    events.cancel(GUEST, registration=first)
    third.refresh_from_db()
    fourth.refresh_from_db()
    assert third.placed_at and not fourth.placed_at
    assert actions() == ["event.registered"] * 4 + ["event.cancelled", "event.moved_up"]
    events.cancel(GUEST, registration=first)  # twice is once
    assert len(actions()) == 6
    events.cancel(GUEST, registration=fourth)  # from the line: nobody moves
    assert actions()[-1] == "event.cancelled"


def test_one_address_has_one_registration(town: Town) -> None:
    event = town.event(places=1)
    made = register(event, 1)
    again, new = events.register(GUEST, event=event, name="Kto inny", email=" OSOBA1@example.org ")
    assert again.pk == made.pk and not new and len(actions()) == 1
    events.cancel(GUEST, registration=made)
    back, new = events.register(GUEST, event=event, name="Osoba 1", email="osoba1@example.org")
    assert new and back.pk != made.pk and back.placed_at


def test_closed_registration_refuses(town: Town) -> None:
    over = town.event(starts_at=db_now() - dt.timedelta(minutes=1))
    early = town.event(registration_until=db_now() - dt.timedelta(minutes=1))
    for event in (over, early):
        with pytest.raises(Refused):
            register(event, 1)
    with pytest.raises(Refused):
        events.register(GUEST, event=town.event(), name="", email="kto@example.org")
    assert actions() == []


def test_more_places_go_to_the_line(town: Town) -> None:
    event = town.event(places=1)
    waiting = [register(event, n) for n in range(3)][1:]
    EventPage.objects.filter(pk=event.pk).update(places=2)
    editor = people.actor(town.office.unit, Role.EDITOR)
    assert events.move_up(editor, event=event) == 1
    assert [EventRegistration.objects.get(pk=r.pk).placed_at is not None for r in waiting] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once() -> None:
    """Twelve people at once, three places: three get one, nobody is lost, nobody is twice."""
    event = make().event(places=3)
    gate, failures = threading.Barrier(12), list[BaseException]()

    def run(number: int) -> None:
        try:
            gate.wait(20)
            register(event, number // 2)  # every address comes twice
        except BaseException as error:  # told to the test below
            failures.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    standing = EventRegistration.objects.standing(event)
    assert len(standing) == 6 and len(set(standing.values_list("email", flat=True))) == 6
    assert len(EventRegistration.objects.placed(event)) == 3
    assert actions() == ["event.registered"] * 6


def test_a_guest_registers_sees_the_place_and_cancels_by_the_link(town: Town, client: Client) -> None:
    event = town.event(places=1)
    address = reverse("cms_pages:event_register", args=[event.pk])
    assert client.get(address).status_code == 200
    bad = client.post(address, {"name": "", "email": "x"})
    assert bad.status_code == 422
    answer = client.post(address, {"name": "Anna Nowak", "email": "anna@example.org"})
    assert answer.status_code == 302
    mine = client.get(answer["Location"])
    assert "Masz miejsce" in mine.content.decode() and mine["Cache-Control"] == "private, no-store"
    other = client.post(address, {"name": "Jan Kowal", "email": "jan@example.org"}, follow=True)
    assert "liście rezerwowej" in other.content.decode()
    gone = client.post(answer["Location"], follow=True)
    assert "Zapis odwołany" in gone.content.decode()
    assert EventRegistration.objects.get(email="jan@example.org").placed_at
    assert client.get(reverse("cms_pages:event_mine", args=["nie-ten"])).status_code == 404
    with pytest.raises(NotFound):
        events.of_token(events.token(EventRegistration(pk=999_999)))


def test_the_list_for_the_door_is_for_the_units_staff(town: Town) -> None:
    event = town.event(places=1)
    register(event, 1)
    register(event, 2)
    address = reverse("portal_event_door", args=[event.pk])
    client = Client()
    client.force_login(town.office.clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    assert page.index("Osoba 1") < page.index("Lista rezerwowa") < page.index("Osoba 2")
    assert "Warsztaty" in client.get(reverse("portal_events")).content.decode()
    stranger = Client()
    stranger.force_login(people.member(town.office.units["SP-1"]), backend="django.contrib.auth.backends.ModelBackend")
    assert stranger.get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_confirmation_and_reminder_are_sent_once(town: Town, django_capture_on_commit_callbacks: Any) -> None:
    event = town.event(places=1)
    register(event, 1)
    register(event, 2)
    seal.seal_all()
    for name in follow.names():
        follow.run_until_idle(name)
    jobs.run_waiting()
    assert sorted(message.to[0] for message in mail.outbox) == ["osoba1@example.org", "osoba2@example.org"]
    assert any("rezerwowej" in message.subject for message in mail.outbox)
    mail.outbox.clear()
    assert event_mail.remind() == 0  # three days ahead is too early
    soon = db_now() + dt.timedelta(hours=20)
    EventPage.objects.filter(pk=event.pk).update(starts_at=soon)
    EventRegistration.objects.filter(placed_at__isnull=False).update(placed_at=soon - dt.timedelta(days=5))
    assert event_mail.remind() == 1 and event_mail.remind() == 0
    assert [message.to for message in mail.outbox] == [["osoba1@example.org"]]


def test_participants_are_forgotten_a_month_later(town: Town) -> None:
    event = town.event()
    register(event, 1)
    assert event_mail.forget() == 0
    EventPage.objects.filter(pk=event.pk).update(starts_at=db_now() - dt.timedelta(days=31))
    assert event_mail.forget() == 1 and not EventRegistration.objects.exists()
