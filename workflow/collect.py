"""Takes in what has come to the boxes: each filing through the one entrance, then acknowledged."""

from __future__ import annotations

import logging

from documents.boxes import registry
from journal.errors import DomainError
from journal.follow import TryLater
from journal.jobs import periodic
from people.access import SYSTEM
from workflow import intake

logger = logging.getLogger("workflow")


def collect(name: str) -> int:
    """Take in everything of one box; gives how many filings entered.

    A filing that is refused (intake closed, an unknown unit) stays in its box and is tried again; it stops no other.
    Killed between entering and acknowledging, the filing comes again and is the same one (`intake_key`)."""
    box, entered = registry.get(name), 0
    try:
        for filing in box.fetch():
            try:
                taken = intake.receive(SYSTEM, filing)
            except DomainError:
                logger.exception("box %s: %s was not taken in", name, filing.intake_key)
                continue
            box.acknowledge(filing, SYSTEM)
            entered += taken.created
    except TryLater:
        logger.warning("box %s gives no answer; it is asked again later", name)
    return entered


@periodic("* * * * *")
def collect_all() -> int:
    """Every minute: all boxes of this installation."""
    return sum(collect(name) for name in registry.names())
