"""Slow or unreliable work as procrastinate jobs, deferred inside the deed's own transaction.

A job deferred in a transaction that is rolled back never existed. A job may run twice (its worker may die between
effect and acknowledgement), so its effect must be idempotent. Put jobs in the app's `jobs.py`, or import their module
in the app's `ready()`: the worker must know them by name.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task as DjangoTask
from django_tasks.base import TaskContext, TaskResult, TaskResultStatus
from django_tasks.signals import task_enqueued, task_finished, task_started
from procrastinate import App, PsycopgConnector, sql
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.tasks import Task
from procrastinate.worker import Worker

from journal.clock import db_now
from journal.models import JobFailure
from journal.outside import is_outside

logger = logging.getLogger("journal")

QUEUES = ("default", "mail", "slow")
"""`default`: seconds matter (signing, dispatch); `mail`; `slow`: extraction, OCR, exports."""

#: A job whose worker died this often is taken for the cause and fails.
MAX_DEATHS = 5
#: A worker without a sign of life for so many seconds is dead (workers give one every 10 s).
DEAD_AFTER = 30
DIED = "the worker died while it ran this job"

_gathering: ContextVar[list[Job] | None] = ContextVar("gathering", default=None)


class Patience(BaseRetryStrategy):
    """Trouble outside is waited out for 24 hours (10 s, 20 s, 40 s ... then every 5 minutes, so that a backlog is gone
    within 10 minutes after the other side is back); an error of the job itself is tried `tries` times in all."""

    def __init__(self, *, tries: int = 5, hours: float = 24) -> None:
        self.tries = tries
        self.hours = hours

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None gives up. `job.attempts` counts the tries before this one."""
        wait = min(10 * 2 ** min(job.attempts, 10), 300)
        if is_outside(exception):
            waited = sum(min(10 * 2 ** min(n, 10), 300) for n in range(job.attempts))
            return RetryDecision(retry_in={"seconds": wait}) if waited < self.hours * 3600 else None
        return RetryDecision(retry_in={"seconds": wait}) if job.attempts + 1 < self.tries else None


PATIENCE = Patience()


def job(
    queue: str = "default",
    *,
    retry: BaseRetryStrategy | None = PATIENCE,
    name: str | None = None,
    lock: str | None = None,
) -> Callable[[Callable[..., Any]], Task[..., Any, ...]]:
    """Decorator: make a function with keyword arguments (JSON values) a job. `task.defer(**kw)` inside a transaction.

    `lock`: no two jobs with the same lock run at once. `retry=None`: one try.
    """
    if queue not in QUEUES:
        raise ValueError(f"unknown queue {queue!r}; there are {', '.join(QUEUES)}")

    def wrap(function: Callable[..., Any]) -> Task[..., Any, ...]:
        if inspect.iscoroutinefunction(function):
            raise TypeError("jobs are plain functions: they use the ORM")
        made: Task[..., Any, ...] = app.task(
            name=name, queue=queue, retry=retry or False, lock=lock, task_middleware=[_keep_reason]
        )(function)
        return made

    return wrap


def defer_together(*waiting: tuple[Task[..., Any, ...], dict[str, Any]]) -> None:
    """Defer several jobs, each a task and its arguments, by one statement; inside `gathered` at its end. A job that
    must not be queued twice (`queueing_lock`) is deferred alone instead."""
    jobs = [task.configure().make_new_job(**arguments) for task, arguments in waiting]
    if (waiting_for_end := _gathering.get()) is not None:
        waiting_for_end += jobs
    elif jobs:
        app.job_manager.batch_defer_jobs(jobs)


@contextlib.contextmanager
def gathered() -> Iterator[None]:
    """What `defer_together` is asked for inside is deferred at the end, all by one statement; nothing after an error.
    To be entered inside the transaction that the jobs belong to."""
    jobs: list[Job] = []
    before = _gathering.set(jobs)
    try:
        yield
    finally:
        _gathering.reset(before)
    if jobs:
        app.job_manager.batch_defer_jobs(jobs)


def periodic(cron: str, *, queue: str = "default") -> Callable[[Callable[[], Any]], Task[..., Any, ...]]:
    """Decorator: run a function without arguments by the clock (`cron` in UTC, five fields). Never two at once and
    never a second one waiting; a missed run is not repeated."""

    def wrap(function: Callable[[], Any]) -> Task[..., Any, ...]:
        full_name = f"{function.__module__}.{function.__qualname__}"

        def at_time(timestamp: int) -> Any:
            return function()

        at_time.__module__, at_time.__qualname__, at_time.__doc__ = function.__module__, full_name, function.__doc__
        made: Task[..., Any, ...] = app.task(
            name=full_name,
            queue=queue,
            retry=False,
            lock=full_name,
            queueing_lock=full_name,
            task_middleware=[_keep_reason],
        )(at_time)
        app.periodic(cron=cron)(made)
        return made

    return wrap


def _keep_reason(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    try:
        return call_next()
    except Exception as error:
        keep_failure(context.job, error)
        raise


def keep_failure(failed: Job, error: BaseException | str) -> None:
    """Write down why a try failed. Never raises for a database that is down: the job's own error matters more."""
    text = error if isinstance(error, str) else "".join(traceback.format_exception(error))[-4000:]
    try:
        with transaction.atomic():
            JobFailure.objects.create(
                job_id=_id(failed), task=failed.task_name, attempt=failed.attempts + 1, error=text, failed_at=db_now()
            )
    except DatabaseError:
        logger.exception("the reason of a failed job could not be kept")


def worker_app() -> App:
    """The app that the worker process runs: the same tasks on an asynchronous connection of its own.

    Not `replace_connector`: that would make jobs and followers in this process defer outside their transactions.
    """
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=10)
    made = DjangoApp(connector=connector, import_paths=list(app.import_paths))
    made.tasks = app.tasks
    made.periodic_registry = app.periodic_registry
    return made


# --- jobs run here and now --------------------------------------------------------------------------------------


def run_waiting(*, limit: int = 10_000, raise_errors: bool = True) -> int:
    """Run the jobs that are due, in this thread and on its database connection (tests, small commands); how many.

    A failed job is kept and retried as in the worker; its error is then raised unless `raise_errors` is False.
    """
    database = app.connector
    worker_id = database.execute_query_one(query=sql.queries["register_worker"])["worker_id"]
    done = 0
    try:
        while done < limit:
            row = database.execute_query_one(query=sql.queries["fetch_job"], queues=None, worker_id=worker_id)
            if row["id"] is None:
                break
            if isinstance(row["args"], str):
                row["args"] = json.loads(row["args"])
            done += 1
            _run_here(Job.from_row(row), raise_errors)
    finally:
        database.execute_query(query=sql.queries["unregister_worker"], worker_id=worker_id)
    return done


def _run_here(waiting: Job, raise_errors: bool) -> None:
    task = app.tasks.get(waiting.task_name)
    try:
        if task is None:
            raise LookupError(f"no job is named {waiting.task_name}")
        if connection.in_atomic_block:
            with transaction.atomic():
                task(**waiting.task_kwargs)
        else:
            task(**waiting.task_kwargs)
    except Exception as error:
        keep_failure(waiting, error)
        again = task.get_retry_exception(exception=error, job=waiting) if task else None
        if again:
            app.job_manager.retry_job_by_id(job_id=_id(waiting), retry_at=again.retry_decision.retry_at or db_now())
        else:
            _finish(waiting, "failed")
        if raise_errors:
            raise
    else:
        _finish(waiting, "succeeded")


def _id(known: Job) -> int:
    assert known.id is not None
    return known.id


def _finish(known: Job, status: str) -> None:
    app.connector.execute_query(query=sql.queries["finish_job"], job_id=_id(known), status=status, delete_job=False)


# --- rescue -----------------------------------------------------------------------------------------------------


def reap() -> int:
    """Take back jobs whose worker died: to be tried again, or failed after `MAX_DEATHS` deaths; returns how many."""
    rows = app.connector.execute_query_all(
        query=sql.queries["select_stalled_jobs_by_heartbeat"],
        queue=None,
        task_name=None,
        seconds_since_heartbeat=DEAD_AFTER,
    )
    done = 0
    for row in rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'doing' FOR UPDATE SKIP LOCKED",
                [row["id"]],
            )
            if not cursor.fetchone():
                continue
            stalled = Job.from_row(row)
            keep_failure(stalled, DIED)
            deaths = JobFailure.objects.filter(job_id=_id(stalled), error=DIED).count()
            if deaths < MAX_DEATHS:
                app.job_manager.retry_job_by_id(job_id=_id(stalled), retry_at=db_now())
            else:
                _finish(stalled, "failed")
            done += 1
    return done


@periodic("17 2 * * *", queue="slow")
def forget_old_jobs() -> None:
    """Delete jobs that succeeded more than a week ago, with what is known of their failures."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.queries["delete_old_jobs"], {"nb_hours": 168, "queue": None, "statuses": ["succeeded", "cancelled"]}
        )
        cursor.execute(
            "DELETE FROM journal_jobfailure f WHERE NOT EXISTS "
            "(SELECT 1 FROM procrastinate_jobs j WHERE j.id = f.job_id)"
        )


# --- Wagtail's own background tasks -----------------------------------------------------------------------------


class ProcrastinateBackend(BaseTaskBackend):
    """The `TASKS` backend: django-tasks run as procrastinate jobs. Results cannot be asked for; errors are kept as of
    every job."""

    supports_defer = True
    supports_async_task = True
    supports_priority = True

    def enqueue(self, task: DjangoTask[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Queue a task in the current transaction. Arguments must be JSON values."""
        self.validate_task(task)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id="",
            status=TaskResultStatus.READY,
            enqueued_at=db_now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        deferrer = run_django_task.configure(schedule_at=task.run_after, priority=task.priority)
        job_id = deferrer.defer(path=task.module_path, args=result.args, kwargs=result.kwargs, backend=self.alias)
        object.__setattr__(result, "id", str(job_id))
        task_enqueued.send(type(self), task_result=result)
        return result


@job("slow", name="django_tasks")
def run_django_task(path: str, args: list[Any], kwargs: dict[str, Any], backend: str) -> None:
    """Run one task of django-tasks, named by its import path."""
    task: DjangoTask[..., Any] = import_string(path)
    result: TaskResult[Any] = TaskResult(
        task=task,
        id="",
        status=TaskResultStatus.RUNNING,
        enqueued_at=None,
        started_at=db_now(),
        finished_at=None,
        last_attempted_at=db_now(),
        args=args,
        kwargs=kwargs,
        backend=backend,
        errors=[],
        worker_ids=["procrastinate"],
    )
    task_started.send(ProcrastinateBackend, task_result=result)
    if task.takes_context:
        task.call(TaskContext(task_result=result), *args, **kwargs)
    else:
        task.call(*args, **kwargs)
    object.__setattr__(result, "status", TaskResultStatus.SUCCESSFUL)
    object.__setattr__(result, "finished_at", db_now())
    task_finished.send(ProcrastinateBackend, task_result=result)
