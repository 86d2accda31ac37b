"""Work of the portal that runs by the clock."""

from __future__ import annotations

from django.core.management import call_command

from cms_pages import event_mail, figures, moderation_due
from cms_pages.forms import jobs
from journal.jobs import periodic

__all__ = ["jobs"]


@periodic("* * * * *")
def publish_by_schedule() -> None:
    """Every minute: pages whose time has come go live, those whose time is over come down (notices too)."""
    call_command("publish_scheduled")


@periodic("* * * * *")
def look_at_loads() -> int:
    """Every minute: which services have no places left."""
    return figures.look_at_loads()


@periodic("40 1 * * *", queue="slow")
def count_handling_times() -> int:
    """Every night: the median handling times of the last 90 days."""
    return figures.count_handling_times()


@periodic("*/15 * * * *", queue="mail")
def remind_of_events() -> int:
    """Every quarter of an hour: reminders of what begins within a day."""
    return event_mail.remind()


@periodic("25 2 * * *", queue="slow")
def forget_participants() -> int:
    """Every night: participants of events long over."""
    return event_mail.forget()


@periodic("0 6 * * 1-5", queue="mail")
def remind_of_approvals() -> int:
    """On working days in the morning: pages that wait too long for another editor."""
    return moderation_due.remind()
