"""The main job as the office lives it, deed by deed: filed, assigned, registered, supplemented, decided, delivered."""

from __future__ import annotations

import datetime as dt

import pytest

from documents.models import Case, Letter
from documents.services import deliveries
from journal import follow, seal
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import GUEST, SYSTEM, Access, access_of
from people.models import User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import desk, intake, states
from workflow.models import Task
from workflow.services import assignment, clocks, closing, decisions, dispatch, supplements

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Office:
    return office()


def file(town: Office, **fields: object) -> intake.Intake:
    fields.setdefault("service_code", "udostepnienie-danych")
    owner = fields.get("owner_id")
    return intake.receive(
        access_of(User.objects.get(pk=owner)) if owner else GUEST, filings.filing(town.unit, **fields)
    )


def settle(town: Office, case: Case) -> Task:
    """Assigned, registered, drafted and sent for approval; the approval task."""
    assignment.assign(town.access("head"), case=case, to_user=town.clerk, instruction="proszę o załatwienie")
    assignment.register_case(town.access("clerk"), case=case)
    letter = decisions.draft_letter(
        town.access("clerk"), case=case, kind="decision", subject="Decyzja", body="Udostępniam dane."
    )
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


def hear() -> None:
    """Seal what happened and let the circulation hear of it."""
    seal.seal_round()
    follow.run_until_idle("dispatch")
    seal.seal_round()
    follow.run_until_idle("workflow-deliveries")


def test_one_filing_becomes_letter_case_receipt_and_the_heads_task(town: Office) -> None:
    taken = file(town)
    assert taken.letter.register_number.startswith("RPW/1/")
    assert taken.case.reference is None and len(taken.case.tracking_code.replace("-", "")) == 16
    assert taken.receipt.document_sha256 and taken.receipt.signed_at is None
    assert [t.verb for t in desk.inbox(town.access("head"), "do-dekretacji")] == ["assign"]
    assert states.public_status(taken.case).code == "registered"


def test_the_same_filing_twice_is_one_case_and_another_body_is_refused(town: Office) -> None:
    first = filings.filing(town.unit, service_code="udostepnienie-danych", intake_key="k1", attachments=())
    one, two = intake.receive(GUEST, first), intake.receive(GUEST, first)
    assert (one.created, two.created) == (True, False) and one.case == two.case and one.receipt == two.receipt
    with pytest.raises(Conflict):
        intake.receive(
            GUEST,
            filings.filing(
                town.unit, service_code="udostepnienie-danych", intake_key="k1", subject="Inny", attachments=()
            ),
        )
    assert Case.objects.count() == 1 and Letter.objects.count() == 1


def test_the_clerk_gives_the_reference_by_the_units_plan_without_gaps(town: Office) -> None:
    references = []
    for _n in range(3):
        case = file(town).case
        assignment.assign(town.access("head"), case=case, to_user=town.clerk)
        references.append(assignment.register_case(town.access("clerk"), case=case).reference)
    year = warsaw_day(db_now()).year
    assert references == [f"OR.5345.{n}.{year}" for n in (1, 2, 3)]


def test_only_the_head_assigns_and_only_to_somebody_who_handles_cases_there(town: Office) -> None:
    case = file(town).case
    with pytest.raises(NotAllowed):
        assignment.assign(town.access("clerk"), case=case, to_user=town.clerk)
    with pytest.raises(Refused):
        assignment.assign(town.access("head"), case=case, to_user=town.registry)


def test_a_decision_goes_from_draft_to_delivery_and_the_case_closes(town: Office) -> None:
    citizen = people.citizen()
    case = file(town, owner_id=citizen.user_id).case
    task = settle(town, case)
    with pytest.raises(NotAllowed):
        decisions.approve(town.access("clerk"), task=task, version_id=task.document_version_id)
    correction = decisions.return_letter(town.access("head"), task=task, reason="Brak podstawy prawnej")
    assert correction.assignee == town.clerk and correction.verb == "correct"
    assert task.letter is not None
    decisions.revise_letter(town.access("clerk"), letter=task.letter, subject="Decyzja", body="Na podstawie art. 104.")
    again = decisions.send_for_approval(town.access("clerk"), letter=task.letter)
    signing = decisions.approve(town.access("head"), task=again, version_id=again.document_version_id)
    letter = decisions.sign_and_send(town.access("head"), task=signing)
    assert letter.register_number.startswith("RPK/1/")
    case.refresh_from_db()
    assert states.case_state(case) == "decision_ready"
    hear()
    delivery = letter.delivery
    delivery.refresh_from_db()
    assert delivery.first_notice_at is not None and delivery.received_at is None
    receipt = deliveries.sign_for(access_of(citizen.user), delivery=delivery)
    assert receipt.kind == "upd"
    hear()
    case.refresh_from_db()
    assert states.case_state(case) == "closed" and case.outcome == "decision"
    assert not case.tasks.open().exists()


def test_an_approval_is_bound_to_the_version_that_was_read(town: Office) -> None:
    task = settle(town, file(town).case)
    stale = task.document_version_id
    with pytest.raises(Conflict):
        decisions.approve(town.access("head"), task=task, version_id=stale + 1000)
    decisions.revise_letter(town.access("clerk"), letter=task.letter, subject="Decyzja", body="Inaczej.")
    with pytest.raises(Conflict):
        decisions.approve(town.access("head"), task=task, version_id=stale)


def test_a_task_is_done_once_and_the_second_is_told_by_whom(town: Office) -> None:
    task = settle(town, file(town).case)
    decisions.approve(town.access("head"), task=task, version_id=task.document_version_id)
    with pytest.raises(Conflict, match="Kierownik|Anna"):
        decisions.approve(town.access("head"), task=task, version_id=task.document_version_id)


def test_a_call_stops_the_time_the_answer_starts_it_again(town: Office) -> None:
    citizen = people.citizen()
    case = file(town, owner_id=citizen.user_id).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    with pytest.raises(Refused):
        supplements.request_supplement(town.access("clerk"), case=case, items=[{"label": "Podpis"}], days=6, reason="")
    call = supplements.request_supplement(
        town.access("clerk"),
        case=case,
        days=7,
        reason="brak podpisu",
        items=[{"label": "Podpisany wniosek", "kind": "file"}],
    )
    case.refresh_from_db()
    assert states.case_state(case) == "waiting" and call.interval.until_day is None
    with pytest.raises(Refused):
        supplements.leave_unconsidered(town.access("clerk"), case=case)
    hear()
    deliveries.sign_for(access_of(citizen.user), delivery=call.letter.delivery)
    hear()
    call.refresh_from_db()
    assert call.due_on is not None and call.due_on >= warsaw_day(db_now()) + dt.timedelta(days=7)
    answered = intake.receive(
        access_of(citizen.user),
        filings.filing(
            town.unit, owner_id=citizen.user_id, answers_request_id=call.pk, service_code=None, intake_key="answer-1"
        ),
    )
    assert answered.case == case and answered.letter.register_number.startswith("RPW/2/")
    call.interval.refresh_from_db()
    case.refresh_from_db()
    assert states.case_state(case) == "in_progress" and call.interval.until_day is not None


def test_without_an_answer_the_case_is_left_unconsidered(town: Office) -> None:
    citizen = people.citizen()
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=60)
    case = intake.receive(
        SYSTEM,
        filings.filing(town.unit, service_code="udostepnienie-danych", owner_id=citizen.user_id, received_at=past),
    ).case
    assignment.assign(SYSTEM, case=case, to_user=town.clerk, happened_at=past)
    assignment.register_case(SYSTEM, case=case, happened_at=past)
    call = supplements.request_supplement(
        SYSTEM, case=case, days=7, reason="x", items=[{"label": "Mapa"}], happened_at=past + dt.timedelta(days=2)
    )
    hear()
    deliveries.age(past + dt.timedelta(days=20))
    hear()
    call.refresh_from_db()
    assert call.due_on is not None, "deemed delivered after 14 days starts the days of the call"
    supplements.leave_unconsidered(town.access("clerk"), case=case)
    case.refresh_from_db()
    assert states.case_state(case) == "left" and states.public_status(case).code == "left"


def test_a_guest_is_served_on_paper(town: Office) -> None:
    case = file(town).case
    task = settle(town, case)
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id)
    letter = decisions.sign_and_send(town.access("head"), task=signing, how="seal")
    hear()
    [posting] = desk.inbox(town.access("registry"), "do-wysylki")
    today = warsaw_day(db_now())
    dispatch.post(town.access("registry"), task=posting, posted_on=today, tracking_number="00123")
    letter.delivery.refresh_from_db()
    assert letter.delivery.posted_on == today
    deliveries.mark_receipt_returned(town.access("registry"), delivery=letter.delivery, day=today)
    hear()
    case.refresh_from_db()
    assert states.case_state(case) == "closed"


def test_a_weaker_filing_is_taken_and_the_call_for_a_signature_is_offered_first(town: Office) -> None:
    from workflow.models import ServiceVersion

    ServiceVersion.objects.filter(service__code="udostepnienie-danych").update(assurance=40)
    case = file(town).case
    assert case.process.signature_missing
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    case.refresh_from_db()
    assert states.offered(case, signature_missing=True)[0] == "request_supplement"


def test_a_new_date_needs_a_reason_and_moves_the_due_day(town: Office) -> None:
    case = file(town).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    case.refresh_from_db()
    assert case.due_on is not None
    later = case.due_on + dt.timedelta(days=30)
    with pytest.raises(Refused):
        clocks.extend_deadline(town.access("clerk"), case=case, new_day=later, reason=" ")
    clocks.extend_deadline(town.access("clerk"), case=case, new_day=later, reason="potrzebna opinia")
    case.refresh_from_db()
    assert case.due_on >= later
    clocks.suspend(town.access("clerk"), case=case, article="art. 97 § 1 pkt 4 k.p.a.", reason="zagadnienie wstępne")
    case.refresh_from_db()
    assert states.case_state(case) == "suspended"
    clocks.resume(town.access("clerk"), case=case)


@pytest.mark.parametrize(
    "name",
    [
        "registered_at",
        "decision_ready_at",
        "delivered_at",
        "closed_at",
        "left_at",
        "transferred_at",
        "withdrawn_at",
        "crossed_at",
    ],
)
def test_both_readings_of_a_state_agree(town: Office, name: str) -> None:
    case = file(town).case
    Case.objects.filter(pk=case.pk).update(**{"registered_at": db_now(), name: db_now()})
    case.refresh_from_db()
    assert states.with_state(Case.objects.filter(pk=case.pk)).get().state == states.case_state(case)


def test_every_deed_of_intake_is_told_in_the_journal(town: Office) -> None:
    case = file(town).case
    assert set(Entry.objects.of_case(case.pk).values_list("action", flat=True)) == {"case.opened", "letter.registered"}


def test_a_stranger_sees_nothing_on_the_desk(town: Office) -> None:
    file(town)
    stranger: Access = people.actor(town.units["SP-1"], "head")
    assert not desk.inbox(stranger, "do-dekretacji").exists()
    assert desk.counters(stranger)["do-dekretacji"] == 0
    with pytest.raises(NotFound):
        closing.close_case(stranger, case=Case.objects.get(), outcome="x")
