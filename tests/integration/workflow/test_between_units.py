"""A letter to another unit of the town: typed once, numbered by each, entered once whatever dies in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents.boxes import registry
from documents.models import Case, Delivery, Letter
from documents.services import deliveries
from journal import follow, seal
from journal.errors import NotAllowed, Refused
from journal.models import Audience, Entry
from people.access import SYSTEM
from people.models import Role
from tests.factories import documents as documents_factory
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import collect, intake
from workflow.models import Task
from workflow.services import assignment, decisions

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Any) -> Office:
    settings.STAFF_SECOND_FACTOR, settings.BLOB_DIR = False, tmp_path / "blobs"
    made = office()
    documents_factory.plan_of(made.units["SP-1"])
    return made


@pytest.fixture
def case(town: Office) -> Case:
    made = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=made, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=made)
    return Case.objects.get(pk=made.pk)


def written(town: Office, case: Case) -> Letter:
    letter = decisions.draft_letter(
        town.access("clerk"), case=case, kind="answer", subject="Prośba o dane ucznia", body="Proszę o odpis.",
        to_unit=town.units["SP-1"],
    )  # fmt: skip
    task = decisions.send_for_approval(town.access("clerk"), letter=letter)
    signing = decisions.approve(town.access("head"), task=task, version_id=task.document_version_id or 0)
    assert signing is not None
    return decisions.sign_and_send(town.access("head"), task=signing)


def dispatched() -> None:
    seal.seal_round()
    follow.run_until_idle("dispatch")


def test_what_one_unit_sends_is_what_the_other_receives_each_with_its_own_number(town: Office, case: Case) -> None:
    sent = written(town, case)
    dispatched()
    assert collect.collect("town") == 1
    (came,) = Letter.objects.filter(unit=town.units["SP-1"], direction="in")
    sent.refresh_from_db()
    assert came.register_number and sent.register_number and came.register_number != sent.register_number
    assert came.subject == "Prośba o dane ucznia" and came.channel == "town" and came.body == town.units["SP-1"]
    assert came.correspondent_mark == f"{case.reference}, {sent.register_number}"
    assert came.correspondent is not None and came.correspondent.name == town.unit.name
    files = {version.blob_id for document in came.documents.all() for version in document.versions.all()}
    assert sent.signed_version is not None and sent.signed_version.blob_id in files, "the signed letter itself"
    delivery = Delivery.objects.get(letter=sent)
    assert delivery.received_at and sent.sent_at
    assert came.case is not None and Task.objects.open().filter(case=came.case, verb="assign").exists()
    assert not Task.objects.open().filter(letter=sent, verb="dispatch").exists(), "nobody prints it"


def test_asked_again_or_killed_in_between_it_enters_once(
    town: Office, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(town, case)
    dispatched()

    def dies(*_args: Any) -> None:
        raise RuntimeError("killed on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(registry.get("town"), "acknowledge", dies, raising=False)
        with pytest.raises(RuntimeError):
            collect.collect("town")
    assert collect.collect("town") == 0, "the same filing, taken before"
    assert sum(collect.collect(name) for name in registry.names()) == 0
    assert Letter.objects.filter(unit=town.units["SP-1"], direction="in").count() == 1
    assert Entry.objects.filter(action="delivery.taken_in").count() == 1


def test_a_letter_that_cannot_enter_waits_and_stops_no_other(
    town: Office, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(town, case)
    written(town, case)
    dispatched()
    real, tried = intake.receive, []

    def first_refused(actor: Any, filing: Any) -> Any:
        tried.append(filing.intake_key)
        if len(tried) == 1:
            raise Refused("closed on purpose")
        return real(actor, filing)

    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive", first_refused)
        assert collect.collect("town") == 1
    assert Delivery.objects.filter(box="town", received_at=None).count() == 1
    assert collect.collect("town") == 1


def test_the_citizen_sees_nothing_of_the_letter_and_the_case_is_not_settled_by_it(town: Office, case: Case) -> None:
    sent = written(town, case)
    case.refresh_from_db()
    assert case.decision_ready_at is None
    told = Entry.objects.filter(case_id=case.pk, audience=Audience.PARTY).values_list("object_id", "label")
    assert not [label for pk, label in told if pk == str(sent.pk) and label.startswith("documents.letter")]


def test_a_case_of_the_citizens_account_still_writes_to_the_unit(town: Office, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(owner=people.citizen().user)
    sent = written(town, Case.objects.get(pk=case.pk))
    assert Delivery.objects.get(letter=sent).box == "town" and Delivery.objects.get(letter=sent).user is None


def test_only_the_machinery_takes_letters_in_and_no_unit_writes_to_itself(town: Office, case: Case) -> None:
    sent = written(town, case)
    with pytest.raises(NotAllowed):
        deliveries.taken_in(town.access("head"), delivery_id=Delivery.objects.get(letter=sent).pk)
    with pytest.raises(Refused):
        decisions.draft_letter(
            town.access("clerk"), case=case, kind="answer", subject="x", body="x", to_unit=town.unit
        )


def test_a_clerk_chooses_the_unit_on_the_screen(town: Office, case: Case) -> None:
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        reverse("desk:deed", args=[case.pk, "draft"]),
        {"draft-to_unit": town.units["SP-1"].pk, "draft-kind": "answer", "draft-subject": "P", "draft-body": "T"},
    )
    assert answer.status_code == 302
    letter = Letter.objects.get(case=case, direction="out")
    assert letter.correspondent is not None and letter.correspondent.unit == town.units["SP-1"]
    head = people.actor(town.units["SP-1"], Role.HEAD)
    assert not Case.objects.visible_to(head).filter(pk=case.pk).exists(), "it gets the letter, not sight of the case"
