"""A letter goes its way once, forwards, and past two pairs of eyes."""

from __future__ import annotations

import pytest

from documents.models import Case
from journal.errors import Conflict, NotAllowed, Refused
from people.access import GUEST
from people.models import Role
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.models import Task
from workflow.services import assignment, closing, decisions, supplements

pytestmark = pytest.mark.django_db


def registered(town: Office, **fields: object) -> Case:
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych", **fields)).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    return assignment.register_case(town.access("clerk"), case=case)


def waiting(town: Office, case: Case, kind: str = "decision") -> Task:
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind=kind, subject="Pismo", body="Tak.")
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


def test_who_wrote_the_last_text_does_not_approve_it(town: Office) -> None:
    case = registered(town)
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="decision", subject="Decyzja", body="Tak.")
    decisions.revise_letter(town.access("head"), letter=letter, subject="Decyzja", body="Nie.")
    task = decisions.send_for_approval(town.access("clerk"), letter=letter)
    with pytest.raises(NotAllowed):
        decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    other = people.actor(town.unit, Role.HEAD)
    assert decisions.approve(other, task=task, version_id=task.document_version_id or 0).verb == "sign"


def test_a_signed_letter_on_its_way_to_the_post_is_not_returned(town: Office) -> None:
    case = registered(town)
    task = waiting(town, case, kind="notice")
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    letter = decisions.sign_and_send(town.access("head"), task=signing)
    posting = case.tasks.open().get(verb="dispatch")
    boss = people.actor(town.units["UM"], Role.HEAD, subtree=True)
    with pytest.raises(Refused):
        decisions.return_letter(boss, task=posting, reason="jednak nie")
    letter.refresh_from_db()
    assert letter.approved_at is not None and case.tasks.open().filter(verb="dispatch").exists()


def test_a_changed_letter_leaves_no_stale_task_behind(town: Office) -> None:
    case = registered(town)
    task = waiting(town, case)
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    assert task.letter is not None
    decisions.revise_letter(town.access("clerk"), letter=task.letter, subject="Decyzja", body="Inaczej.")
    with pytest.raises(Conflict):
        decisions.sign_and_send(town.access("head"), task=signing)
    assert not case.tasks.open().filter(verb__in=["approve", "sign"]).exists()
    again = decisions.send_for_approval(town.access("clerk"), letter=task.letter)
    with pytest.raises(Conflict):
        decisions.return_letter(town.access("head"), task=signing, reason="stare")
    assert decisions.approve(town.access("head"), task=again, version_id=again.document_version_id or 0).done_at is None


def test_a_case_is_crossed_out_only_where_its_state_allows_and_takes_its_tasks_along(town: Office) -> None:
    case = registered(town)
    supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )
    with pytest.raises(Refused):
        closing.cross_out(town.access("clerk"), case=case, reason="pomyłka")
    other = registered(town)
    closing.cross_out(town.access("clerk"), case=other, reason="pomyłka")
    other.refresh_from_db()
    assert other.crossed_at is not None and not other.tasks.open().exists()
