"""What the circulation does when it hears of a delivery."""

from __future__ import annotations

from collections.abc import Sequence

from documents.models import Delivery
from journal.follow import Follower
from journal.models import Entry
from workflow.services import closing, supplements

_DELIVERED = frozenset({"delivery.received", "delivery.deemed", "delivery.receipt_returned"})


class Deliveries(Follower):
    """A delivered call starts its days; a delivered decision closes its case. Effects and cursor in one transaction."""

    name = "workflow-deliveries"
    batch = 100

    def handle(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.action not in _DELIVERED:
                continue
            delivery = Delivery.objects.select_related("letter").get(pk=entry.object_id)
            supplements.delivered(delivery.letter, entry.timestamp)
            closing.delivered(delivery.letter, entry.timestamp)
