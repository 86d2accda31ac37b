"""Work of the routes that runs by the clock."""

from __future__ import annotations

from journal.jobs import periodic
from workflow.routes import escalation
from workflow.services import clocks


@periodic("*/10 * * * *", queue="slow")
def watch_tasks() -> tuple[int, int]:
    """Every ten minutes: remind of tasks, and escalate those that rest."""
    return escalation.sweep()


@periodic("5 4 * * *", queue="slow")
def watch_cases() -> int:
    """Early every morning: cases whose time has passed."""
    return clocks.note_overdue()
