"""Jobs of the keeping that run by the clock; importing it also makes the deferred ones known to the worker."""

from __future__ import annotations

from documents import printing, text
from documents.services import deliveries, library, receipts
from journal.jobs import periodic

__all__ = ["age_deliveries", "library_rights", "printing", "receipts", "text"]


@periodic(cron="15 4 * * *")
def age_deliveries() -> None:
    """Second notices and deemed deliveries, early every morning (Warsaw) so that people find them at the start of the
    day; a missed night is made up by the next one."""
    deliveries.age()


@periodic(cron="* * * * *")
def library_rights() -> int:
    """Let the rights on the library's folders follow the roles of their units; with the sweep of memberships
    (`people.mirror`) an ended role opens no folder a minute later."""
    return library.follow_roles()
