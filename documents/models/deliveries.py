"""Receipts (UPO) and deliveries."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.visibility import DeliveryQuerySet, ReceiptQuerySet


class Receipt(models.Model):
    """A UPP (of filing) or UPD (of delivery). The row with number, times and digest is committed in the deed's
    transaction; a job signs it afterwards (`signed_at`)."""

    class Kind(models.TextChoices):
        FILING = "upp", _("receipt of filing (UPP)")
        DELIVERY = "upd", _("receipt of delivery (UPD)")

    kind = models.CharField(max_length=3, choices=Kind.choices)
    #: "UPP-<unit>-<yyyymmdd>-<seq>".
    number = models.CharField(max_length=60, unique=True)
    letter = models.ForeignKey("documents.Letter", on_delete=models.PROTECT, related_name="receipts")
    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="receipts")
    body = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    #: The exact filed or delivered document.
    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    document_sha256 = models.CharField(max_length=64, db_index=True)
    #: When the document entered our system (UPP) or the addressee signed for it (UPD).
    happened_at = models.DateTimeField()
    made_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True, blank=True)
    #: What the receipt states besides, frozen at `made_at`: {"addressee": {name, identifier, type}, "sender": {...},
    #: "document_id", "case_id", "extra": [[type, value], ...]}.
    facts = models.JSONField(default=dict, blank=True)
    xml = models.ForeignKey("documents.Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pdf = models.ForeignKey("documents.Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        default_permissions = ()
        indexes = [models.Index(fields=["made_at"], condition=models.Q(signed_at__isnull=True),
                                name="receipt_unsigned"),
                   models.Index(fields=["case", "id"], name="receipt_case")]
        constraints = [models.UniqueConstraint(fields=["letter", "kind"], name="receipt_once")]

    def __str__(self) -> str:
        return self.number


class Delivery(models.Model):
    """One outgoing letter on its way to one addressee through one box. Its state derives from the times."""

    letter = models.OneToOneField("documents.Letter", on_delete=models.PROTECT, related_name="delivery")
    #: Registry name of the box: "account" or "paper".
    box = models.CharField(max_length=20)
    addressee = models.ForeignKey("documents.Party", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                             related_name="deliveries")
    created_at = models.DateTimeField()
    #: Recorded after its time (imports, the demo): its notices follow its own time, not the day they are recorded.
    brought_in = models.BooleanField(default=False)
    # account: notice -> second notice after 7 days -> signed for, or deemed after 14 days
    first_notice_at = models.DateTimeField(null=True, blank=True)
    second_notice_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    deemed_at = models.DateTimeField(null=True, blank=True)
    # paper: printed -> posted -> return receipt or returned unclaimed
    printed_at = models.DateTimeField(null=True, blank=True)
    posted_on = models.DateField(null=True, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    receipt_returned_on = models.DateField(null=True, blank=True)
    #: Day the post brought it back undelivered (then it is deemed delivered when the notices were in order).
    returned_on = models.DateField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = ()
        indexes = [
            models.Index(fields=["box", "created_at"], name="delivery_box"),
            models.Index(fields=["first_notice_at"], name="delivery_waiting",
                         condition=models.Q(received_at__isnull=True, deemed_at__isnull=True)),
        ]

    @property
    def delivered_at(self) -> dt.datetime | None:
        """When it counts as delivered: signed for, or deemed; None while neither."""
        return self.received_at or self.deemed_at
