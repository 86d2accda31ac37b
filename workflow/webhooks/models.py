"""Who is called of which deeds, and what came of each call."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.access import Access
from people.models import Unit


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def managed_by(self, access: Access) -> WebhookQuerySet:
        """Those of units whose systems this person manages."""
        return self.filter(unit_id__in=access.units.get("manage_unit", frozenset()))


class Webhook(models.Model):
    """An address that is told of deeds in a unit (and in all below it of the same body)."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="webhooks", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("address"), max_length=500)
    #: Actions of the journal, e.g. "case.assigned".
    actions = models.JSONField(_("deeds"), default=list)
    below = models.BooleanField(_("also units below"), default=False)
    #: Which secret signs now, counted from 1; `signing.secret_of` makes it.
    generation = models.PositiveIntegerField(default=1)
    #: Until when messages also carry the signature of the secret before.
    overlap_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    #: Called no more; why is told by `off_because`.
    off_at = models.DateTimeField(null=True, blank=True)
    off_because = models.CharField(max_length=200, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        default_permissions = ()
        ordering = ["unit", "name"]

    def __str__(self) -> str:
        return self.name

    def reader(self) -> Access:
        """What its messages may name: the ordinary cases of its units, as for somebody without any clearance."""
        units = Unit.objects.within(self.unit).filter(body_id=self.unit.body_id) if self.below else [self.unit]
        return Access(units={"view_cases": frozenset(unit.pk for unit in units)})


class WebhookCall(models.Model):
    """One message to one address, sent until it is taken or given up."""

    #: Stands in the message, so that its receiver knows one that came twice.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="calls")
    #: Null for a message by which the address is tried.
    entry = models.ForeignKey("journal.Entry", null=True, on_delete=models.DO_NOTHING, db_constraint=False,
                              related_name="+")  # fmt: skip
    #: What is sent, as it was when the deed was heard of.
    body = models.JSONField()
    made_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    #: HTTP status of the last answer, and what was wrong with it.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("call of a webhook")
        verbose_name_plural = _("calls of webhooks")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["webhook", "entry"], name="webhook_call_once")]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_call_newest"),
            models.Index(fields=["made_at"], name="webhook_call_age"),
        ]

    @property
    def case(self) -> str:
        """The case it tells of: its reference, else its number here; empty for a message by which it is tried."""
        told = self.body["data"].get("case") or {}
        return str(told.get("reference") or told.get("id") or "")
