"""Tasks show a case to nobody who may not see it: sealed, above the clearance, or of a unit one has left."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case, Delivery
from documents.services import cases
from journal import follow, seal
from journal.errors import NotFound, Refused
from people.access import GUEST, SYSTEM, Access, access_of
from people.models import Membership, Role, Substitution
from people.services import memberships, substitutions
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import desk, intake
from workflow.models import Task
from workflow.services import assignment, clocks, decisions, supplements

pytestmark = pytest.mark.django_db


def handled(town: Office) -> Case:
    """A registered case with a draft that waits for approval; the clerk has the handling task."""
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="decision", subject="Decyzja", body="Tak.")
    decisions.send_for_approval(town.access("clerk"), letter=letter)
    return case


def shown(access: Access) -> set[int]:
    """Cases that any list of the desk or the API shows."""
    lists = [desk.waiting(access), desk.done(access), Task.objects.visible_to(access)]
    lists += [desk.inbox(access, tab.code) for tab in desk.tabs(access)]
    return {task.case_id for tasks in lists for task in tasks}


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_sealed_case_leaves_the_desk_of_everybody_but_its_readers(town: Office) -> None:
    case = handled(town)
    assert shown(town.access("clerk")) == {case.pk}
    cases.seal(town.access("head"), case=case, readers=[], reason="dane wrażliwe")
    assert shown(town.access("clerk")) == set()
    assert shown(town.access("head")) == {case.pk}
    assert signed_in(town.clerk).get(reverse("desk:case", args=[case.pk])).status_code == 404
    assert signed_in(town.head).get(reverse("desk:case", args=[case.pk])).status_code == 200


def test_a_case_above_the_clearance_leaves_the_desk(town: Office) -> None:
    case = handled(town)
    Case.objects.filter(pk=case.pk).update(clearance=1)
    assert shown(town.access("clerk")) == set()
    assert signed_in(town.clerk).get(reverse("desk:case", args=[case.pk])).status_code == 404


def test_who_left_the_unit_keeps_nothing_of_its_cases(town: Office) -> None:
    case = handled(town)
    memberships.end(SYSTEM, membership=Membership.objects.get(user=town.clerk))
    people.join(town.units["FN"], Role.CLERK, town.clerk)
    assert shown(town.access("clerk")) == set()
    assert signed_in(town.clerk).get(reverse("desk:case", args=[case.pk])).status_code == 404


def test_a_substitute_finds_the_tasks_of_the_absent_person(town: Office) -> None:
    case = handled(town)
    other = people.member(town.units["FN"], Role.CLERK)
    assert shown(access_of(other)) == set()
    substitutions.plan(
        SYSTEM, absent=town.clerk, substitute=other, valid_from=people.today(), valid_until=people.today(),
        scope=Substitution.Scope.INBOX,
    )  # fmt: skip
    assert [task.case_id for task in desk.inbox(access_of(other), "zastepstwa")] == [case.pk]


def test_no_deed_is_done_in_a_sealed_case_by_who_does_not_read_it(town: Office) -> None:
    case = handled(town)
    task = case.tasks.open().get(verb="approve")
    cases.seal(town.access("head"), case=case, readers=[], reason="dane wrażliwe")
    with pytest.raises(NotFound):
        clocks.extend_deadline(
            town.access("clerk"), case=case, new_day=case.due_on.replace(year=case.due_on.year + 1), reason="zawiłość"
        )
    deputy = people.actor(town.unit, Role.HEAD)
    with pytest.raises(NotFound):
        decisions.approve(deputy, task=task, version_id=task.document_version_id or 0)
    with pytest.raises(NotFound):
        assignment.assign(deputy, case=case, to_user=town.clerk)


def test_a_sealed_case_is_assigned_to_its_readers_only(town: Office) -> None:
    case = handled(town)
    cases.seal(town.access("head"), case=case, readers=[], reason="dane wrażliwe")
    with pytest.raises(Refused):
        assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    cases.share(town.access("head"), case=case, reader=town.clerk)
    assert assignment.assign(town.access("head"), case=case, to_user=town.clerk).assignee == town.clerk


def test_the_registry_sees_what_it_sends_and_nothing_else_of_the_case(town: Office) -> None:
    case = handled(town)
    task = case.tasks.open().get(verb="approve")
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    letter = decisions.sign_and_send(town.access("head"), task=signing)
    page = signed_in(town.registry).get(reverse("desk:case", args=[case.pk]))
    file = page.context["file"]
    assert [panel.verb for panel in page.context["panels"]] == ["posted"]
    assert letter in file.letters
    assert file.entries == [] and reverse("case_metryka_pdf", args=[case.pk]) not in page.content.decode()


def test_who_registers_a_paper_letter_sees_it_registered(town: Office) -> None:
    client = signed_in(town.registry)
    key = client.get(reverse("desk:paper")).context["form"]["key"].value()
    answer = client.post(
        reverse("desk:paper"),
        {"unit": town.unit.pk, "service": "pismo-ogolne", "subject": "Pismo z poczty", "sender_name": "Jan Próbny",
         "sender_kind": "person", "channel": "paper", "key": key},
        follow=True,
    )  # fmt: skip
    assert answer.status_code == 200 and "RPW/1/" in answer.content.decode()


def test_the_registry_records_the_return_receipt_of_what_it_posted(town: Office) -> None:
    case = handled(town)
    task = case.tasks.open().get(verb="approve")
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    decisions.sign_and_send(town.access("head"), task=signing)
    client, page = signed_in(town.registry), reverse("desk:case", args=[case.pk])
    (panel,) = client.get(page).context["panels"]
    today = people.today().isoformat()
    client.post(panel.url, {"posted-task_id": panel.task.pk, "posted-posted_on": today})
    panel, other = client.get(page).context["panels"]
    assert (panel.verb, other.verb) == ("receipt_returned", "returned_by_post")
    said = {"receipt_returned-delivery_id": panel.form.initial["delivery_id"],
            "receipt_returned-receipt_returned_on": today}  # fmt: skip
    assert client.post(panel.url, said, follow=True).status_code == 200
    assert case.letters.get(direction="out").delivery.received_at is not None


def test_an_unclaimed_letter_is_deemed_delivered_and_the_case_goes_on(town: Office) -> None:
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    call = supplements.request_supplement(
        town.access("clerk"), case=case, items=[{"label": "numer działki"}], days=7, reason="brak"
    )
    today = people.today()
    sent = Delivery.objects.get(letter=call.letter)
    assert [task.letter for task in desk.inbox(town.access("registry"), "do-wysylki")] == [call.letter]
    Delivery.objects.filter(pk=sent.pk).update(posted_on=today - dt.timedelta(days=20))
    client, page = signed_in(town.registry), reverse("desk:case", args=[case.pk])
    panel = next(p for p in client.get(page).context["panels"] if p.verb == "returned_by_post")
    deemed = today - dt.timedelta(days=3)
    said = {"returned_by_post-delivery_id": sent.pk, "returned_by_post-returned_on": today.isoformat(),
            "returned_by_post-deemed_on": deemed.isoformat()}  # fmt: skip
    assert client.post(panel.url, said, follow=True).status_code == 200
    seal.seal_all()
    follow.run_until_idle("workflow-deliveries")
    call.refresh_from_db()
    assert call.due_on is not None and call.due_on >= deemed + dt.timedelta(days=7)


def test_a_mistyped_place_in_a_list_is_its_beginning(town: Office) -> None:
    assert signed_in(town.head).get(reverse("desk:inbox"), {"po": "2026-01-01_²"}).status_code == 200
    citizen = people.citizen()
    for typed in ("²", "9" * 40, "-1"):
        assert signed_in(citizen.user).get(reverse("cms_pages:my_cases"), {"przed": typed}).status_code == 200
