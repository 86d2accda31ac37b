"""Work of the visits that runs by the clock."""

from __future__ import annotations

from journal.jobs import periodic
from workflow.visits import deeds, mail


@periodic("10 1 * * *", queue="slow")
def plan_visits() -> int:
    """Every night: the times of all desks, ahead."""
    return deeds.plan_all()


@periodic("*/15 * * * *", queue="mail")
def remind_of_visits() -> int:
    """Every quarter of an hour: reminders of visits within a day."""
    return mail.remind()


@periodic("35 2 * * *", queue="slow")
def forget_visits() -> int:
    """Every night: data of visits long over."""
    return deeds.forget()
