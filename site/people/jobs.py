"""Work of people that runs by the clock; importing it also makes the deferred jobs known to the worker."""

from __future__ import annotations

from journal.jobs import periodic
from people import mirror
from people.services import accounts, exports, notices

__all__ = ["accounts", "exports", "notices"]


@periodic(cron="* * * * *")
def mirror_memberships() -> int:
    """Let Wagtail's page rights follow the memberships that begin and end today."""
    return mirror.sweep()


@periodic(cron="35 * * * *", queue="slow")
def end_exports() -> int:
    """Every hour: delete the archives whose time has run out."""
    return exports.end()


@periodic(cron="50 1 * * *", queue="slow")
def forget_traces() -> int:
    """Every night: sign-ins and addresses that are kept no longer."""
    return accounts.forget()
