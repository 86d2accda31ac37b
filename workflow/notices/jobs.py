"""Work of the notices that runs by the clock."""

from __future__ import annotations

import datetime as dt

from journal.clock import db_now
from journal.jobs import periodic
from workflow.notices import mails
from workflow.notices.models import StaffNotice

#: Days that a notice that was read is kept.
KEPT = 60

__all__ = ["mails"]


@periodic("30 5 * * 1-5", queue="mail")
def send_day() -> int:
    """On working days, before the office opens: the day's message."""
    return mails.send_day()


@periodic("20 2 * * *", queue="slow")
def forget() -> int:
    """Every night: notices that were read long ago."""
    gone, _models = StaffNotice.objects.filter(read_at__lt=db_now() - dt.timedelta(days=KEPT)).delete()
    return gone
