"""In the place of an absent person: what a substitute does is allowed by the absent person's right, and says so."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from documents import files, metryka
from documents.models import Case, Letter
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people.access import GUEST, SYSTEM, access_of
from people.models import Role, Substitution, User
from people.services import substitutions
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import desk, intake
from workflow.models import Task
from workflow.routes import escalation
from workflow.services import assignment, decisions

pytestmark = pytest.mark.django_db
Scope = Substitution.Scope


@pytest.fixture
def deputy(town: Office) -> User:
    """A clerk of the same department, who may be named as a substitute."""
    return people.member(
        town.unit, Role.CLERK, people.staff("zastepca", first_name="Ewa", last_name="Zastępcza", post="Inspektor")
    )


def away(absent: User, substitute: User, scope: str = Scope.ALL, days: int = 0) -> Substitution:
    today = people.today()
    return substitutions.plan(
        SYSTEM, absent=absent, substitute=substitute, scope=scope, valid_from=today,
        valid_until=today + dt.timedelta(days=days),
    )  # fmt: skip


def opened(town: Office) -> Case:
    return intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case


def drafted(town: Office, author: User | None = None) -> Task:
    """A registered case with a decision that waits for approval."""
    case = opened(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    actor = access_of(author or town.clerk)
    letter = decisions.draft_letter(actor, case=case, kind="decision", subject="Decyzja", body="Tak.")
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def last(action: str) -> Entry:
    return Entry.objects.filter(action=action).latest("pk")


def version_of(task: Task) -> int:
    assert task.document_version_id is not None
    return task.document_version_id


def letters_of(text: str) -> str:
    """Letters and digits only: a line of print may end anywhere."""
    return "".join(letter for letter in text if letter.isalnum())


def stamp_of(letter: Letter) -> str:
    """What a reader is told of the signature of a letter: the title of its field."""
    assert letter.signed_version is not None
    with pikepdf.open(io.BytesIO(files.read_blob(letter.signed_version.blob_id))) as pdf:
        return " ".join(str(field.get("/TU", "")) for field in pdf.Root.AcroForm.Fields)


def test_the_deputy_of_an_absent_head_approves_and_signs_and_every_trace_says_so(town: Office, deputy: User) -> None:
    task = drafted(town)
    away(town.head, deputy)
    client = signed_in(deputy)
    inbox = client.get(reverse("desk:inbox"), {"tab": "zastepstwa"})
    (row,) = inbox.context["rows"]
    assert row.task == task and row.in_place_of == town.head
    assert {code: count for code, _label, count in inbox.context["tabs"]}["zastepstwa"] == 1
    page = client.get(row.address)
    panel = next(panel for panel in page.context["panels"] if panel.verb == "approve")
    assert panel.in_place_of == town.head and panel.url.endswith(f"?za={town.head.pk}")
    said = client.post(panel.url, {"approve-task_id": task.pk, "approve-version_id": version_of(task)}, follow=True)
    assert said.status_code == 200
    assert (last("letter.approved").user_id, last("letter.approved").on_behalf_of_id) == (deputy.pk, town.head.pk)
    panel = next(panel for panel in said.context["panels"] if panel.verb == "sign")
    client.post(panel.url, {"sign-task_id": panel.task.pk, "sign-how": "person"})
    letter = task.case.letters.get(direction="out")
    assert letter.signed_at is not None and last("letter.signed").on_behalf_of_id == town.head.pk
    assert str(deputy) in stamp_of(letter) and f"{town.head}, Kierownik" in stamp_of(letter)
    with translation.override("pl"):
        assert last("letter.signed").user_display_name == f"{deputy}, w zastępstwie: {town.head}"
    log = [row for row in metryka.rows(task.case) if row.on_behalf_of]
    assert {row.person for row in log} == {str(deputy)} and log[0].on_behalf_of == f"{town.head}, Kierownik"
    printed = pypdfium2.PdfDocument(metryka.render_log(task.case))
    text = letters_of("".join(page.get_textpage().get_text_bounded() for page in printed))
    assert text.count(letters_of(f"w zastępstwie: {town.head}, Kierownik")) == 2
    for shown in (
        client.get(reverse("case_metryka", args=[task.case_id])).content.decode(),
        client.get(reverse("desk:case", args=[task.case_id])).content.decode(),
    ):
        assert f"w zastępstwie: {town.head}" in shown


def test_what_is_ones_own_right_is_done_in_ones_own_name(town: Office, deputy: User) -> None:
    case = opened(town)
    away(town.clerk, deputy)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(access_of(deputy), case=case)
    assert last("case.registered").on_behalf_of_id is None
    assert last("case.registered").user_id == deputy.pk


@pytest.mark.parametrize(
    ("scope", "verbs", "may"),
    [
        (Scope.ALL, {"assign", "approve"}, {"assign", "approve", "sign"}),
        (Scope.INBOX, {"assign"}, {"assign"}),
        (Scope.APPROVAL, {"approve"}, {"approve"}),
        (Scope.SIGNING, set(), {"sign"}),
    ],
)
def test_the_scope_decides_what_falls_to_the_substitute(
    town: Office, deputy: User, scope: str, verbs: set[str], may: set[str]
) -> None:
    drafted(town)
    opened(town)
    away(town.head, deputy, scope)
    access = access_of(deputy)
    assert {task.verb for task in desk.inbox(access, "zastepstwa")} == verbs
    assert desk.counters(access)["zastepstwa"] == len(verbs)
    assert {p for p in ("assign", "approve", "sign") if access.may(p, town.unit)} == may


def test_a_tab_and_its_counter_agree_when_two_are_absent(town: Office, deputy: User) -> None:
    drafted(town)
    other = people.member(town.unit, Role.CLERK)
    assignment.assign(town.access("head"), case=opened(town), to_user=other)
    away(town.head, deputy)
    away(other, deputy)
    access = access_of(deputy)
    assert desk.counters(access)["zastepstwa"] == len(desk.inbox(access, "zastepstwa")) == 2
    of_head = desk.inbox(access.in_place_of(town.head.pk), "zastepstwa")
    assert [task.verb for task in of_head] == ["approve"]
    assert [task.verb for task in desk.inbox(access.in_place_of(other.pk), "zastepstwa")] == ["handle"]
    page = signed_in(deputy).get(reverse("desk:inbox"), {"tab": "zastepstwa", "za": str(other.pk)})
    assert [row.task.verb for row in page.context["rows"]] == ["handle"] and page.context["place_of"] == other


@pytest.mark.parametrize("za", ["", "²", "-1", "9" * 30, "x"])
def test_a_mistyped_person_opens_the_own_desk(town: Office, deputy: User, za: str) -> None:
    away(town.head, deputy)
    page = signed_in(deputy).get(reverse("desk:inbox"), {"tab": "zastepstwa", "za": za})
    assert page.status_code == 200 and page.context["place_of"] is None


def test_nobody_approves_his_own_letter_in_the_place_of_the_superior(town: Office, deputy: User) -> None:
    task = drafted(town, author=deputy)
    away(town.head, deputy)
    with pytest.raises(NotAllowed):
        decisions.approve(access_of(deputy), task=task, version_id=version_of(task))
    assert decisions.approve(town.access("head"), task=task, version_id=version_of(task)).verb == "sign"


def test_a_letter_of_the_absent_person_is_not_approved_by_that_persons_own_right(town: Office, deputy: User) -> None:
    task = drafted(town, author=town.head)
    away(town.head, deputy)
    with pytest.raises(NotAllowed):
        decisions.approve(access_of(deputy), task=task, version_id=version_of(task))
    second = people.member(town.unit, Role.HEAD)
    away(second, deputy)
    decisions.approve(access_of(deputy), task=task, version_id=version_of(task))
    assert last("letter.approved").on_behalf_of_id == second.pk


def test_a_substitution_ends_by_itself(town: Office, deputy: User) -> None:
    task = drafted(town)
    planned = away(town.head, deputy)
    yesterday = people.today() - dt.timedelta(days=1)
    Substitution.objects.filter(pk=planned.pk).update(valid_from=yesterday, valid_until=yesterday)
    assert "zastepstwa" not in {tab.code for tab in desk.tabs(access_of(deputy))}
    with pytest.raises(NotAllowed):
        decisions.approve(access_of(deputy), task=task, version_id=version_of(task))


def test_a_desk_with_substitutions_asks_no_more_with_more_people(
    town: Office, deputy: User, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(deputy)
    drafted(town)
    away(town.head, deputy)
    client.get(reverse("desk:inbox"))
    with django_assert_max_num_queries(100) as few:
        client.get(reverse("desk:inbox"), {"tab": "zastepstwa"})
    for _n in range(3):
        away(people.member(town.unit, Role.HEAD), deputy)
        drafted(town)
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("desk:inbox"), {"tab": "zastepstwa"})


def test_tasks_stand_at_the_moment_of_the_deed_that_made_and_ended_them(town: Office) -> None:
    moment = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    case = intake.receive(SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    task = assignment.assign(SYSTEM, case=case, to_user=town.clerk, happened_at=moment)
    assert task.created_at == moment
    assert case.tasks.get(verb="assign").done_at == moment
    later = moment + dt.timedelta(days=1)
    assignment.register_case(SYSTEM, case=case, happened_at=later)
    letter = decisions.draft_letter(
        SYSTEM, case=case, kind="decision", subject="Decyzja", body="Tak.", happened_at=later
    )  # fmt: skip
    asked = decisions.send_for_approval(SYSTEM, letter=letter, happened_at=later)
    signing = decisions.approve(SYSTEM, task=asked, version_id=version_of(asked), happened_at=later)
    asked.refresh_from_db()
    assert (asked.created_at, asked.done_at, signing.created_at) == (later, later, later)


# --- the substitute who is away too ----------------------------------------------------------------------------------


def test_nobody_who_is_away_becomes_a_substitute(town: Office, deputy: User) -> None:
    third = people.member(town.unit, Role.CLERK)
    away(deputy, third, days=5)
    with pytest.raises(Refused, match="Zastępcza"):
        away(town.clerk, deputy, days=2)
    away(town.clerk, third, days=2)


def test_the_tasks_of_who_is_away_go_to_the_head_when_the_substitute_falls_ill_too(town: Office, deputy: User) -> None:
    case = opened(town)
    task = assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    away(town.clerk, deputy)
    assert escalation.unattended() == [], "the substitute is here"
    away(deputy, people.member(town.unit, Role.CLERK))
    assert escalation.unattended() == [task.pk]
    assert escalation.sweep() == (0, 1)
    assert escalation.sweep() == (0, 0), "once"
    twin = Task.objects.get(escalated_from=task)
    assert (twin.verb, twin.role, twin.unit) == ("assign", Role.HEAD, town.unit)
    assert Task.objects.actionable_by(town.access("head")).filter(pk=twin.pk).exists()
    other = people.member(town.unit, Role.CLERK)
    assignment.assign(town.access("head"), case=case, to_user=other, reason="choroba dwóch osób")
    assert not Task.objects.open().filter(pk__in=[task.pk, twin.pk]).exists()


def test_a_position_that_another_holds_too_rests_with_nobody(town: Office, deputy: User) -> None:
    second = people.member(town.unit, Role.HEAD)
    opened(town)
    people.member(town.unit, Role.HEAD)
    away(town.head, second, scope=Scope.INBOX)
    away(second, deputy)
    assert escalation.unattended() == [], "the third head is here"
