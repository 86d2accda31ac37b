"""Long work that people begin, watch and cancel: imports, rebuilt indexes, checks of everything, mail to many.

The app that owns a work registers it (`register`); a person begins it (`begin`), or the clock keeps one (`kept`). It
tells its progress to a `Tick`, which writes at most once a second and outside the work's own transaction, so that
everybody sees it meanwhile; and which ends the work by `Cancelled` when somebody asked for that.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob

from journal.clock import db_now
from journal.errors import Conflict, NotAllowed, NotFound
from journal.jobs import job, periodic
from journal.models import Work, WorkTrouble
from journal.outside import is_outside
from journal.problems import Operator, may_see
from journal.record import record

logger = logging.getLogger("journal")

#: Seconds between two looks at whether to go on, each of which tells how far it is.
PAUSE = 1.0
#: Rows kept of what went wrong in one work.
MOST_TROUBLES = 10_000
#: A work of the clock that says nothing for so long has died with its process.
SILENT = timedelta(minutes=30)
#: How long an ended work is kept.
KEPT = timedelta(days=90)
Outcome = Work.Outcome


class Cancelled(Exception):
    """Somebody asked the work to stop. Whatever it is, it may be broken off here."""


@dataclass(frozen=True)
class Kind:
    """A work that can be begun: its name, what it is called and does, and the function, which gives one sentence."""

    name: str
    label: Promise
    about: Promise
    run: Callable[[Tick], str]
    #: Whether a person may begin it; else only the clock does.
    offered: bool = True


_kinds: dict[str, Kind] = {}


def register(name: str, *, label: Promise, about: Promise, run: Callable[[Tick], str] | None = None) -> None:
    """Make a work known; without `run` it is only kept (`kept`). Raises ValueError for a name that is taken."""
    if name in _kinds:
        raise ValueError(f"work {name!r} is registered twice")
    _kinds[name] = Kind(name, label, about, run or (lambda _tick: ""), offered=run is not None)


def kinds() -> list[Kind]:
    """The works that a person may begin, by their labels."""
    return sorted((kind for kind in _kinds.values() if kind.offered), key=lambda kind: str(kind.label))


def label_of(name: str) -> str:
    return str(_kinds[name].label) if name in _kinds else name


class Tick:
    """What a work calls to tell how far it is. Use as a context manager: it has a connection of its own."""

    def __init__(self, work_id: int) -> None:
        self.work_id = work_id
        self.troubles = 0
        self._last = 0.0
        self._now: tuple[int, int] = (0, 0)
        self._own = connection.copy()  # a work may be in a transaction, even a read-only one

    def __enter__(self) -> Tick:
        return self

    def __exit__(self, *_args: object) -> None:
        with contextlib.suppress(Cancelled):
            self._write()
        self._own.close()

    def __call__(self, done: int, total: int) -> None:
        """So many of so many are done (0: nobody knows). Raises Cancelled."""
        self._now = (done, total)
        if time.monotonic() - self._last >= PAUSE:
            self._last = time.monotonic()
            self._write()

    def trouble(self, what: str, why: str) -> None:
        """Keep one row that went wrong; names nobody."""
        self.troubles += 1
        if self.troubles <= MOST_TROUBLES:
            with self._own.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {WorkTrouble._meta.db_table} (work_id, what, why) VALUES (%s, %s, %s)",  # noqa: S608  # our own table
                    [self.work_id, what[:200], why[:500]],
                )

    def _write(self) -> None:
        done, total = self._now
        with self._own.cursor() as cursor:
            cursor.execute(
                f"UPDATE {Work._meta.db_table} SET done = %s, total = %s, moved_at = clock_timestamp() "  # noqa: S608  # our own table
                "WHERE id = %s RETURNING cancel_asked_at",
                [done, total, self.work_id],
            )
            row = cursor.fetchone()
        if row and row[0]:
            raise Cancelled


# --- what people do ---------------------------------------------------------------------------------------------


def _require(actor: Operator) -> None:
    if not may_see(actor):
        raise NotAllowed(_("Only the city records coordinator and administrators may do this."))


@transaction.atomic
def begin(actor: Operator, *, kind: str) -> Work:
    """Begin a work as a job. Raises NotFound for an unknown one, Conflict while one of the kind runs. One entry:
    work.begun."""
    _require(actor)
    if kind not in _kinds or not _kinds[kind].offered:
        raise NotFound(_("There is no such work."))
    _bury(kind)
    try:
        with transaction.atomic():
            made = Work.objects.create(kind=kind, asked_by_id=actor.user_id, asked_at=db_now())
    except IntegrityError as error:
        raise Conflict(_("It is running already.")) from error
    made.job_id = run.defer(work_id=made.pk)
    made.save(update_fields=["job_id"])
    record(actor, "work.begun", made, data={"kind": kind})
    return made


@transaction.atomic
def cancel(actor: Operator, *, pk: int) -> Work:
    """Ask a work to stop; it does so at its next step, a waiting one at once. Raises NotFound, Conflict for one that
    has ended. One entry: work.cancelled."""
    _require(actor)
    work = Work.objects.select_for_update().filter(pk=pk).first()
    if work is None:
        raise NotFound(_("There is no such work."))
    if work.ended_at:
        raise Conflict(_("It has ended already."))
    work.cancel_asked_at = db_now()
    if work.started_at is None:
        work.ended_at, work.outcome = work.cancel_asked_at, Outcome.CANCELLED
    work.save(update_fields=["cancel_asked_at", "ended_at", "outcome"])
    record(actor, "work.cancelled", work, data={"kind": work.kind})
    return work


def _bury(kind: str) -> None:
    """End a work whose job gave up (its worker died again and again), or whose process died."""
    now = db_now()
    dead = ProcrastinateJob.objects.filter(status__in=["failed", "cancelled", "aborted"]).values("pk")
    silent = Q(job_id=None, started_at__lt=now - SILENT) & (Q(moved_at=None) | Q(moved_at__lt=now - SILENT))
    Work.objects.filter(Q(job_id__in=dead) | silent, kind=kind, ended_at=None).update(
        ended_at=now, outcome=Outcome.FAILED, result=_("The worker died while it did this.")
    )


# --- running ----------------------------------------------------------------------------------------------------


@job("slow")
def run(work_id: int) -> None:
    """Do a work that was begun. One whose worker died is done again from its beginning (or from where it keeps its
    place itself)."""
    work = Work.objects.filter(pk=work_id, ended_at=None).first()
    if work is None:
        return
    Work.objects.filter(pk=work.pk).update(started_at=db_now(), done=0, total=0)
    work.troubles.all().delete()
    with override(settings.LANGUAGE_CODE), Tick(work.pk) as tick:
        try:
            outcome, result = Outcome.DONE, _kinds[work.kind].run(tick)
        except Cancelled:
            outcome, result = Outcome.CANCELLED, ""
        except Exception as error:
            if is_outside(error):
                raise  # the job waits and comes back
            logger.exception("work %s failed", work.kind)
            outcome, result = Outcome.FAILED, f"{type(error).__name__}: {error}"[:500]
    _end(work.pk, outcome, result)


@contextlib.contextmanager
def kept(kind: str, *, alone: bool = True) -> Iterator[Tick]:
    """Keep a work that runs here for people to watch, begun by the clock or by another deed. An error ends it as failed
    and is raised; Cancelled ends it quietly. Raises Conflict while another of the kind runs, unless it needs not be
    `alone`."""
    _bury(kind)
    now = db_now()
    try:
        with transaction.atomic():
            work = Work.objects.create(kind=kind, asked_at=now, started_at=now, alone=alone)
    except IntegrityError as error:
        raise Conflict(_("It is running already.")) from error
    outcome, result = Outcome.FAILED, ""
    try:
        with Tick(work.pk) as tick:
            yield tick
        outcome = Outcome.DONE
    except Cancelled:
        outcome = Outcome.CANCELLED
    except Exception as error:
        result = f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        _end(work.pk, outcome, result)


def _end(pk: int, outcome: str, result: str) -> None:
    Work.objects.filter(pk=pk).update(ended_at=db_now(), outcome=outcome, result=result)


@periodic("40 2 * * *", queue="slow")
def forget() -> int:
    """Every night: works that ended long ago."""
    gone, _models = Work.objects.filter(ended_at__lt=db_now() - KEPT).delete()
    return gone


# --- how it stands ----------------------------------------------------------------------------------------------


def rest_of(work: Work, now: datetime) -> float | None:
    """Seconds that a running work will still take, if it goes on as until now; None while nobody can tell."""
    if work.started_at is None or not work.done or not work.total:
        return None
    return max(0.0, (now - work.started_at).total_seconds() * (work.total - work.done) / work.done)
