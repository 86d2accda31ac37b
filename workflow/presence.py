"""Who has a case open right now, so that two people do not do the same; known for a minute, kept by nobody."""

from __future__ import annotations

import datetime as dt

from documents.models import Case
from journal.clock import db_now
from journal.jobs import periodic
from people.access import Access
from workflow.inbox.models import Looking

#: The page says every `PING` seconds that it is still open; who was silent for `GONE` has left.
PING, GONE = 30, dt.timedelta(seconds=75)


def note(access: Access, case: Case) -> None:
    """This person has the case open now. One statement."""
    if access.user_id is None:
        return
    now = db_now()
    Looking.objects.bulk_create(
        [Looking(case=case, user_id=access.user_id, since=now, seen_at=now)],
        update_conflicts=True, unique_fields=["case", "user"], update_fields=["seen_at"],
    )  # fmt: skip


def others(access: Access, case: Case) -> list[Looking]:
    """Everybody else who has it open, who came first before the others. One query."""
    rows = Looking.objects.filter(case=case, seen_at__gt=db_now() - GONE).exclude(user_id=access.user_id or 0)
    return list(rows.select_related("user").order_by("since")[:20])


@periodic("*/10 * * * *", queue="slow")
def forget() -> int:
    """Those who have left; when they come back they begin anew."""
    gone, _models = Looking.objects.filter(seen_at__lt=db_now() - GONE).delete()
    return gone
