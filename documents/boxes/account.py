"""The citizen's account on the portal (KPA art. 46: notice, then the receipt of delivery, then the letter)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from documents.boxes.base import Box
from documents.models import Delivery
from documents.services import deliveries
from people.access import SYSTEM


class AccountBox(Box):
    """Sending means the first notice; the letter opens when its addressee signs for it or it is deemed delivered."""

    name = "account"
    label = _("account on the portal")

    def send(self, delivery: Delivery) -> None:
        deliveries.notify(SYSTEM, delivery=delivery, happened_at=deliveries.backdated(delivery))
