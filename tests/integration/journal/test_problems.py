"""The problems page: seen by those who may, and every button is a deed with an entry."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from journal import follow, jobs
from journal.errors import NotAllowed
from journal.models import Entry, SetAside
from journal.problems import drop_entry
from journal.seal import seal_all
from people.access import GUEST, SYSTEM
from people.models import Role, User
from people.services import memberships

pytestmark = pytest.mark.django_db


@jobs.job(name="test.broken")
def broken(well):
    if not well:
        raise ValueError("<b>broken</b>")


class Choking(follow.Follower):
    name = "choking"
    well = False

    def handle(self, entries):
        if not self.well:
            raise ValueError("cannot swallow")


@pytest.fixture
def choking():
    made = follow.register(Choking())
    yield made
    follow.unregister(made.name)


@pytest.fixture
def boss(client, settings):
    settings.STAFF_SECOND_FACTOR = False
    user = User.objects.create_superuser("boss@example.org", "x")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def trouble(choking, deed):
    deed()
    seal_all()
    follow.run_until_idle("choking")
    broken.defer(well=False)
    for _ in range(5):
        jobs.run_waiting(raise_errors=False)
        jobs.connection.cursor().execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    return SetAside.objects.get(), ProcrastinateJob.objects.get(task_name="test.broken")


def test_the_page_shows_what_waits_for_a_person(boss, client, trouble):
    page = client.get(reverse("journal_problems:index"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "cannot swallow" in text and "test.broken" in text
    assert "<b>broken</b>" not in text and "&lt;b&gt;broken" in text


def test_others_do_not_know_of_the_page(client, settings, trouble, body):
    settings.STAFF_SECOND_FACTOR = False
    editor = User.objects.create_user("editor@example.org", "x", is_staff=True)
    memberships.start(SYSTEM, user=editor, unit=body, role=Role.EDITOR)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    for name, args in (("index", []), ("drop", ["job", trouble[1].pk])):
        assert client.get(reverse(f"journal_problems:{name}", args=args)).status_code == 404
    assert client.post(reverse("journal_problems:retry", args=["entry", trouble[0].pk])).status_code == 404
    assert SetAside.objects.filter(resolved_at__isnull=True).exists()
    with pytest.raises(NotAllowed):
        drop_entry(GUEST, pk=trouble[0].pk, reason="x")


def test_an_entry_is_tried_again_by_a_deed(boss, client, trouble, choking):
    address = reverse("journal_problems:retry", args=["entry", trouble[0].pk])
    client.post(address)
    assert not Entry.objects.filter(action="journal.entry_retried").exists(), "it failed again: nothing was done"
    choking.well = True
    client.post(address)
    client.post(address)
    entry = Entry.objects.get(action="journal.entry_retried")
    assert entry.user_id == boss.pk and entry.data == {"follower": "choking", "seq": 1}
    assert SetAside.objects.get().resolution == "retried"


@pytest.mark.parametrize(("kind", "action"), [("entry", "journal.entry_dropped"), ("job", "journal.job_dropped")])
def test_giving_up_needs_a_reason_and_is_a_deed(boss, client, trouble, kind, action):
    address = reverse("journal_problems:drop", args=[kind, trouble[0 if kind == "entry" else 1].pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 200
    assert client.post(address, {"reason": "Not needed"}).status_code == 302
    entry = Entry.objects.get(action=action)
    assert entry.detail.text == '{"reason":"Not needed"}'
    page = client.get(reverse("journal_problems:index")).content.decode()
    assert ("cannot swallow" in page) == (kind == "job") and ("test.broken" in page) == (kind == "entry")


def test_a_failed_job_goes_back_into_its_queue(boss, client, trouble):
    client.post(reverse("journal_problems:retry", args=["job", trouble[1].pk]))
    assert ProcrastinateJob.objects.get(pk=trouble[1].pk).status == "todo"
    assert Entry.objects.filter(action="journal.job_retried", user=boss).count() == 1


def test_the_page_is_polish(boss, client, trouble):
    with translation.override("pl"):
        page = client.get(reverse("journal_problems:index")).content.decode()
    assert "Ponów" in page and "Problemy" in page


def test_only_the_coordinator_sees_and_acts_an_auditor_of_one_unit_does_not(client, settings, trouble, body):
    settings.STAFF_SECOND_FACTOR = False
    for name, role, acts in (("a", Role.AUDITOR, False), ("c", Role.COORDINATOR, True)):
        user = User.objects.create_user(f"{name}@example.org", "x", is_staff=True)
        memberships.start(SYSTEM, user=user, unit=body, role=role)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        retry = reverse("journal_problems:retry", args=["job", trouble[1].pk])
        shown = client.get(reverse("journal_problems:index"))
        assert shown.status_code == (200 if acts else 404)
        assert (retry in shown.content.decode()) is acts
        assert client.post(retry).status_code == (302 if acts else 404)
        assert (ProcrastinateJob.objects.get(pk=trouble[1].pk).status == "todo") is acts
