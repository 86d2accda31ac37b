"""Jobs: part of the deed's transaction, retried with patience, rescued, readable when they fail."""

from __future__ import annotations

import smtplib

import pytest
from django.db import connection, transaction
from django_tasks import task
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from journal import jobs
from journal.models import JobFailure
from journal.outside import TryLater

pytestmark = pytest.mark.django_db
ran: list[object] = []


@jobs.job(name="test.note")
def note(what):
    ran.append(what)


@jobs.job(name="test.fail")
def fail(how):
    raise {"own": ValueError, "outside": TryLater}[how]("reason " + how)


@task()
def wagtail_like(*args, **kwargs):
    ran.append((args, kwargs))


@task(takes_context=True)
def with_context(context, what):
    ran.append((context.attempt, what))


@pytest.fixture(autouse=True)
def _nothing_ran():
    ran.clear()


def status():
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts, scheduled_at - now() FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def test_a_job_runs_once_with_its_arguments():
    note.defer(what={"a": [1, "ą"]})
    assert jobs.run_waiting() == 1 and jobs.run_waiting() == 0
    assert ran == [{"a": [1, "ą"]}]
    assert status()[0][0] == "succeeded"


def test_a_job_deferred_in_a_rolled_back_transaction_is_gone():
    with pytest.raises(RuntimeError), transaction.atomic():
        note.defer(what=1)
        raise RuntimeError
    assert jobs.run_waiting() == 0 and status() == []


def test_a_failed_try_keeps_its_reason_and_is_tried_again_later():
    fail.defer(how="own")
    with pytest.raises(ValueError, match="reason own"):
        jobs.run_waiting()
    ((state, attempts, wait),) = status()
    assert (state, attempts) == ("todo", 1) and 5 < wait.total_seconds() <= 15
    failure = JobFailure.objects.get()
    assert "reason own" in failure.error and failure.attempt == 1 and failure.task == "test.fail"


def test_an_own_error_is_given_up_after_five_tries():
    fail.defer(how="own")
    for _ in range(5):
        jobs.run_waiting(raise_errors=False)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert status()[0][0] == "failed" and JobFailure.objects.count() == 5


def test_trouble_outside_is_waited_out_for_a_day():
    waits, attempts = [], 0
    while True:
        decision = jobs.PATIENCE.get_retry_decision(
            exception=TryLater(),
            job=Job(id=1, queue="x", lock=None, queueing_lock=None, task_name="x", attempts=attempts),
        )
        if decision is None:
            break
        waits.append(min(10 * 2 ** min(attempts, 10), 300))
        attempts += 1
    assert waits[:6] == [10, 20, 40, 80, 160, 300] and max(waits) == 300
    assert 24 * 3600 <= sum(waits) <= 24 * 3600 + 300


@pytest.mark.parametrize(
    ("error", "patient"),
    [
        (ConnectionRefusedError(), True),
        (smtplib.SMTPServerDisconnected(), True),
        (smtplib.SMTPResponseException(450, b"busy"), True),
        (smtplib.SMTPResponseException(550, b"no such"), False),
        (OSError(28, "No space left"), True),
        (FileNotFoundError(2, "gone"), False),
        (ValueError(), False),
    ],
)
def test_whose_fault_an_error_is(error, patient):
    last = Job(id=1, queue="x", lock=None, queueing_lock=None, task_name="x", attempts=4)
    assert (jobs.PATIENCE.get_retry_decision(exception=error, job=last) is not None) is patient


def test_a_job_whose_worker_died_is_taken_back_and_given_up_in_the_end():
    note.defer(what=1)
    connector = app.connector
    for death in range(1, jobs.MAX_DEATHS + 1):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
            )
            worker = cursor.fetchone()[0]
        row = connector.execute_query_one(query=jobs.sql.queries["fetch_job"], queues=None, worker_id=worker)
        assert row["id"]
        assert jobs.reap() == 1 and jobs.reap() == 0
        assert JobFailure.objects.filter(error=jobs.DIED).count() == death
    assert status()[0][0] == "failed" and ran == []


def test_a_job_whose_worker_lives_is_left_alone():
    note.defer(what=1)
    worker = app.connector.execute_query_one(query=jobs.sql.queries["register_worker"])["worker_id"]
    app.connector.execute_query_one(query=jobs.sql.queries["fetch_job"], queues=None, worker_id=worker)
    assert jobs.reap() == 0


def test_wagtails_tasks_become_jobs():
    result = wagtail_like.enqueue(1, key="ą")
    with_context.enqueue("x")
    assert result.id and ran == []
    assert jobs.run_waiting() == 2
    assert ran == [((1,), {"key": "ą"}), (1, "x")]


def test_wagtails_own_reference_index_task_runs(body):
    from wagtail.tasks import update_reference_index_task

    update_reference_index_task.enqueue("people", "unit", str(body.pk))
    assert jobs.run_waiting() >= 1 and all(row[0] == "succeeded" for row in status())


def test_unknown_queues_and_coroutines_are_refused():
    with pytest.raises(ValueError, match="unknown queue"):
        jobs.job("fast")
    with pytest.raises(TypeError):

        @jobs.job()
        async def nothing():
            pass


def test_old_jobs_are_forgotten_and_failed_ones_kept():
    note.defer(what=1)
    fail.defer(how="own")
    jobs.run_waiting(raise_errors=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '8 days'")
    jobs.forget_old_jobs(timestamp=0)
    assert [row[0] for row in status()] == ["todo"] and JobFailure.objects.count() == 1
