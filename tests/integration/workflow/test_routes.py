"""Letters on longer routes: side by side, by quorum, on conditions, past an absent head; tasks that rest too long."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from documents.models import Case
from documents.services import cases as case_deeds
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.models import Entry
from people.access import SYSTEM
from people.models import Role, User
from tests.factories import documents as documents_factory
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.models import RouteTemplate, Task
from workflow.routes import escalation
from workflow.routes.engine import Condition
from workflow.services import assignment, catalogue, decisions
from workflow.services.catalogue import Step

pytestmark = pytest.mark.django_db
START = (Step("assign", Role.HEAD), Step("handle", Role.CLERK))
SIGN = Step("sign", Role.HEAD)


@pytest.fixture
def town() -> Office:
    return office()


def begun(town: Office, *steps: Step) -> Case:
    """A registered case on the route assign, handle, then these steps."""
    catalogue.add_route(SYSTEM, code="standard", name="Droga", steps=[*START, *steps])
    case = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    return Case.objects.get(pk=case.pk)


def sent(town: Office, case: Case, who: str = "clerk", kind: str = "decision") -> Task:
    letter = decisions.draft_letter(town.access(who), case=case, kind=kind, subject="Decyzja", body="Przyznaję.")
    return decisions.send_for_approval(town.access(who), letter=letter)


def approve(access: Any, task: Task) -> Task | None:
    return decisions.approve(access, task=task, version_id=task.document_version_id or 0)


def waiting(case: Case, verb: str) -> list[Task]:
    return list(Task.objects.open().filter(case=case, verb=verb).order_by("step"))


def test_two_of_three_side_by_side_are_enough_and_the_third_is_asked_no_more(town: Office) -> None:
    places = [town.units[symbol] for symbol in ("OR", "FN", "UM")]
    side = [Step("approve", Role.HEAD, where="named", unit=unit, group=3, quorum="2") for unit in places]
    finance, boss = (people.actor(town.units[u], Role.HEAD) for u in ("FN", "UM"))
    case = begun(town, *side, Step("sign", Role.HEAD, group=9))
    sent(town, case)
    own, of_finance, of_boss = waiting(case, "approve")
    assert approve(finance, of_finance) is None, "one of two"
    assert not waiting(case, "sign")
    signing = approve(town.access("head"), own)
    assert signing is not None and signing.verb == "sign"
    of_boss.refresh_from_db()
    assert of_boss.outcome == "cancelled"
    with pytest.raises(Conflict):
        approve(boss, of_boss)


def test_all_levels_follow_one_another_and_a_return_anywhere_starts_them_again(town: Office) -> None:
    boss = people.actor(town.units["UM"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD), Step("approve", Role.HEAD, where="body"), SIGN)
    first = sent(town, case)
    second = approve(town.access("head"), first)
    assert second is not None and (second.verb, second.unit) == ("approve", town.units["UM"])
    correction = decisions.return_letter(boss, task=second, reason="Zła data.")
    assert correction.assignee == town.clerk
    letter = correction.letter
    assert letter is not None
    decisions.revise_letter(town.access("clerk"), letter=letter, subject="Decyzja", body="Przyznaję od jutra.")
    again = decisions.send_for_approval(town.access("clerk"), letter=letter)
    assert again.unit == town.unit and again.group == first.group, "from the beginning, in the new version"
    last = approve(boss, approve(town.access("head"), again) or again)
    assert last is not None and last.verb == "sign"


def test_a_return_ends_what_waits_beside_it(town: Office) -> None:
    people.actor(town.units["FN"], Role.HEAD)
    side = [Step("approve", Role.HEAD, where="named", unit=town.units[u], group=3) for u in ("OR", "FN")]
    case = begun(town, *side, Step("sign", Role.HEAD, group=9))
    decisions.return_letter(town.access("head"), task=sent(town, case), reason="Popraw.")
    assert not waiting(case, "approve")
    assert [task.verb for task in Task.objects.open().filter(case=case)] == ["handle", "correct"]


def test_a_condition_sends_only_what_it_names_the_longer_way(town: Office) -> None:
    people.actor(town.units["UM"], Role.HEAD)
    costly = Step("approve", Role.HEAD, where="body", conditions=(Condition("letter_kind", "eq", "decision"),))
    case = begun(town, Step("approve", Role.HEAD), costly, SIGN)
    notice = approve(town.access("head"), sent(town, case, kind="notice"))
    assert notice is not None and notice.verb == "sign"
    decision = approve(town.access("head"), sent(town, case))
    assert decision is not None and (decision.verb, decision.unit) == ("approve", town.units["UM"])


def test_the_head_of_a_small_unit_signs_his_own_letter_where_the_route_lets_him_skip_his_approval(town: Office) -> None:
    case = begun(town, Step("approve", Role.HEAD, skip="author"), SIGN)
    signing = sent(town, case, who="head")
    assert signing.verb == "sign"
    assert decisions.sign_and_send(town.access("head"), task=signing).register_number


def test_without_such_a_rule_the_letter_of_a_head_goes_to_the_head_above(town: Office) -> None:
    boss = people.actor(town.units["UM"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD), SIGN)
    task = sent(town, case, who="head")
    assert task.unit == town.units["UM"]
    assert Case.objects.visible_to(boss).filter(pk=case.pk).exists(), "who must approve can read"
    signing = approve(boss, task)
    assert signing is not None and signing.unit == town.unit


def test_a_school_is_a_controller_of_its_own_and_passes_nothing_up_to_the_city(town: Office) -> None:
    people.actor(town.units["UM"], Role.HEAD)
    school = town.units["SP-1"]
    head = people.actor(school, Role.HEAD)
    documents_factory.plan_of(school)
    catalogue.add_route(SYSTEM, code="standard", name="Droga", steps=[*START, Step("approve", Role.HEAD), SIGN])
    case = intake.receive(SYSTEM, filing=filing(school, service_code="pismo-ogolne")).case
    assignment.assign(head, case=case, to_user=User.objects.get(pk=head.user_id))
    assignment.register_case(head, case=case)
    letter = decisions.draft_letter(head, case=case, kind="answer", subject="Odpowiedź", body="Tak.")
    task = decisions.send_for_approval(head, letter=letter)
    assert task.unit == school, "it waits in the school"
    resting(task, 30)
    Task.objects.filter(pk=task.pk).update(escalate_days=1, escalate_to="superior")
    assert escalation.escalate(task.pk) is None
    assert not Entry.objects.filter(action="case.shared").exists()


def test_a_position_that_nobody_holds_is_passed_to_the_head_above(town: Office) -> None:
    boss = people.actor(town.units["UM"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD, where="named", unit=town.units["FN"]), SIGN)
    task = sent(town, case)
    assert (task.unit, task.role) == (town.units["UM"], Role.HEAD)
    assert approve(boss, task) is not None


def test_who_reads_a_case_because_of_its_route_is_told_in_the_journal(town: Office) -> None:
    people.actor(town.units["UM"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD, where="body"), SIGN)
    sent(town, case)
    assert Entry.objects.filter(action="case.shared", case_id=case.pk).count() == 1


def test_a_running_case_keeps_the_route_it_began_with(town: Office) -> None:
    case = begun(town, Step("approve", Role.HEAD), SIGN)
    catalogue.add_route(SYSTEM, code="standard", name="Nowa", steps=[*START, SIGN])
    assert sent(town, case).verb == "approve"
    newer = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
    assert [row["verb"] for row in newer.process.route] == ["assign", "handle", "sign"]


def test_two_coordinators_do_not_overwrite_one_another(town: Office) -> None:
    base = RouteTemplate.objects.get(code="standard").version
    catalogue.add_route(SYSTEM, code="standard", name="A", steps=[*START, SIGN], after=base)
    with pytest.raises(Conflict):
        catalogue.add_route(SYSTEM, code="standard", name="B", steps=[*START, SIGN], after=base)


def test_a_route_without_a_signature_is_refused_by_the_number_of_its_step(town: Office) -> None:
    with pytest.raises(Refused, match="podpis"):
        catalogue.add_route(SYSTEM, code="x", name="X", steps=list(START))


def resting(task: Task, days: int) -> None:
    """As if the task had been due that many days ago."""
    Task.objects.filter(pk=task.pk).update(due_on=warsaw_day(db_now()) - dt.timedelta(days=days))


def test_an_approval_that_rests_goes_to_the_superior_and_whoever_is_first_ends_both(town: Office) -> None:
    boss = people.actor(town.units["UM"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD, escalate_days=2, escalate_to="superior"), SIGN)
    task = sent(town, case)
    resting(task, 2)
    assert escalation.sweep() == (0, 0), "two days are not yet over"
    resting(task, 3)
    assert escalation.sweep() == (0, 1)
    assert escalation.sweep() == (0, 0), "once"
    twin = Task.objects.get(escalated_from=task)
    assert (twin.unit, twin.verb, twin.step) == (town.units["UM"], "approve", task.step)
    signing = approve(boss, twin)
    assert signing is not None and signing.verb == "sign"
    task.refresh_from_db()
    assert task.outcome == "cancelled"


def test_the_deputy_comes_before_the_superior_where_there_is_one(town: Office) -> None:
    people.actor(town.units["UM"], Role.HEAD)
    deputy = people.actor(town.unit, Role.DEPUTY)
    case = begun(town, Step("approve", Role.HEAD, escalate_days=0, escalate_to="deputy"), SIGN)
    task = sent(town, case)
    resting(task, 1)
    twin = escalation.escalate(task.pk)
    assert twin is not None and (twin.role, twin.unit) == (Role.DEPUTY, town.unit)
    assert approve(town.access("head"), task) is not None, "the head may still be first"
    twin.refresh_from_db()
    assert twin.outcome == "cancelled"
    with pytest.raises(Conflict):
        approve(deputy, twin)


def test_work_that_rests_with_a_clerk_comes_back_to_be_assigned_anew(town: Office) -> None:
    steps = [START[0], Step("handle", Role.CLERK, escalate_days=1, escalate_to="superior"), SIGN]
    catalogue.add_route(SYSTEM, code="standard", name="Droga", steps=steps)
    case = intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case
    handling = assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    resting(handling, 5)
    twin = escalation.escalate(handling.pk)
    assert twin is not None and (twin.verb, twin.role, twin.unit) == ("assign", Role.HEAD, town.unit)
    other = people.member(town.unit, Role.CLERK, people.staff("drugi"))
    assignment.assign(town.access("head"), case=case, to_user=other, reason="urlop")
    assert [task.assignee for task in Task.objects.open().filter(case=case)] == [other]


def test_time_that_stands_still_neither_reminds_nor_escalates(town: Office) -> None:
    people.actor(town.units["UM"], Role.HEAD)
    step = Step("approve", Role.HEAD, escalate_days=0, escalate_to="superior", remind_days=3)
    case = begun(town, step, SIGN)
    task = sent(town, case)
    resting(task, 9)
    interval = case.intervals.create(kind="suspended", from_day=warsaw_day(db_now()), article="art. 97", reason="x")
    assert escalation.sweep() == (0, 0)
    interval.delete()
    assert escalation.sweep() == (1, 1)
    said = Entry.objects.filter(case_id=case.pk, action__startswith="task.").values_list("action", flat=True)
    assert sorted(said) == ["task.escalated", "task.reminded"]


def test_a_done_task_is_not_reminded_of(town: Office) -> None:
    case = begun(town, Step("approve", Role.HEAD, remind_days=9), SIGN)
    task = sent(town, case)
    approve(town.access("head"), task)
    assert escalation.remind(task.pk) is False
    assert escalation.escalate(task.pk) is None


def test_who_assigns_elsewhere_finds_no_sealed_case_to_assign(town: Office) -> None:
    stranger = people.actor(town.units["FN"], Role.HEAD)
    case = begun(town, Step("approve", Role.HEAD), SIGN)
    case_deeds.seal(town.access("head"), case=case, readers=[town.clerk], reason="dane wrażliwe")
    with pytest.raises(NotFound):
        assignment.assign(stranger, case=case, to_user=town.clerk)
