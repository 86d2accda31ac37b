"""What every box can do."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise

from documents.filing import Filing
from documents.models import Delivery
from people.access import Access


class Box:
    """One channel to the outside world. A box only fetches, acknowledges and sends; intake is somebody else's.

    `name` is the registry key and is kept with deliveries: never changed once used. Raises
    `journal.follow.TryLater` when the other side is down.
    """

    name: str = ""
    label: str | Promise = ""

    def send(self, delivery: Delivery) -> None:
        """Hand a delivery over. Idempotent: called again after a failure, it must not send twice. Called with the
        delivery's row locked, inside a transaction."""
        raise NotImplementedError

    def fetch(self) -> Iterable[Filing]:
        """What has come and is not acknowledged yet; may give the same thing again (its `intake_key` is the same)."""
        return ()

    def acknowledge(self, filing: Filing, actor: Access) -> None:
        """Called once the filing's transaction has committed."""
