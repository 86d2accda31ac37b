"""The follower that hands new deliveries to their boxes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from documents.boxes import registry
from documents.models import Delivery
from journal.follow import Follower
from journal.models import Entry


class Dispatch(Follower):
    """Hears `delivery.started` and calls the box's `send`, which is idempotent; a box that is down raises TryLater and
    holds only this follower."""

    name = "dispatch"
    batch = 50
    in_database = False

    def handle(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.action == "delivery.started":
                self._send(int(entry.object_id))

    @staticmethod
    @transaction.atomic
    def _send(delivery_id: int) -> None:
        delivery = (Delivery.objects.select_for_update(of=("self",))
                    .select_related("letter__signed_version", "letter__body", "addressee").get(pk=delivery_id))
        registry.get(delivery.box).send(delivery)
