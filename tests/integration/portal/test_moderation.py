"""Moderation through the editor's own screens: what is approved is what was read, by somebody who wrote none of it."""

from __future__ import annotations

import datetime as dt
import re
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from wagtail.admin.utils import get_admin_base_url
from wagtail.models import Page, Revision, TaskState

from cms_pages import moderation, moderation_due
from cms_pages.models import ContentPage
from journal import notify
from journal.models import Entry
from people.access import SYSTEM
from people.models import Role, RoleGroup, Unit, User
from tests.factories import people
from tests.factories.portal import portal
from tests.factories.workflow import office

pytestmark = pytest.mark.django_db
VALUE = re.compile(r'\bvalue="([^"]*)"')


@dataclass
class Desk:
    """One editor at the screen of one page."""

    user: User
    client: Client
    page_id: int

    @property
    def url(self) -> str:
        return reverse("wagtailadmin_pages:edit", args=[self.page_id])

    def open(self, title: str = "") -> dict[str, str]:
        """The form as the screen shows it, to be sent back; with another title where one is given."""
        answer = self.client.get(self.url)
        assert answer.status_code == 200, answer
        page = Page.objects.get(pk=self.page_id).specific.get_latest_revision_as_object()
        form = answer.context["form"]
        data = {"title": title or page.title, "slug": page.slug}
        for name, field in form.fields.items():
            shown = field.widget.format_value(form[name].value()) if hasattr(field.widget, "format_value") else ""
            data.setdefault(name, shown if isinstance(shown, str) else "")
        data |= {"body-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
        for tag in re.findall(r"<input[^>]*>", answer.content.decode()):
            name = re.search(r'\bname="([^"]+)"', tag)
            if name and name[1] in {"loaded_revision_id", "loaded_revision_created_at", "seen-revision"}:
                data[name[1]] = VALUE.search(tag)[1]  # type: ignore[index]  # these have one
        return data

    def post(self, data: dict[str, str], **more: str) -> Any:
        return self.client.post(self.url, {**data, **more}, follow=True)

    def save(self, title: str) -> Any:
        return self.post(self.open(title))

    def submit(self, title: str) -> Any:
        return self.post(self.open(title), **{"action-submit": "1"})

    def act(self, data: dict[str, str], action: str, extra: str = "{}") -> Any:
        return self.post(
            data,
            **{"action-workflow-action": "true", "workflow-action-name": action, "workflow-action-extra-data": extra},
        )


@pytest.fixture
def desks(settings: Any) -> dict[str, Desk]:
    return made(settings)


def made(settings: Any) -> dict[str, Desk]:
    """Three editors of the city and a page that is live, under moderation."""
    settings.STAFF_SECOND_FACTOR = False
    town = office()
    home = portal(town.units).home
    unit: Unit = town.units["UM"]
    users = {name: people.member(unit, Role.EDITOR) for name in ("author", "colleague", "third")}
    moderation.moderate(SYSTEM, page=home)
    moderation.open_branch(SYSTEM, role_group=RoleGroup.objects.get(unit=unit, role=Role.EDITOR), page=home)
    page = home.add_child(instance=ContentPage(title="Opłaty", slug="oplaty-lokalne"))
    page.save_revision().publish()
    found = {}
    for name, user in users.items():
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        found[name] = Desk(user, client, page.pk)
    return found


def live(desk: Desk) -> str:
    return Page.objects.get(pk=desk.page_id).title


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_colleague_approves_what_he_read(desks: dict[str, Desk]) -> None:
    desks["author"].submit("Opłaty 2026")
    colleague = desks["colleague"]
    answer = colleague.act(colleague.open(), "approve")
    assert live(colleague) == "Opłaty 2026", said(answer)
    assert [e.user_id for e in Entry.objects.filter(action="page.approved")] == [colleague.user.pk]


def test_what_was_saved_after_the_page_was_opened_is_not_published(desks: dict[str, Desk]) -> None:
    """The race: a revision between the load of the page and the press of the button."""
    desks["author"].submit("Opłaty 2026")
    colleague = desks["colleague"]
    read = colleague.open()
    desks["author"].save("Opłaty po cichu")
    answer = colleague.act(read, "approve")
    assert live(colleague) == "Opłaty"
    assert str(desks["author"].user) in said(answer)
    assert answer.context["form"].instance.title == "Opłaty po cichu", "the newer text is shown"
    latest = Page.objects.get(pk=colleague.page_id).get_latest_revision()
    assert latest.content["title"] == "Opłaty po cichu", "and is not lost under what the approver's form held"
    colleague.act(colleague.open(), "approve")
    assert live(colleague) == "Opłaty po cichu"


def test_a_save_over_the_same_revision_is_a_newer_text(desks: dict[str, Desk]) -> None:
    """The editor's own saving, while somebody types, keeps the revision's number."""
    author, colleague = desks["author"], desks["colleague"]
    author.submit("Opłaty 2026")
    read = colleague.open()
    form = author.open("Opłaty po cichu")
    answer = author.client.post(
        author.url,
        {**form, "overwrite_revision_id": form["loaded_revision_id"]},
        headers={"accept": "application/json"},
    )
    assert answer.json()["revision_id"] == int(read["loaded_revision_id"]), answer.content
    refused = colleague.act(read, "approve")
    assert live(colleague) == "Opłaty" and str(author.user) in said(refused)


def test_whoever_wrote_a_part_does_not_approve(desks: dict[str, Desk]) -> None:
    author, colleague, third = desks["author"], desks["colleague"], desks["third"]
    author.save("Opłaty 2026")
    colleague.save("Opłaty 2026 i ulgi")
    third.submit("")  # asks, and writes nothing
    for desk in (author, colleague, third):
        answer = desk.act(desk.open(), "approve")
        assert live(desk) == "Opłaty", said(answer)
    state = TaskState.objects.get(status=TaskState.STATUS_IN_PROGRESS)
    actions = state.task.specific.get_actions(Page.objects.get(pk=author.page_id).specific, author.user)
    assert actions == [], "an earlier writer is a writer too"


def test_an_approver_who_changes_the_page_becomes_its_writer(desks: dict[str, Desk]) -> None:
    desks["author"].submit("Opłaty 2026")
    colleague = desks["colleague"]
    colleague.act(colleague.open("Opłaty moje"), "approve")
    assert live(colleague) == "Opłaty"
    assert Page.objects.get(pk=colleague.page_id).get_latest_revision().content["title"] == "Opłaty moje"
    colleague.act(colleague.open(), "approve")
    assert live(colleague) == "Opłaty", "nor afterwards"
    desks["third"].act(desks["third"].open(), "approve")
    assert live(colleague) == "Opłaty moje"


def test_what_is_live_stays_what_was_approved(desks: dict[str, Desk]) -> None:
    """A screen left open saves over its revision after that went live: the writing must not vanish from sight."""
    author, colleague = desks["author"], desks["colleague"]
    author.submit("Opłaty 2026")
    colleague.act(colleague.open(), "approve")
    published = Page.objects.get(pk=author.page_id).live_revision_id
    form = author.open("Opłaty po cichu")
    answer = author.client.post(
        author.url, {**form, "overwrite_revision_id": str(published)}, headers={"accept": "application/json"}
    )
    assert answer.json()["success"] and answer.json()["revision_id"] != published
    assert Revision.objects.get(pk=published).content["title"] == "Opłaty 2026"
    assert moderation.writers(Page.objects.get(pk=author.page_id)) == {author.user.pk}


@pytest.mark.parametrize("modal", [True, False])
def test_nobody_approves_beside_a_list(desks: dict[str, Desk], modal: bool) -> None:
    desks["author"].submit("Opłaty 2026")
    colleague = desks["colleague"]
    state = TaskState.objects.get(status=TaskState.STATUS_IN_PROGRESS)
    url = reverse("wagtailadmin_pages:workflow_action", args=[colleague.page_id, "approve", state.pk])
    headers = {"x-requested-with": "XMLHttpRequest"} if modal else {}
    answer = colleague.client.post(url, headers=headers)
    where = answer.json()["redirect"] if modal else answer["location"]
    assert where == colleague.url and live(colleague) == "Opłaty"


def test_a_refusal_needs_a_reason_and_its_writers_hear_it(desks: dict[str, Desk]) -> None:
    author, colleague, third = desks["author"], desks["colleague"], desks["third"]
    author.save("Opłaty 2026")
    third.submit("Opłaty 2026 i ulgi")
    assert "Napisz" in said(colleague.act(colleague.open(), "reject"))
    assert TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).exists()
    colleague.act(colleague.open(), "reject", '{"comment": "Brakuje podstawy prawnej."}')
    entry = Entry.objects.get(action="page.returned")
    mail = notify.mail_of(entry)
    assert mail is not None and set(mail.to) == {author.user.email, third.user.email}
    assert any("Brakuje podstawy prawnej." in line for line in mail.lines)
    assert mail.link == get_admin_base_url().rstrip("/") + author.url
    assert "Brakuje podstawy prawnej." in said(author.client.get(author.url))


def test_refused_by_the_list_too_it_needs_a_reason(desks: dict[str, Desk]) -> None:
    desks["author"].submit("Opłaty 2026")
    state = TaskState.objects.get(status=TaskState.STATUS_IN_PROGRESS)
    colleague = desks["colleague"]
    url = reverse("wagtailadmin_pages:workflow_action", args=[colleague.page_id, "reject", state.pk])
    colleague.client.post(url, {"comment": " "})
    assert TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).exists()
    colleague.client.post(url, {"comment": "Brakuje podstawy."})
    assert Entry.objects.filter(action="page.returned").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_approval_waits_for_a_save_that_is_under_way(settings: Any) -> None:
    desks = made(settings)
    author, colleague = desks["author"], desks["colleague"]
    author.submit("Opłaty 2026")
    read = colleague.open()
    begun, heard = threading.Event(), []

    def approve() -> None:
        begun.set()
        try:
            heard.append(said(colleague.act(read, "approve")))
        finally:
            connection.close()

    thread = threading.Thread(target=approve)
    with transaction.atomic():
        page = Page.objects.select_for_update(of=("self",)).get(pk=author.page_id).specific
        thread.start()
        begun.wait(10)
        thread.join(1.5)
        assert thread.is_alive(), "it waits"
        page.title = "Opłaty po cichu"
        page.save_revision(user=author.user)
    thread.join(30)
    assert live(author) == "Opłaty" and str(author.user) in heard[0]


def test_an_approval_has_a_day_and_whoever_may_approve_is_told_once_when_it_passed(desks: dict[str, Desk]) -> None:
    desks["author"].submit("Opłaty 2026")
    assert "czeka na Twoje zatwierdzenie do" in said(desks["colleague"].client.get(desks["colleague"].url))
    assert moderation_due.remind() == 0, "there is time"
    state = TaskState.objects.get(status=TaskState.STATUS_IN_PROGRESS)
    TaskState.objects.filter(pk=state.pk).update(started_at=state.started_at - dt.timedelta(days=20))
    assert moderation_due.remind() == 2 and moderation_due.remind() == 0
    told = {address for message in mail.outbox for address in message.to if "zatwierdzenie" in message.subject}
    assert told == {desks["colleague"].user.email, desks["third"].user.email}, "never who wrote it"
    report = desks["third"].client.get(reverse("editors:attention")).content.decode()
    assert "za długo czeka na zatwierdzenie" in report


@pytest.mark.parametrize(("days", "due"), [(1, dt.date(2026, 4, 7)), (3, dt.date(2026, 4, 9))])
def test_free_days_do_not_count(days: int, due: dt.date) -> None:
    friday = dt.datetime(2026, 4, 3, 12, tzinfo=dt.UTC)  # before Easter
    assert moderation_due.due_on(TaskState(started_at=friday), days) == due
