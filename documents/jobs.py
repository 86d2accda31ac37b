"""Jobs of the keeping that run by the clock; importing it also makes the deferred ones known to the worker."""

from __future__ import annotations

from documents import printing, text
from documents.services import deliveries, library, receipts
from journal.clock import db_now
from journal.jobs import defer_together, job, periodic

__all__ = ["age_deliveries", "age_delivery", "library_rights", "printing", "receipts", "text"]


@periodic(cron="15 4 * * *")
def age_deliveries() -> None:
    """Second notices and deemed deliveries, early every morning (Warsaw) so that people find them at the start of the
    day; a missed night is made up by the next one. Each delivery is a job of its own: one that fails is tried again and
    then stands on the problems page, and the others go on."""
    waiting = deliveries.aging(db_now())
    if waiting:
        defer_together(*((age_delivery, {"delivery_id": pk}) for pk in waiting))


@job(name="documents.age_delivery")
def age_delivery(delivery_id: int) -> None:
    """The second notice or the deemed delivery of one letter, when its day has come. Idempotent."""
    deliveries.age_one(delivery_id, db_now())


@periodic(cron="* * * * *")
def library_rights() -> int:
    """Let the rights on the library's folders follow the roles of their units; with the sweep of memberships
    (`people.mirror`) an ended role opens no folder a minute later."""
    return library.follow_roles()
