"""The post: a print queue; people print, post and record what comes back."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from documents.boxes.base import Box
from documents.models import Delivery


class PaperBox(Box):
    """The print queue is the deliveries themselves (`Delivery.objects.print_queue`), so sending adds nothing."""

    name = "paper"
    label = _("paper post")

    def send(self, delivery: Delivery) -> None:
        assert delivery.box == self.name
