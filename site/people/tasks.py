"""Work by the clock."""

from __future__ import annotations

from journal.jobs import periodic
from people import mirror


@periodic(cron="* * * * *")
def mirror_memberships() -> int:
    """Let Wagtail's page rights follow the memberships that begin and end today."""
    return mirror.sweep()
