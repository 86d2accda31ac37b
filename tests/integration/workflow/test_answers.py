"""A call for a supplement is answered once, by its own party, and its time is not held against the clerk."""

from __future__ import annotations

import datetime as dt

import pytest

from documents.models import Case
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, Refused
from people.access import GUEST, access_of
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import desk, intake
from workflow.models import SupplementRequest, Task
from workflow.services import assignment, clocks, supplements

pytestmark = pytest.mark.django_db


def called(town: Office) -> SupplementRequest:
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    return call_again(town, case)


def call_again(town: Office, case: Case) -> SupplementRequest:
    return supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )


def test_an_answered_call_is_not_answered_again_while_another_one_waits(town: Office) -> None:
    first = called(town)
    intake.receive(GUEST, filings.filing(town.unit, answers_request_id=first.pk))
    first.refresh_from_db()
    call_again(town, first.case)
    with pytest.raises(Conflict):
        intake.receive(GUEST, filings.filing(town.unit, answers_request_id=first.pk))
    again = SupplementRequest.objects.get(pk=first.pk)
    assert (again.answered_at, again.answer_letter_id) == (first.answered_at, first.answer_letter_id)


def test_a_guests_call_is_answered_also_by_who_has_signed_in_since(town: Office) -> None:
    call = called(town)
    citizen = people.citizen()
    taken = intake.receive(access_of(citizen.user), filings.filing(town.unit, answers_request_id=call.pk))
    call.refresh_from_db()
    assert call.answer_letter == taken.letter


def test_a_task_is_not_overdue_while_the_time_stands_still(town: Office) -> None:
    call = called(town)
    past = warsaw_day(db_now()) - dt.timedelta(days=3)
    Task.objects.filter(case=call.case).update(due_on=past)
    access = town.access("clerk")
    assert desk.counters(access)["po-terminie"] == 0
    assert [task.stands_still for task in desk.inbox(access, "moje")] == [True]
    assert sum(row["overdue"] for row in desk.load(town.access("head"))) == 0
    intake.receive(GUEST, filings.filing(town.unit, answers_request_id=call.pk))
    Task.objects.filter(case=call.case).update(due_on=past)
    assert desk.counters(access)["po-terminie"] == 1


def test_a_new_date_is_never_a_past_one(town: Office) -> None:
    case = called(town).case
    today = warsaw_day(db_now())
    case.due_on = today - dt.timedelta(days=9)
    case.save(update_fields=["due_on"])
    with pytest.raises(Refused):
        clocks.extend_deadline(
            town.access("clerk"), case=case, new_day=today - dt.timedelta(days=1), reason="zawiłość sprawy"
        )
    assert clocks.extend_deadline(town.access("clerk"), case=case, new_day=today + dt.timedelta(days=90), reason="x").pk
