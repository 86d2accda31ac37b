"""Dekretacja: through several levels, with reasons and history, typed in for a head; others asked, who took note."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case
from documents.services import cases as case_deeds
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import SYSTEM, Access
from people.models import Role
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.models import Assignment, Task
from workflow.services import assignment, cooperation, decisions

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: object) -> Office:
    settings.STAFF_SECOND_FACTOR = False  # type: ignore[attr-defined]  # pytest-django's settings
    return office()


@pytest.fixture
def case(town: Office) -> Case:
    return intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case


@pytest.fixture
def finance(town: Office) -> Access:
    return people.actor(town.units["FN"], Role.HEAD)


def history(case: Case) -> list[tuple[str, str, bool]]:
    rows = Assignment.objects.filter(case=case).select_related("unit").order_by("id")
    return [(row.kind, row.unit.symbol, row.ended_at is None) for row in rows]


def test_a_case_goes_down_through_the_levels_and_every_level_is_kept(
    town: Office, case: Case, finance: Access
) -> None:
    further = assignment.pass_on(town.access("head"), case=case, to_unit=town.units["FN"], instruction="proszę ocenić")
    assert (further.verb, further.unit, further.role) == ("assign", town.units["FN"], Role.HEAD)
    case.refresh_from_db()
    assert case.unit == town.units["FN"]
    clerk = people.member(town.units["FN"], Role.CLERK, people.staff("ksiegowa"))
    task = assignment.assign(finance, case=case, to_user=clerk)
    assert task.unit == town.units["FN"]
    assert history(case) == [("passed", "FN", False), ("lead", "FN", True)]
    assert not Case.objects.visible_to(town.access("clerk")).filter(pk=case.pk).exists()


def test_a_case_with_a_reference_is_not_passed_on_nor_one_to_another_body(town: Office, case: Case) -> None:
    with pytest.raises(Refused):
        assignment.pass_on(town.access("head"), case=case, to_unit=town.units["SP-1"])
    with pytest.raises(Refused):
        assignment.pass_on(town.access("head"), case=case, to_unit=town.unit)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    with pytest.raises(Refused):
        assignment.pass_on(town.access("head"), case=case, to_unit=town.units["FN"])
    assert history(case) == [("lead", "OR", True)]


def test_a_case_changes_hands_only_with_a_reason_and_both_stay_in_its_history(town: Office, case: Case) -> None:
    other = people.member(town.unit, Role.CLERK, people.staff("drugi"))
    assignment.assign(town.access("head"), case=case, to_user=town.clerk, instruction="proszę załatwić")
    with pytest.raises(Refused):
        assignment.assign(town.access("head"), case=case, to_user=other)
    assignment.assign(town.access("head"), case=case, to_user=other, reason="urlop")
    kept = list(Assignment.objects.filter(case=case).order_by("id"))
    assert [(row.user, row.reason, row.ended_at is None) for row in kept] == [
        (town.clerk, "", False), (other, "urlop", True),
    ]  # fmt: skip
    assert [task.assignee for task in Task.objects.open().filter(case=case, verb="handle")] == [other]


def test_who_types_in_a_heads_decision_is_named_beside_the_head(town: Office, case: Case) -> None:
    with pytest.raises(NotAllowed):
        assignment.assign(town.access("clerk"), case=case, to_user=town.clerk)
    with pytest.raises(NotAllowed):
        assignment.assign(town.access("clerk"), case=case, to_user=town.clerk, decided_by=town.registry)
    assignment.assign(town.access("clerk"), case=case, to_user=town.clerk, decided_by=town.head)
    kept = Assignment.objects.get(case=case)
    assert (kept.decided_by, kept.entered_by) == (town.head, town.clerk)
    entry = Entry.objects.get(action="case.assigned", case_id=case.pk)
    assert str(entry.user_id) == str(town.clerk.pk) and entry.data["decided_by"] == town.head.pk


def test_a_stranger_types_in_nothing(town: Office, case: Case) -> None:
    stranger = people.actor(town.units["FN"], Role.CLERK)
    with pytest.raises(NotFound):
        assignment.assign(stranger, case=case, to_user=town.clerk, decided_by=town.head)


def test_another_unit_is_asked_reads_the_case_and_answers_once(town: Office, case: Case, finance: Access) -> None:
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assert not Case.objects.visible_to(finance).filter(pk=case.pk).exists()
    task = cooperation.invite(
        town.access("clerk"), case=case, unit=town.units["FN"], kind="cooperates", instruction="czy są środki?"
    )
    assert Case.objects.visible_to(finance).filter(pk=case.pk).exists()
    assert list(Task.objects.actionable_by(finance).filter(case=case)) == [task]
    with pytest.raises(Refused):
        cooperation.answer(finance, task=task, comment=" ")
    cooperation.answer(finance, task=task, comment="Są, w paragrafie 4300.")
    with pytest.raises(Conflict):
        cooperation.answer(finance, task=task, comment="Jednak nie.")
    task.refresh_from_db()
    assert (task.outcome, task.comment) == ("answered", "Są, w paragrafie 4300.")
    said = list(Entry.objects.filter(case_id=case.pk).values_list("action", flat=True).order_by("pk"))
    assert said[-3:] == ["case.shared", "case.invited", "case.opinion_given"]


def test_a_school_is_written_to_and_sees_no_case_of_the_city(town: Office, case: Case) -> None:
    people.member(town.units["SP-1"], Role.HEAD, people.staff("dyrektor"))
    with pytest.raises(Refused):
        cooperation.invite(town.access("head"), case=case, unit=town.units["SP-1"], kind="informed")


def test_a_unit_without_a_head_is_not_asked(town: Office, case: Case) -> None:
    with pytest.raises(Refused):
        cooperation.invite(town.access("head"), case=case, unit=town.units["FN"], kind="informed")


def test_one_unit_is_asked_once_at_a_time_and_told_without_an_answer(town: Office, case: Case, finance: Access) -> None:
    head = town.access("head")
    told = cooperation.invite(head, case=case, unit=town.units["FN"], kind="informed")
    with pytest.raises(Conflict):
        cooperation.invite(head, case=case, unit=town.units["FN"], kind="informed")
    cooperation.answer(finance, task=told)
    told.refresh_from_db()
    assert told.outcome == "noted"
    cooperation.invite(head, case=case, unit=town.units["FN"], kind="informed")
    assert Entry.objects.filter(case_id=case.pk, action="case.shared").count() == 1, "opened once"


@pytest.mark.parametrize(("kind", "instruction"), [("cooperates", ""), ("lead", "x"), ("", "x")])
def test_a_question_without_words_or_of_no_kind_is_refused(
    town: Office, case: Case, kind: str, instruction: str
) -> None:
    with pytest.raises(Refused):
        cooperation.invite(town.access("head"), case=case, unit=town.units["FN"], kind=kind, instruction=instruction)


def test_a_sealed_case_is_opened_to_no_unit(town: Office, case: Case) -> None:
    case_deeds.seal(town.access("head"), case=case, readers=[town.clerk], reason="dane wrażliwe")
    with pytest.raises(Refused):
        cooperation.invite(town.access("head"), case=case, unit=town.units["FN"], kind="informed")
    with pytest.raises(Refused):
        cooperation.invite(town.access("head"), case=case, unit=town.unit, kind="informed")


def test_the_instructions_used_most_are_offered_first(town: Office) -> None:
    assert assignment.instructions(town.unit)[0] == "proszę załatwić"
    for text in ("do wyjaśnienia", "do wyjaśnienia", "pilne"):
        made = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
        assignment.assign(town.access("head"), case=made, to_user=town.clerk, instruction=text)
    assert assignment.instructions(town.unit)[:2] == ["do wyjaśnienia", "pilne"]


def test_on_the_screen_a_head_assigns_passes_on_and_asks_and_sees_the_history(town: Office, case: Case) -> None:
    client = Client()
    client.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("desk:case", args=[case.pk])).content.decode()
    assert "-lista" in page and "proszę załatwić" in page, "instructions are offered"

    def deed(verb: str, **data: object) -> None:
        answer = client.post(
            reverse("desk:deed", args=[case.pk, verb]), {f"{verb}-{name}": value for name, value in data.items()}
        )
        assert answer.status_code == 302, answer.content.decode()[-3000:]

    deed("assign", to_user=town.clerk.pk, instruction="pilne")
    finance = people.member(town.units["FN"], Role.HEAD, people.staff("skarbnik"))
    deed("invite", unit=town.units["FN"].pk, kind="cooperates", instruction="czy są środki?")
    other = Client()
    other.force_login(finance, backend="django.contrib.auth.backends.ModelBackend")
    task = Task.objects.get(case=case, verb="consult")
    assert "czy są środki?" in other.get(reverse("desk:case", args=[case.pk])).content.decode()
    answer = other.post(
        reverse("desk:deed", args=[case.pk, "opinion"]), {"opinion-task_id": task.pk, "opinion-comment": "Tak, są."}
    )
    assert answer.status_code == 302
    page = client.get(reverse("desk:case", args=[case.pk])).content.decode()
    assert "Tak, są." in page and "pilne" in page and str(town.clerk) in page


def test_the_cases_of_who_leaves_go_to_another_each_by_its_own_deed(town: Office) -> None:
    other = people.member(town.unit, Role.CLERK, people.staff("nastepca"))
    code = "udostepnienie-danych"
    made = [intake.receive(SYSTEM, filing=filing(town.unit, service_code=code)).case for _n in range(3)]
    for each in made:
        assignment.assign(town.access("head"), case=each, to_user=town.clerk)
    case_deeds.seal(town.access("head"), case=made[2], readers=[town.clerk], reason="dane wrażliwe")
    client = Client()
    client.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("desk:hand_over", args=[town.unit.pk, town.clerk.pk])
    shown = client.get(address).content.decode()
    assert all(f"/sprawa/{each.pk}/" in shown for each in made)
    assert client.post(address, {"to_user": other.pk, "reason": ""}).status_code == 422
    answer = client.post(address, {"to_user": other.pk, "reason": "odejście z pracy"}).content.decode()
    assert "najpierw" in answer and str(other) in answer, "the sealed one says why it stays"
    hands = dict(Case.objects.values_list("pk", "handler"))
    assert [hands[each.pk] for each in made] == [other.pk, other.pk, town.clerk.pk]
    assert Entry.objects.filter(action="case.assigned").count() == 5
    foreign = people.member(town.units["FN"], Role.HEAD, people.staff("obcy"))
    client.force_login(foreign, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 404


def test_a_letter_that_came_back_is_corrected_by_who_took_the_case(town: Office, case: Case) -> None:
    other = people.member(town.unit, Role.CLERK, people.staff("nastepca"))
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="notice", subject="P", body="Tekst.")
    decisions.return_letter(
        town.access("head"), task=decisions.send_for_approval(town.access("clerk"), letter=letter), reason="popraw"
    )
    assignment.assign(town.access("head"), case=case, to_user=other, reason="urlop")
    assert {task.assignee for task in Task.objects.open().filter(case=case)} == {other}
