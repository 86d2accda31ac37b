"""What the party and the office write to each other within a case. No filing: the register knows nothing of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models.cases import Case
from documents.visibility import CaseMessageQuerySet


class CaseMessage(models.Model):
    """One message. The text can be erased by a deed; that there was one, and when, stays. Times UTC."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="messages")
    from_office = models.BooleanField()
    #: Null: a guest who opened the case with its code and second factor.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                               related_name="+")
    text = models.TextField(_("message"))
    sent_at = models.DateTimeField()
    #: When the other side read it.
    read_at = models.DateTimeField(null=True, blank=True)
    #: Id of the journal entry that says why the text was erased.
    erased_by = models.BigIntegerField(null=True, blank=True)

    objects = CaseMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message in a case")
        verbose_name_plural = _("messages in cases")
        default_permissions = ()
        indexes = [
            models.Index(fields=["case", "id"], name="message_case"),
            models.Index(fields=["case"], condition=models.Q(read_at__isnull=True), name="message_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.sent_at:%Y-%m-%d}"
