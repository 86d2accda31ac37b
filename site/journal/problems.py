"""What did not work and waits for a person: set-aside entries and failed jobs, and the deeds on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from journal import follow
from journal.clock import db_now
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.models import Entry, JobFailure, SetAside
from journal.record import Actor, record

#: Rows shown of each kind; behind it the page says that there are more.
SHOWN = 50


@dataclass(frozen=True)
class Trouble:
    """One row of the problems page."""

    pk: int
    what: str
    where: str
    tries: int
    since: datetime | None
    error: str

    @property
    def reason(self) -> str:
        """The last line of the error: what a person reads first."""
        lines = [line for line in self.error.strip().splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


def set_aside_entries() -> list[Trouble]:
    """Entries that a follower could not handle, newest first; one more than `SHOWN` when there are more."""
    items = list(SetAside.objects.filter(resolved_at__isnull=True)[: SHOWN + 1])
    entries = {e.seal.seq: e for e in Entry.objects.filter(seal__seq__in=[i.seq for i in items]).select_related("seal")}
    return [
        Trouble(
            item.pk,
            _describe(entries.get(item.seq), item.seq),
            item.follower,
            item.tries,
            item.set_aside_at,
            item.error,
        )
        for item in items
    ]


def _describe(entry: Entry | None, seq: int) -> str:
    if entry is None:
        return _("position %(seq)s") % {"seq": seq}
    return _("%(what)s (%(thing)s, entry %(id)s)") % {"what": entry.message, "thing": entry.label, "id": entry.pk}


def failed_jobs() -> list[Trouble]:
    """Jobs that gave up, newest first; one more than `SHOWN` when there are more. Arguments are not shown."""
    found = list(ProcrastinateJob.objects.filter(status="failed").order_by("-id")[: SHOWN + 1])
    reasons: dict[int, JobFailure] = {}
    for failure in JobFailure.objects.filter(job_id__in=[job.pk for job in found]).order_by("id"):
        reasons[failure.job_id] = failure
    return [
        Trouble(
            job.pk,
            job.task_name,
            job.queue_name,
            job.attempts,
            getattr(reasons.get(job.pk), "failed_at", None),
            getattr(reasons.get(job.pk), "error", ""),
        )
        for job in found
    ]


# --- deeds --------------------------------------------------------------------------------------------------------


class Operator(Actor, Protocol):
    """An actor who can be asked for a permission held in any unit."""

    def anywhere(self, permission: str) -> bool: ...


def may_see(actor: Operator) -> bool:
    """Who sees the page and acts on it: superusers and the city records coordinator, a role that only the operator
    gives. An auditor, whom any unit's administrator names, does not: what failed is the whole town's, and the words of
    an error may name another unit's case."""
    if actor.is_system or actor.anywhere("manage_records"):
        return True
    if actor.user_id is None:
        return False
    return get_user_model().objects.filter(pk=actor.user_id, is_superuser=True, is_active=True).exists()


def _require(actor: Operator) -> None:
    if not may_see(actor):
        raise NotAllowed(_("Only the city records coordinator and administrators may do this."))


def _locked_entry(pk: int) -> SetAside:
    item = SetAside.objects.select_for_update().filter(pk=pk).first()
    if item is None:
        raise NotFound(_("There is no such entry."))
    if item.resolved_at:
        raise Conflict(_("Somebody else has already dealt with this."))
    return item


def _resolve(item: SetAside, resolution: str) -> None:
    item.resolved_at, item.resolution = db_now(), resolution
    item.save(update_fields=["resolved_at", "resolution"])


@transaction.atomic
def retry_entry(actor: Operator, *, pk: int) -> Entry:
    """Give a set-aside entry to its follower again, now. Raises Refused with the reason when it fails again."""
    _require(actor)
    item = _locked_entry(pk)
    try:
        with transaction.atomic():
            follow.retry(item)
    except Exception as error:
        raise Refused(_("It failed again: %(why)s") % {"why": str(error)[:300]}) from error
    _resolve(item, "retried")
    return record(actor, "journal.entry_retried", item, data={"follower": item.follower, "seq": item.seq})


@transaction.atomic
def drop_entry(actor: Operator, *, pk: int, reason: str) -> Entry:
    """Give up a set-aside entry for its follower, with a reason. The journal keeps the entry itself."""
    _require(actor)
    if not reason.strip():
        raise Refused(_("Give the reason."))
    item = _locked_entry(pk)
    _resolve(item, "dropped")
    return record(
        actor,
        "journal.entry_dropped",
        item,
        data={"follower": item.follower, "seq": item.seq},
        detail={"reason": reason.strip()},
    )


def _locked_job(pk: int) -> ProcrastinateJob:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'failed' FOR UPDATE", [pk])
        if not cursor.fetchone():
            raise Conflict(_("Somebody else has already dealt with this."))
    return ProcrastinateJob.objects.get(pk=pk)


@transaction.atomic
def retry_job(actor: Operator, *, pk: int) -> Entry:
    """Put a failed job back into its queue; the worker takes it within seconds."""
    _require(actor)
    job = _locked_job(pk)
    app.job_manager.retry_job_by_id(job_id=pk, retry_at=db_now())
    return record(actor, "journal.job_retried", job, data={"task": job.task_name})


@transaction.atomic
def drop_job(actor: Operator, *, pk: int, reason: str) -> Entry:
    """Give up a failed job, with a reason."""
    _require(actor)
    if not reason.strip():
        raise Refused(_("Give the reason."))
    job = _locked_job(pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE id = %s", [pk])
    return record(actor, "journal.job_dropped", job, data={"task": job.task_name}, detail={"reason": reason.strip()})
