"""Another unit of the town: what one sends is what the other receives, typed once, numbered by each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from documents.boxes.base import Box
from documents.filing import Attachment, Filing, Sender
from documents.models import Delivery, Letter
from documents.services import deliveries
from journal.clock import warsaw_day
from people.access import Access

#: Letters handed over in one fetch.
AT_ONCE = 200


class TownBox(Box):
    """The sent deliveries are the box: `fetch` gives each as a filing of the unit addressed, under a key of its own, so
    that it enters once; `acknowledge` notes the delivery."""

    name = "town"
    label = _("another unit of the town")

    def send(self, delivery: Delivery) -> None:
        """Nothing to hand over: the other side fetches."""
        assert delivery.addressee.unit_id is not None
        deliveries.left(delivery)

    def fetch(self) -> Iterable[Filing]:
        waiting = Delivery.objects.filter(box=self.name, received_at__isnull=True).select_related(
            "letter__signed_version__blob", "letter__unit", "letter__case", "addressee"
        )
        return self._filings(waiting.order_by("id")[:AT_ONCE])

    @staticmethod
    def _filings(waiting: Iterable[Delivery]) -> Iterator[Filing]:
        for delivery in waiting:
            letter, unit = delivery.letter, delivery.letter.unit
            version = letter.signed_version
            assert version is not None and delivery.addressee.unit_id is not None
            marks = [letter.case.reference if letter.case else "", letter.register_number]
            yield Filing(
                channel=Letter.Channel.TOWN, unit_id=delivery.addressee.unit_id, subject=letter.subject,
                sender=Sender(kind="organisation", name=unit.name, street=unit.street, postcode=unit.postcode,
                              town=unit.town),
                intake_key=f"town:{delivery.pk}", sender_mark=", ".join(filter(None, marks))[:80],
                attachments=(Attachment(version.blob_id, version.file_name, version.blob.media_type,
                                        version.blob.size),),
                letter_date=warsaw_day(letter.signed_at) if letter.signed_at else None,
            )  # fmt: skip

    def acknowledge(self, filing: Filing, actor: Access) -> None:
        """The letter has entered the other unit's register."""
        deliveries.taken_in(actor, delivery_id=int(filing.intake_key.removeprefix("town:")))
