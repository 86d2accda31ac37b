"""What makes a day at the desk short: many approved at once without a letter unread, a case taken in one press, and
nobody doing what a colleague is doing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Case, CaseLink, Document, DocumentVersion, Letter
from documents.services import cases, links
from journal.errors import Conflict, NotFound, Refused
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import Role, User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake, presence
from workflow.inbox import many
from workflow.inbox.models import Looking
from workflow.models import Assignment, RouteStep, RouteTemplate, Task
from workflow.services import assignment, decisions

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def filed(town: Office, subject: str = "Wniosek", **fields: Any) -> Case:
    return intake.receive(
        SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych", subject=subject, **fields)
    ).case


def in_hand(town: Office, subject: str = "Wniosek") -> Case:
    case = filed(town, subject)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    return assignment.register_case(town.access("clerk"), case=case)


def for_approval(town: Office, subject: str = "Wniosek") -> Task:
    letter = decisions.draft_letter(
        town.access("clerk"), case=in_hand(town, subject), kind="decision", subject=f"Decyzja: {subject}", body="Tak."
    )
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


def bulk(client: Client, what: str, *tasks: Task, **data: Any) -> Any:
    return client.post(reverse("desk:bulk", args=[what]), {"zadanie": [task.pk for task in tasks], **data})


def approved(*tasks: Task) -> list[bool]:
    return [Letter.objects.get(pk=task.letter_id).approved_at is not None for task in tasks]


# --- approved together -----------------------------------------------------------------------------------------------


def test_only_letters_that_were_opened_are_approved_together(town: Office) -> None:
    read, unread = for_approval(town, "Pierwsza"), for_approval(town, "Druga")
    head = signed_in(town.head)
    head.get(reverse("desk:case", args=[read.case_id]))
    look = bulk(head, "zaakceptuj", read, unread)
    assert [bool(line.refusal) for line in look.context["lines"]] == [False, True]
    assert "nie zostało jeszcze" in look.content.decode()
    bulk(head, "zaakceptuj", read, unread, potwierdzam="1", wiersz=[read.pk, unread.pk])
    assert approved(read, unread) == [True, False]


def test_a_letter_that_changed_since_it_was_read_stops(town: Office) -> None:
    task = for_approval(town)
    head = signed_in(town.head)
    head.get(reverse("desk:case", args=[task.case_id]))
    decisions.revise_letter(town.access("clerk"), letter=task.letter, subject="D", body="Nie.")
    again = decisions.send_for_approval(town.access("clerk"), letter=Letter.objects.get(pk=task.letter_id))
    look = bulk(head, "zaakceptuj", again)
    assert look.context["ready"] == 0, "the new version was not read"
    bulk(head, "zaakceptuj", again, potwierdzam="1", wiersz=[again.pk])
    assert approved(again) == [False]


def test_a_large_attachment_that_was_not_opened_stops(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    task = for_approval(town)
    own = DocumentVersion.objects.get(pk=task.document_version_id)
    plan = Document.objects.create(letter=task.letter, case=task.case, kind="attachment", title="Plan sytuacyjny",
                                   position=2, created_at=own.created_at, unit=town.unit)  # fmt: skip
    version = DocumentVersion.objects.create(
        document=plan, number=1, blob=own.blob, file_name="plan.pdf", created_at=own.created_at
    )
    head = signed_in(town.head)
    head.get(reverse("desk:case", args=[task.case_id]))
    assert bulk(head, "zaakceptuj", task).context["ready"] == 1, "a small one stops nobody"
    monkeypatch.setattr(many, "LARGE", 10)
    assert "Plan sytuacyjny" in bulk(head, "zaakceptuj", task).content.decode()
    head.get(reverse("documents:download", args=[version.pk, "plan.pdf"]))
    assert bulk(head, "zaakceptuj", task).context["ready"] == 1


def test_what_is_unticked_stays_as_it_was(town: Office) -> None:
    first, second = for_approval(town, "Pierwsza"), for_approval(town, "Druga")
    head = signed_in(town.head)
    for task in (first, second):
        head.get(reverse("desk:case", args=[task.case_id]))
    bulk(head, "zaakceptuj", first, second, potwierdzam="1", wiersz=[second.pk])
    assert approved(first, second) == [False, True]


def test_the_look_before_costs_the_same_for_two_and_for_ten(
    town: Office, django_assert_max_num_queries: Any
) -> None:
    tasks = [for_approval(town, f"Sprawa {number}") for number in range(10)]
    head = signed_in(town.head)
    head.get(reverse("desk:inbox"))
    with django_assert_max_num_queries(28):
        bulk(head, "zaakceptuj", *tasks)


# --- other deeds on many ---------------------------------------------------------------------------------------------


def test_many_go_to_another_unit_and_get_a_day(town: Office) -> None:
    head = signed_in(town.head)
    first, second = filed(town, "A"), filed(town, "B")
    tasks = [case.tasks.get() for case in (first, second)]
    day = (people.today() + dt.timedelta(days=2)).isoformat()
    bulk(head, "na-dzien", *tasks, potwierdzam="1", due_on=day)
    assert {task.due_on.isoformat() for task in Task.objects.filter(pk__in=[task.pk for task in tasks])} == {day}
    assert Entry.objects.filter(action="task.due_set").count() == 2
    due = [case.due_on for case in Case.objects.filter(pk__in=[first.pk, second.pk])]
    assert all(each > people.today() + dt.timedelta(days=20) for each in due), "the law's day stays"
    bulk(head, "jednostka", *tasks, potwierdzam="1", to_unit=town.units["FN"].pk, instruction="wg właściwości")
    assert set(Case.objects.values_list("unit__symbol", flat=True)) == {"FN"}


def test_no_task_gets_a_day_that_is_past_or_later_than_the_law_s(town: Office) -> None:
    case = filed(town)
    task = case.tasks.get()
    for day in (people.today() - dt.timedelta(days=1), case.due_on + dt.timedelta(days=1)):
        with pytest.raises(Refused):
            assignment.set_due(town.access("head"), task=task, due_on=day)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    with pytest.raises(Conflict, match="przydzielono"):
        assignment.set_due(town.access("head"), task=task, due_on=people.today())


def test_many_get_a_new_day_by_article_36_each_with_its_letter(town: Office) -> None:
    found = [in_hand(town, name) for name in ("A", "B")]
    tasks = [case.tasks.get(verb="handle", done_at=None) for case in found]
    day = (found[0].due_on + dt.timedelta(days=30)).isoformat()
    bulk(signed_in(town.clerk), "nowy-termin", *tasks, potwierdzam="1", new_day=day, reason="Czekamy na opinię.")
    assert Letter.objects.filter(kind="extension").count() == 2
    assert Entry.objects.filter(action="case.extended").count() == 2


# --- one press -------------------------------------------------------------------------------------------------------


def signs_own(town: Office) -> None:
    """The route of the unit lets a head sign an own letter."""
    RouteStep.objects.filter(template__in=RouteTemplate.objects.all(), verb="approve").update(skip="author")


def test_a_head_of_a_small_unit_settles_a_letter_in_two_presses(town: Office) -> None:
    signs_own(town)
    case = filed(town)
    head = signed_in(town.head)
    page = head.get(reverse("desk:case", args=[case.pk]))
    assert page.context["panels"][0].verb == "take"
    head.post(reverse("desk:deed", args=[case.pk, "take"]))
    case.refresh_from_db()
    assert case.handler == town.head and case.reference
    page = head.get(reverse("desk:case", args=[case.pk]))
    assert page.context["panels"][0].verb == "answer_at_once"
    form = {f"answer_at_once-{name}": value for name, value in
            {"kind": "answer", "subject": "Odpowiedź", "body": "Tak.", "how": "person"}.items()}  # fmt: skip
    head.post(reverse("desk:deed", args=[case.pk, "answer_at_once"]), form)
    letter = Letter.objects.get(case=case, direction="out")
    assert letter.signed_at and letter.register_number
    assert [entry.action for entry in Entry.objects.of_case(case.pk)][-4:] == [
        "letter.sent_for_approval", "letter.signed", "letter.registered", "delivery.started",
    ]  # fmt: skip


def test_where_another_must_approve_it_nobody_is_offered_to_sign_at_once(town: Office) -> None:
    case = filed(town)
    assignment.take(town.access("head"), case=case)
    page = signed_in(town.head).get(reverse("desk:case", args=[case.pk]))
    assert "answer_at_once" not in [panel.verb for panel in page.context["panels"]]
    letter, sent = decisions.answer_at_once(
        town.access("head"), case=case, kind="answer", subject="O", body="Tak.", how="seal"
    )
    assert not sent and letter.tasks.open().filter(verb="approve").exists()


# --- who else is here ------------------------------------------------------------------------------------------------


def test_who_opens_a_case_sees_who_has_it_open(town: Office) -> None:
    case = in_hand(town)
    address = reverse("desk:case", args=[case.pk])
    signed_in(town.clerk).get(address)
    seen = signed_in(town.head).get(address).content.decode()
    assert f"Sprawę mają też otwartą: {town.clerk}" in " ".join(seen.split())
    Looking.objects.filter(user=town.clerk).update(seen_at="2020-01-01T00:00:00Z")
    part = signed_in(town.head).get(reverse("desk:presence", args=[case.pk])).content.decode()
    assert str(town.clerk) not in part and "<html" not in part
    assert presence.forget(timestamp=0) == 1


def test_nobody_learns_who_looks_at_a_case_they_do_not_see(town: Office) -> None:
    case = in_hand(town)
    stranger = signed_in(people.member(town.units["FN"], Role.HEAD))
    assert stranger.get(reverse("desk:presence", args=[case.pk])).status_code == 404


# --- related ---------------------------------------------------------------------------------------------------------


def test_cases_of_the_same_party_stand_beside_and_others_are_linked_by_their_reference(town: Office) -> None:
    first, second, third = in_hand(town, "Pierwsza"), in_hand(town, "Druga"), in_hand(town, "Trzecia")
    third.parties.update(email="inny@example.org", pesel="", nip="")
    clerk = signed_in(town.clerk)
    address = reverse("desk:case", args=[first.pk])
    page = clerk.get(address)
    assert [case.pk for case in page.context["file"].same_party] == [second.pk]
    clerk.post(reverse("desk:deed", args=[first.pk, "link"]), {"link-other": third.reference, "link-note": "spór"})
    page = clerk.get(reverse("desk:case", args=[third.pk]))
    assert "Pierwsza" in page.content.decode() and "spór" in page.content.decode(), "seen from both ends"
    again = clerk.post(reverse("desk:deed", args=[third.pk, "link"]), {"link-other": first.reference})
    assert again.status_code == 422
    kept = CaseLink.objects.get()
    clerk.post(reverse("desk:deed", args=[third.pk, "unlink"]), {"unlink-link_id": kept.pk})
    assert not CaseLink.objects.exists()
    assert Entry.objects.filter(action__in=["case.linked", "case.unlinked"]).count() == 2


def test_a_link_shows_no_case_to_who_may_not_see_it(town: Office) -> None:
    first, other = in_hand(town, "Pierwsza"), in_hand(town, "Tajna")
    links.link(town.access("clerk"), case=first, other=other.reference)
    cases.seal(SYSTEM, case=other, readers=[town.head], reason="dane wrażliwe")
    page = signed_in(town.clerk).get(reverse("desk:case", args=[first.pk])).content.decode()
    assert other.reference not in page
    with pytest.raises(NotFound):
        links.link(access_of(town.clerk), case=first, other=other.reference)


# --- it has arrived --------------------------------------------------------------------------------------------------


def test_who_assigned_a_case_sees_when_it_was_opened(town: Office) -> None:
    case = in_hand(town)
    address = reverse("desk:case", args=[case.pk])
    assert "jeszcze nie otwarto" in signed_in(town.head).get(address).content.decode()
    signed_in(town.clerk).get(address)
    first = Assignment.objects.get(case=case).seen_at
    signed_in(town.clerk).get(address)
    assert first is not None and Assignment.objects.get(case=case).seen_at == first
    assert "jeszcze nie otwarto" not in signed_in(town.head).get(address).content.decode()


def test_the_clerk_reads_what_the_party_reads(town: Office) -> None:
    case = in_hand(town)
    page = signed_in(town.clerk).get(reverse("desk:case", args=[case.pk]))
    told = [words for _when, words in page.context["file"].told]
    assert "Sprawa ma referenta" in " ".join(told) or len(told) >= 2
    assert all(words in page.content.decode() for words in told)
