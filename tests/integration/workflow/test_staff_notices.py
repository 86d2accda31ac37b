"""Staff are told once of what came to them: on the desk always, by mail as each of them chose, without names."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.models import Case
from documents.services import cases, messages
from journal import follow, jobs, seal
from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import Role, Substitution, User
from people.services import substitutions
from tests.factories import people
from tests.factories.documents import filing
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.models import Task
from workflow.notices import deeds, mails
from workflow.notices.follower import StaffNotices
from workflow.notices.models import Kind, StaffNotice, When
from workflow.services import assignment, cooperation, decisions

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any) -> Office:
    settings.STAFF_SECOND_FACTOR = False
    made = office()
    hear()
    return made


def hear() -> None:
    seal.seal_round()
    follow.run_until_idle(StaffNotices.name)


def told(user: User) -> list[str]:
    hear()
    return list(StaffNotice.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def filed(town: Office) -> Case:
    return intake.receive(SYSTEM, filing=filing(town.unit, service_code="udostepnienie-danych")).case


def in_hand(town: Office) -> Case:
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    return case


def test_everybody_on_the_way_of_a_letter_is_told_of_their_turn_and_nobody_of_their_own_deed(town: Office) -> None:
    case = in_hand(town)
    assert told(town.clerk) == [Kind.ASSIGNED]
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="decision", subject="D", body="Tak.")
    task = decisions.send_for_approval(town.access("clerk"), letter=letter)
    assert told(town.head) == [Kind.TO_APPROVE]
    correction = decisions.return_letter(town.access("head"), task=task, reason="Popraw datę.")
    assert told(town.clerk) == [Kind.ASSIGNED, Kind.RETURNED] and correction.assignee == town.clerk
    decisions.revise_letter(town.access("clerk"), letter=letter, subject="D", body="Tak, od jutra.")
    again = decisions.send_for_approval(town.access("clerk"), letter=letter)
    decisions.approve(town.access("head"), task=again, version_id=again.document_version_id or 0)
    assert told(town.head) == [Kind.TO_APPROVE], "not of what was done before it was heard, nor of one's own deed"


def test_an_opinion_and_a_message_reach_who_settles_the_case(town: Office) -> None:
    finance = people.member(town.units["FN"], Role.HEAD, people.staff("skarbnik"))
    case = in_hand(town)
    task = cooperation.invite(
        town.access("clerk"), case=case, unit=town.units["FN"], kind="cooperates", instruction="są środki?"
    )
    assert told(finance) == [Kind.ASKED]
    cooperation.answer(access_of(finance), task=task, comment="Są.")
    assert told(town.clerk) == [Kind.ASSIGNED, Kind.OPINION]
    owner = people.citizen().user
    Case.objects.filter(pk=case.pk).update(owner=owner)
    messages.from_party(access_of(owner), case=Case.objects.get(pk=case.pk), text="Kiedy decyzja?")
    assert told(town.clerk)[-1] == Kind.ANSWER


def test_who_takes_somebodys_place_is_told_too(town: Office) -> None:
    deputy = people.member(town.unit, Role.CLERK, people.staff("zastepca"))
    Substitution.objects.create(absent=town.clerk, substitute=deputy, valid_from=people.today(),
                                valid_until=people.today(), scope="all")  # fmt: skip
    in_hand(town)
    assert told(deputy) == [Kind.ASSIGNED] == told(town.clerk)


def test_the_log_heard_again_tells_nobody_twice(town: Office) -> None:
    in_hand(town)
    hear()
    before = StaffNotice.objects.count()
    from_the_start = StaffNotices()
    from_the_start.handle([notice.entry for notice in StaffNotice.objects.select_related("entry")])
    assert StaffNotice.objects.count() == before > 0


def test_mail_comes_once_a_day_at_once_or_never_and_names_nobody(
    town: Office, django_capture_on_commit_callbacks: Any
) -> None:
    deeds.choose(town.access("clerk"), user=town.clerk, choices={Kind.ASSIGNED: When.NOW, Kind.ANSWER: When.NEVER})
    with django_capture_on_commit_callbacks(execute=True):
        first = in_hand(town)
        filed(town)
        hear()
    jobs.run_waiting()
    own = [message for message in mail.outbox if message.to == [town.clerk.email]]
    assert len(own) == 1 and "/admin/powiadomienia/" in own[0].body
    assert "Przykładowa" not in own[0].body + own[0].subject and first.title not in own[0].body
    jobs.run_waiting()
    assert mails.send_day() == 1, "the head, of the case that waited to be assigned"
    day = [message for message in mail.outbox if message.to == [town.head.email]]
    assert len(day) == 1 and mails.send_day() == 0


def test_what_was_read_on_the_desk_is_not_mailed(town: Office) -> None:
    filed(town)
    hear()
    (notice,) = StaffNotice.objects.filter(user=town.head)
    assert notice.kind == Kind.TO_ASSIGN
    deeds.opened(town.access("head"), notice_id=notice.pk)
    assert mails.send_day() == 0


def test_a_case_that_one_sees_no_more_is_named_neither_on_the_desk_nor_by_mail(town: Office) -> None:
    case = in_hand(town)
    reference = Case.objects.get(pk=case.pk).reference or "?"
    filed(town)
    hear()
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert reference in client.get(reverse("staff_notices:list")).content.decode()
    cases.seal(SYSTEM, case=case, readers=[town.head], reason="dane wrażliwe")
    assert reference not in client.get(reverse("staff_notices:list")).content.decode()
    mails.send_day()
    (message,) = [each for each in mail.outbox if each.to == [town.clerk.email]]
    assert reference not in message.body + message.subject


def test_nobody_opens_or_chooses_for_another(town: Office) -> None:
    filed(town)
    hear()
    (notice,) = StaffNotice.objects.filter(user=town.head)
    with pytest.raises(NotFound):
        deeds.opened(town.access("clerk"), notice_id=notice.pk)
    with pytest.raises(NotAllowed):
        deeds.choose(town.access("clerk"), user=town.head, choices={Kind.ASSIGNED: When.NEVER})
    with pytest.raises(NotAllowed):
        deeds.read_all(town.access("clerk"), user=town.head)
    with pytest.raises(Refused):
        deeds.choose(town.access("clerk"), user=town.clerk, choices={"weather": When.NOW})


def test_the_list_counts_pages_and_leads_to_the_case(town: Office) -> None:
    client = Client()
    client.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")
    case = filed(town)
    hear()
    page = client.get(reverse("staff_notices:list"))
    assert "Powiadomienia (1)" in page.content.decode()
    (notice,) = StaffNotice.objects.filter(user=town.head)
    assert client.get(reverse("staff_notices:open", args=[notice.pk])).url == reverse("desk:case", args=[case.pk])
    assert "Powiadomienia (1)" not in client.get(reverse("staff_notices:list")).content.decode()


def test_the_list_asks_as_much_for_many_as_for_few(town: Office) -> None:
    client = Client()
    client.force_login(town.head, backend="django.contrib.auth.backends.ModelBackend")

    def asked() -> int:
        client.get(reverse("staff_notices:list"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("staff_notices:list")).status_code == 200
        return len(queries)

    filed(town)
    hear()
    few = asked()
    for _number in range(12):
        filed(town)
    hear()
    assert asked() == few
    assert Task.objects.open().count() == 13


def test_a_substitute_is_told_whose_place_they_take(town: Office) -> None:
    deputy = people.member(town.unit, Role.CLERK, people.staff("zastepca"))
    substitutions.plan(access_of(town.clerk), absent=town.clerk, substitute=deputy, valid_from=people.today(),
                       valid_until=people.today())  # fmt: skip
    assert told(deputy) == [Kind.SUBSTITUTE]


def test_a_further_letter_is_told_to_who_settles_the_case_and_the_first_one_is_not(town: Office) -> None:
    case = in_hand(town)
    assert told(town.clerk) == [Kind.ASSIGNED]
    intake.receive(SYSTEM, filing(town.unit, service_code="udostepnienie-danych", case_id=case.pk))
    assert told(town.clerk) == [Kind.ASSIGNED, Kind.LETTER]


def test_a_batch_of_many_entries_asks_no_more_for_each_person_told(
    town: Office, django_assert_max_num_queries: Any
) -> None:
    for _n in range(3):
        people.member(town.unit, Role.HEAD)
    for _n in range(5):
        filed(town)
    seal.seal_all()
    entries = list(Entry.objects.filter(action="case.opened"))
    with django_assert_max_num_queries(5 + 5 * len(entries)):
        StaffNotices().handle(entries)
    assert StaffNotice.objects.count() == 4 * 5
