"""A further letter goes into the case it belongs to, and only by who registers letters there."""

from __future__ import annotations

import dataclasses

import pytest
from django.utils import timezone

from documents.filing import Filing, Sender
from documents.models import Case, Letter
from journal.errors import NotFound
from journal.models import Audience, Entry
from people.access import GUEST, access_of
from people.models import Role
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.services import assignment

pytestmark = pytest.mark.django_db


def opened(town: Office) -> Case:
    return intake.receive(GUEST, filings.filing(town.unit)).case


def further(case: Case, key: str = "paper:further") -> Filing:
    return filings.filing(case.unit, channel="paper", case_id=case.pk, intake_key=key, service_code=None)


def test_it_opens_no_case_and_waits_for_who_assigns(town: Office) -> None:
    case = opened(town)
    sent = further(case)
    taken = intake.receive(town.access("registry"), sent)
    assert taken.case == case and taken.letter.case_id == case.pk and Case.objects.count() == 1
    assert taken.letter.register_number and taken.receipt.pk
    assert case.tasks.open().get(letter=taken.letter).verb == "assign"
    entry = Entry.objects.of_case(case.pk).filter(action="letter.registered").order_by("id").last()
    assert entry is not None and entry.audience == Audience.PARTY
    again = intake.receive(town.access("registry"), sent)
    assert not again.created and again.letter == taken.letter


def test_the_handler_gets_a_task(town: Office) -> None:
    case = opened(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    taken = intake.receive(town.access("registry"), further(case))
    task = case.tasks.open().get(letter=taken.letter)
    assert (task.verb, task.assignee) == ("handle", town.clerk)


def test_a_closed_case_stays_closed(town: Office) -> None:
    case = opened(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), outcome="settled")
    taken = intake.receive(town.access("registry"), further(case))
    case.refresh_from_db()
    assert case.closed_at is not None and case.tasks.open().filter(letter=taken.letter).exists()


def test_a_case_of_strangers_is_not_there(town: Office) -> None:
    case = opened(town)
    stranger = access_of(people.member(town.units["SP-1"], Role.REGISTRY))
    for actor in (stranger, town.access("clerk"), GUEST):
        with pytest.raises(NotFound):
            intake.receive(actor, further(case))
        assert not intake.reachable(actor).filter(pk=case.pk).exists()
    assert Letter.objects.count() == 1
    assert intake.reachable(town.access("registry")).filter(pk=case.pk).exists()


def test_a_filing_without_a_case_has_the_digest_it_always_had() -> None:
    plain = Filing(channel="paper", unit_id=1, subject="Temat", sender=Sender(name="Jan"), intake_key="k")
    assert plain.digest() == "541b395f82f23649a53704ccdb5aa541681e287687909f72491e87e433ca1644"
    assert dataclasses.replace(plain, case_id=1).digest() != plain.digest()
