"""Followers: effect and cursor together, poison set aside, trouble outside waited for."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection, connections, transaction

from journal import follow, notify
from journal.mail import send_once
from journal.models import Cursor, Entry, JobFailure, SealState, SentMail, SetAside
from journal.outside import TryLater
from journal.seal import seal_all

pytestmark = pytest.mark.django_db


class Noting(follow.Follower):
    """Writes what it heard into the database; chokes on what it is told to choke on."""

    name = "noting"
    batch = 5

    def __init__(self):
        self.poison = set()
        self.down = False
        self.calls = []

    def handle(self, entries):
        self.calls.append([e.seal.seq for e in entries])
        for entry in entries:
            if self.down:
                raise TryLater("down")
            JobFailure.objects.create(
                job_id=entry.seal.seq, task="heard", attempt=1, error="", failed_at=entry.recorded_at
            )
            if entry.seal.seq in self.poison:
                raise ValueError("poison")


def heard():
    return list(JobFailure.objects.filter(task="heard").order_by("id").values_list("job_id", flat=True))


@pytest.fixture
def follower():
    made = follow.register(Noting())
    yield made
    follow.unregister(made.name)


@pytest.fixture
def entries(deed):
    def make(count):
        for _ in range(count):
            deed()
        seal_all()

    return make


def test_every_entry_is_heard_once_and_in_order(follower, entries):
    entries(12)
    assert follow.run_once("noting") == 5
    assert follow.run_until_idle("noting") == 7
    assert heard() == list(range(1, 13))
    assert follow.run_once("noting") == 0


def test_a_poison_entry_is_found_set_aside_and_the_rest_goes_on(follower, entries):
    entries(12)
    follower.poison = {3}
    follow.run_until_idle("noting")
    assert heard() == [1, 2, *range(4, 13)]
    item = SetAside.objects.get()
    assert (item.seq, item.follower, item.tries) == (3, "noting", follow.MAX_TRIES) and "poison" in item.error
    tries = sum(3 in call for call in follower.calls)
    assert tries <= 5
    cursor = Cursor.objects.get(follower="noting")
    assert (cursor.seq, cursor.tries, cursor.careful_until) == (12, 0, 0)


def test_after_the_poison_the_batches_are_whole_again(follower, entries):
    entries(3)
    follower.poison = {2}
    follow.run_until_idle("noting")
    follower.calls.clear()
    entries(4)
    follow.run_until_idle("noting")
    assert follower.calls == [[4, 5, 6, 7]]


def test_an_entry_that_kills_the_process_is_found_too(follower, entries):
    entries(4)
    for _ in range(follow.MAX_TRIES):
        assert follow._count_try(follower)  # the process dies after it was counted
    follow.run_until_idle("noting")
    assert SetAside.objects.get().error == follow.DIED
    assert heard() == [2, 3, 4]


def test_trouble_outside_is_not_counted_against_an_entry(follower, entries):
    entries(2)
    follower.down = True
    for _ in range(10):
        with pytest.raises(TryLater):
            follow.run_once("noting")
    assert Cursor.objects.get(follower="noting").tries == 0 and heard() == []
    follower.down = False
    follow.run_until_idle("noting")
    assert heard() == [1, 2] and not SetAside.objects.exists()


def test_a_set_aside_entry_can_be_handled_again(follower, entries):
    entries(3)
    follower.poison = {2}
    follow.run_until_idle("noting")
    follower.poison = set()
    follow.retry(SetAside.objects.get())
    assert heard() == [1, 3, 2]


def test_a_new_follower_may_begin_with_what_comes_now(entries):
    class Late(Noting):
        name, from_start = "late", False

    follow.register(Late())
    try:
        entries(3)
        assert follow.run_once("late") == 0
        entries(1)
        assert follow.run_until_idle("late") == 1
    finally:
        follow.unregister("late")


@pytest.mark.django_db(transaction=True)
def test_a_second_process_neither_waits_nor_counts_a_try(follower, entries):
    entries(3)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            key = [follow.LOCK_SPACE, 1000 + follow.zlib.crc32(b"noting") % 1_000_000]
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            assert follow.run_once("noting") == 0
            assert not Cursor.objects.filter(follower="noting", tries__gt=0).exists()
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
        assert follow.run_until_idle("noting") == 3
    finally:
        other.close()


# --- the negative controls of the algorithm: a judge must be able to fail ------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_control_a_cursor_by_id_alone_loses_an_entry_that_commits_late(deed, body, actor):
    """What the pending table is for: the first writer commits last, and "id > cursor" never sees its entry."""
    other = connections.create_connection("default")
    by_id = []

    def read_by_id():
        by_id.extend(Entry.objects.filter(id__gt=max(by_id, default=0)).order_by("id").values_list("id", flat=True))

    try:
        early = deed()
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute(
                "INSERT INTO journal_entry (label, action, data, timestamp, content_changed, deleted, "
                "object_id, chain, audience, detail_digest) VALUES ('x', 'test.done', '{}', now(), false, "
                "false, '1', 0, 'staff', '') RETURNING id"
            )
            late_id = cursor.fetchone()[0]
            quick = deed()
            read_by_id()
            seal_all()
            other.commit()
        read_by_id()
        seal_all()
    finally:
        other.close()
    sealed = list(Entry.objects.filter(seal__isnull=False).order_by("seal__seq").values_list("id", flat=True))
    assert early.pk < late_id < quick.pk
    assert by_id == [early.pk, quick.pk], "the control must lose the late entry"
    assert sealed == [early.pk, quick.pk, late_id]


@pytest.mark.django_db(transaction=True)
def test_control_an_effect_committed_apart_from_the_cursor_happens_twice(follower, entries):
    """What the common transaction is for: dying between effect and cursor repeats the effect, unless they are one."""

    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    entries(2)
    move, follow._move = follow._move, die
    try:
        with pytest.raises(Died):
            follow.run_once("noting")
        assert heard() == []
        follower.in_database = False
        with pytest.raises(Died):
            follow.run_once("noting")
        assert heard() == [1], "in careful mode after the first death; committed apart"
    finally:
        follow._move = move
    follow.run_until_idle("noting")
    assert heard() == [1, 1, 2], "the control must repeat its effect"


@pytest.mark.django_db(transaction=True)
def test_two_deeds_on_one_thing_are_sealed_in_the_order_of_their_lock(deed, body):
    """The first takes the row's lock, the second waits for it: whatever ids and commits do, the log keeps the order."""
    import threading

    from people.models import Unit

    ready, order = threading.Event(), []

    def second():
        try:
            ready.wait(5)
            with transaction.atomic():
                Unit.objects.select_for_update().get(pk=body.pk)
                order.append(deed(data={"n": 2}).pk)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=body.pk)
        ready.set()
        thread.join(0.3)
        order.insert(0, deed(data={"n": 1}).pk)
    thread.join(5)
    seal_all()
    assert list(Entry.objects.order_by("seal__seq").values_list("id", flat=True)) == order


# --- mail ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def words():
    notify._words.pop("test.done")
    notify.register(
        "test.done",
        sentence=lambda e: "A deed was done.",
        mail=lambda e: notify.Mail(
            to=("a@example.org", "b@example.org"),
            subject="Nowa wiadomość\nBcc: x@example.org",
            lines=("Zajrzyj <b>.",),
            link="https://example.org/moje-sprawy/",
        ),
    )
    yield
    notify._words["test.done"] = notify.Words()


def test_each_reader_gets_one_message(words, entries, django_capture_on_commit_callbacks):
    from journal.jobs import run_waiting

    entries(1)
    follow.run_until_idle("notifications")
    assert run_waiting() == 1
    Cursor.objects.filter(follower="notifications").update(seq=0)
    follow.run_until_idle("notifications")
    assert run_waiting() == 1
    assert [m.to for m in mail.outbox] == [["a@example.org"], ["b@example.org"]]
    message = mail.outbox[0]
    assert "\n" not in message.subject and "Zajrzyj <b>." in message.body
    assert "Zajrzyj &lt;b&gt;." in message.alternatives[0].content
    assert SentMail.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        assert "example.org" not in str(cursor.fetchall())


def test_nothing_is_sent_about_what_happened_long_ago(words, deed, body):
    import datetime as dt

    deed(happened_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    seal_all()
    follow.run_until_idle("notifications")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        assert cursor.fetchone()[0] == 0


def test_a_message_that_failed_to_leave_is_not_taken_for_sent(words, settings, deed):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        9,
    )
    message = notify.mail_of(deed())
    with pytest.raises(OSError):
        send_once("k", "a@example.org", message)
    assert not SentMail.objects.exists()
    assert SealState.objects.count() <= 1


def test_a_mail_server_that_was_down_gets_everything_once_it_is_back(words, settings, entries):
    """The receiver is a real SMTP server that begins to listen only after the first try."""
    from aiosmtpd.controller import Controller
    from procrastinate.contrib.django.models import ProcrastinateJob

    from journal import jobs

    class Inbox:
        def __init__(self):
            self.got = []

        async def handle_DATA(self, server, session, envelope):
            self.got.append((envelope.rcpt_tos, envelope.content))
            return "250 OK"

    inbox = Inbox()
    receiver = Controller(inbox, hostname="127.0.0.1", port=8925)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        receiver.port,
    )
    entries(1)
    follow.run_until_idle("notifications")
    for _ in range(8):
        assert jobs.run_waiting(raise_errors=False) == 1
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert ProcrastinateJob.objects.get().status == "todo", "eight failures, and still waiting"
    receiver.start()
    try:
        assert jobs.run_waiting() == 1
    finally:
        receiver.stop()
    assert ProcrastinateJob.objects.get().status == "succeeded"
    assert [to for to, _ in inbox.got] == [["a@example.org"], ["b@example.org"]]
