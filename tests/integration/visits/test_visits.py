"""Visits: times that follow the hours, one time for one person, links from the mail, the counter of today."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import mail
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime
from hypothesis import given
from hypothesis import strategies as st

from cms_pages.models import UnitPage
from documents.free_days import POLAND, FreeKind
from journal import follow, jobs, seal
from journal.clock import db_now
from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import GUEST, SYSTEM, access_of
from people.models import Role
from tests.factories import people
from tests.factories.portal import portal
from tests.factories.workflow import Office, office
from workflow.models import Service
from workflow.visits import deeds, slots, terms
from workflow.visits.mail import remind
from workflow.visits.models import Visit, VisitDesk, VisitSlot

WEEK = [[["08:00", "10:00"], ["10:30", "12:00"]]] * 7


@dataclass
class Place:
    town: Office
    service: Service
    desk: VisitDesk

    def free(self) -> list[VisitSlot]:
        return list(VisitSlot.objects.free(db_now()).filter(desk=self.desk))

    def book(self, number: int = 0, who: str = "a") -> Visit:
        return deeds.book(GUEST, slot_id=self.free()[number].pk, service=self.service, name="Jan  Kos",
                          email=f"{who}@example.org")  # fmt: skip

    def url(self, slot: VisitSlot) -> str:
        return reverse("visits:book", args=[self.town.unit.slug, self.service.code, slot.pk])


@pytest.fixture
def place(db: Any, settings: Any) -> Place:
    settings.STAFF_SECOND_FACTOR = False
    town = office()
    service = Service.objects.get(code="udostepnienie-danych")
    desk = deeds.add_desk(SYSTEM, unit=town.unit, services=[service], name="Okienko 1", room="pokój 12", minutes=15,
                          week=WEEK, valid_from=people.today())  # fmt: skip
    return Place(town, service, desk)


def visit_actions() -> list[str]:
    return list(Entry.objects.filter(action__startswith="visit").order_by("pk").values_list("action", flat=True))


@given(
    day=st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1)),
    minutes=st.integers(5, 240),
    opens=st.integers(6 * 60, 12 * 60),
    length=st.integers(0, 10 * 60),
)
def test_times_fill_a_span_and_never_overlap(day: dt.date, minutes: int, opens: int, length: int) -> None:
    def clock(number: int) -> str:
        return f"{number // 60:02}:{number % 60:02}"

    found = slots.times(day, [[[clock(opens), clock(opens + length)]]] * 7, minutes)
    assert len(found) == length // minutes
    assert all(end - begin == dt.timedelta(minutes=minutes) for begin, end in found)
    assert all(one[1] == two[0] for one, two in zip(found, found[1:], strict=False))
    if found:
        first = localtime(found[0][0])
        assert (first.date(), first.hour * 60 + first.minute) == (day, opens)


def test_rows_follow_the_hours_with_breaks_and_holidays(place: Place) -> None:
    times = [localtime(slot.starts_at) for slot in place.free()]
    assert all(POLAND.free_kind(time.date()) is not FreeKind.HOLIDAY for time in times)
    assert {f"{time:%H:%M}" for time in times} >= {"08:00", "09:45", "10:30", "11:45"}
    assert not {"10:00", "10:15", "12:00"} & {f"{time:%H:%M}" for time in times}
    before = VisitSlot.objects.count()
    deeds.plan_all()
    assert VisitSlot.objects.count() == before and not Visit.objects.exists()


def test_a_booked_time_is_gone_and_a_cancelled_one_comes_back(place: Place) -> None:
    first = place.free()[0]
    visit = place.book()
    assert visit.slot_id == first.pk and first not in place.free()
    with pytest.raises(deeds.Taken):
        deeds.book(GUEST, slot_id=first.pk, service=place.service, name="B", email="b@example.org")
    deeds.cancel(GUEST, visit=visit)
    deeds.cancel(GUEST, visit=visit)
    assert first in place.free()
    assert visit_actions() == ["visit_desk.added", "visit.booked", "visit.cancelled"]


def test_moving_frees_the_old_time(place: Place) -> None:
    first, second = place.free()[:2]
    visit = deeds.move(GUEST, visit=place.book(), slot_id=second.pk)
    assert visit.slot_id == second.pk and place.free()[0] == first


def test_one_address_holds_no_more_than_a_few(place: Place) -> None:
    for _number in range(terms.MOST):
        place.book()
    with pytest.raises(Refused):
        place.book()
    place.book(who="b")


def test_closing_a_day_calls_visits_off_and_tells(place: Place) -> None:
    visit, kept = place.book(), place.book(-1, who="b")
    day = localtime(visit.slot.starts_at).date()
    assert deeds.close_day(SYSTEM, desk=place.desk, day=day) == 1
    visit.refresh_from_db()
    kept.refresh_from_db()
    assert visit.by_office and visit.cancelled_at and not kept.cancelled_at
    assert day not in {localtime(slot.starts_at).date() for slot in place.free()}
    seal.seal_all()
    for name in follow.names():
        follow.run_until_idle(name)
    jobs.run_waiting()
    told = [message for message in mail.outbox if message.to == [visit.email]]
    assert "Urząd odwołał Twoją wizytę" in [message.subject for message in told]
    assert all("Jan" not in message.body for message in told)


def test_only_the_units_administrator_sets_up(place: Place) -> None:
    with pytest.raises(NotAllowed):
        deeds.change_desk(access_of(place.town.clerk), desk=place.desk, room="x")
    admin = people.member(place.town.unit, Role.UNIT_ADMIN)
    changed, gone = deeds.change_desk(access_of(admin), desk=place.desk, room="pokój 3")
    assert (changed.room, gone) == ("pokój 3", 0)


def test_data_are_forgotten(place: Place) -> None:
    visit = place.book()
    assert deeds.forget() == 0
    old = db_now() - dt.timedelta(days=31)
    VisitSlot.objects.filter(pk=visit.slot_id).update(starts_at=old)
    assert deeds.forget() == 1 and not Visit.objects.exists()
    with pytest.raises(NotFound):
        deeds.of_token(deeds.token(visit))


def test_a_reminder_goes_once(place: Place) -> None:
    visit = place.book()
    soon = db_now() + dt.timedelta(hours=20)
    VisitSlot.objects.filter(pk=visit.slot_id).update(starts_at=soon)
    assert remind() == 0  # booked within the day: just told
    Visit.objects.update(booked_at=soon - dt.timedelta(days=3))
    assert (remind(), remind()) == (1, 0)
    assert "Jan" not in mail.outbox[-1].body and visit.spoken_code in mail.outbox[-1].body


@pytest.mark.django_db(transaction=True)
def test_the_last_time_goes_to_one_of_those_who_ask_at_once(place: Place) -> None:
    slot, got, lost = place.free()[0], [], []
    start = threading.Barrier(6)

    def ask(number: int) -> None:
        start.wait()
        try:
            got.append(deeds.book(GUEST, slot_id=slot.pk, service=place.service, name="A", email=f"{number}@e.org"))
        except deeds.Taken:
            lost.append(number)
        finally:
            close_old_connections()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(lost)) == (1, 5)


def test_a_citizen_books_moves_and_cancels_by_the_link(place: Place, client: Client) -> None:
    unit, matter = place.town.unit.slug, place.service.code
    slot = place.free()[0]
    assert client.get(reverse("visits:units")).status_code == 200
    assert client.get(reverse("visits:matters", args=[unit])).status_code == 200
    assert place.url(slot) in client.get(reverse("visits:times", args=[unit, matter])).content.decode()
    answer = client.post(place.url(slot), {"name": "Jan Kos", "email": "jan@example.org"})
    mine = answer["Location"]
    page = client.get(mine)
    assert Visit.objects.get().spoken_code in page.content.decode() and page["Cache-Control"] == "private, no-store"
    calendar = client.get(mine + "wizyta.ics").content.decode()
    assert f"DTSTART:{slot.starts_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}" in calendar and "Jan" not in calendar
    other = place.free()[2]
    assert client.post(mine + "zmien/", {"slot": other.pk}).status_code == 302
    assert Visit.objects.get().slot_id == other.pk
    assert client.post(mine).status_code == 302 and Visit.objects.get().cancelled_at
    assert client.get(mine[:-2] + "/").status_code == 404


def test_the_loser_is_told_and_keeps_the_words(place: Place, client: Client) -> None:
    slot = place.free()[0]
    place.book()
    answer = client.post(place.url(slot), {"name": "Ewa Lis", "email": "ewa@example.org"})
    page = answer.content.decode()
    assert answer.status_code == 409 and 'value="Ewa Lis"' in page and f'value="{place.free()[0].pk}"' in page
    again = {"name": "Ewa Lis", "email": "ewa@example.org", "slot": place.free()[0].pk}
    assert client.post(place.url(slot), again).status_code == 302
    assert Visit.objects.count() == 2


def test_the_counter_shows_and_marks_only_ones_own_units(place: Place, client: Client) -> None:
    visit = place.book()
    VisitSlot.objects.filter(pk=visit.slot_id).update(starts_at=db_now() - dt.timedelta(seconds=1))
    client.force_login(place.town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    today = reverse("visit_desk:today")
    assert visit.spoken_code in client.get(today).content.decode()
    assert client.post(reverse("visit_desk:mark", args=[visit.pk, "missed"])).status_code == 302
    client.post(reverse("visit_desk:mark", args=[visit.pk, "arrived"]))
    client.post(reverse("visit_desk:mark", args=[visit.pk, "arrived"]))
    visit.refresh_from_db()
    assert visit.arrived_at and not visit.missed_at
    assert visit_actions()[-2:] == ["visit.missed", "visit.arrived"]
    foreign = people.member(place.town.units["FN"], Role.CLERK, people.staff("obcy"))
    client.force_login(foreign, backend="django.contrib.auth.backends.ModelBackend")
    assert visit.spoken_code not in client.get(today).content.decode()
    assert client.post(reverse("visit_desk:mark", args=[visit.pk, "served"])).status_code == 404


def test_a_desk_is_set_up_on_the_screen(place: Place, client: Client) -> None:
    admin = people.member(place.town.unit, Role.UNIT_ADMIN)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    form = {"unit": place.town.unit.pk, "name": "Okienko 2", "room": "2", "services": [place.service.pk],
            "minutes": 20, "valid_from": people.today().isoformat(), "hours_0": "8-12, 12.30-15"}  # fmt: skip
    assert client.get(reverse("visit_desk:add")).status_code == 200
    bad = client.post(reverse("visit_desk:add"), {**form, "hours_0": "rano"})
    assert bad.status_code == 422 and "rano" in bad.content.decode()
    answer = client.post(reverse("visit_desk:add"), form)
    assert answer.status_code == 302, answer.content.decode()
    made = VisitDesk.objects.get(name="Okienko 2")
    assert made.week[0] == [["08:00", "12:00"], ["12:30", "15:00"]]
    assert client.get(reverse("visit_desk:edit", args=[made.pk])).status_code == 200
    assert client.get(reverse("visit_desk:desks")).status_code == 200


def test_a_card_and_a_unit_lead_to_the_visit_where_the_matter_is_received(place: Place, client: Client) -> None:
    made = portal(place.town.units)
    card, unit = made.card.url, UnitPage.objects.get(unit=place.town.unit).url
    times = reverse("visits:times", args=[place.town.unit.slug, place.service.code])
    assert times in client.get(card).content.decode()
    assert reverse("visits:matters", args=[place.town.unit.slug]) in client.get(unit).content.decode()
    other = made.letter.get_parent().url
    assert "/wizyty/" + place.town.unit.slug not in client.get(other).content.decode(), "not received at any desk"
    VisitDesk.objects.update(valid_until=people.today() - dt.timedelta(1))
    assert times not in client.get(card).content.decode()


def test_a_code_is_called_to_the_desk_on_the_screen_of_the_waiting_room(place: Place, client: Client) -> None:
    visit = place.book()
    screen = reverse("visits:screen", args=[place.town.unit.slug])
    assert visit.spoken_code not in client.get(screen).content.decode()
    clerk = access_of(place.town.clerk)
    deeds.mark(clerk, visit=visit, what="arrived")
    deeds.mark(clerk, visit=visit, what="called")
    deeds.mark(clerk, visit=visit, what="called")
    shown = client.get(screen).content.decode()
    assert visit.spoken_code in shown and "Okienko 1" in shown and "pokój 12" in shown
    assert "Kos" not in shown and visit.email not in shown and place.service.title not in shown, "no personal data"
    part = client.get(screen, {"czesc": 1}).content.decode()
    assert visit.spoken_code in part and "<html" not in part
    assert visit_actions()[-2:] == ["visit.called", "visit.called"], "called again is told again"
    deeds.mark(clerk, visit=visit, what="served")
    assert visit.spoken_code not in client.get(screen).content.decode()
    with pytest.raises(Refused):
        deeds.mark(clerk, visit=visit, what="called")


def test_the_newest_call_stands_first_and_old_ones_leave_the_screen(place: Place, client: Client) -> None:
    clerk = access_of(place.town.clerk)
    first, second = place.book(0), place.book(1, "b")
    for visit in (first, second):
        deeds.mark(clerk, visit=visit, what="called")
    screen = reverse("visits:screen", args=[place.town.unit.slug])
    shown = client.get(screen).content.decode()
    assert shown.index(second.spoken_code) < shown.index(first.spoken_code)
    Visit.objects.filter(pk=second.pk).update(called_at=db_now() - dt.timedelta(hours=1))
    assert second.spoken_code not in client.get(screen).content.decode()


def test_a_unit_without_desks_has_no_screen(place: Place, client: Client) -> None:
    assert client.get(reverse("visits:screen", args=[place.town.units["FN"].slug])).status_code == 404


def test_only_who_may_backdate_books_into_the_past(place: Place) -> None:
    slot = place.free()[0]
    early = db_now() - dt.timedelta(hours=3)
    with pytest.raises(NotAllowed):
        deeds.book(GUEST, slot_id=slot.pk, service=place.service, name="Jan Kos", email="j@example.org",
                   happened_at=early)  # fmt: skip
    kept = deeds.book(SYSTEM, slot_id=slot.pk, service=place.service, name="Jan Kos", email="j@example.org",
                      happened_at=early)  # fmt: skip
    assert kept.booked_at == early
