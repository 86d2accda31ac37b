"""Who of the office read a case, and on which day: kept for the party and for the office's own control."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models.cases import Case
from documents.models.documents import DocumentVersion


class CaseReading(models.Model):
    """One row for a person, a case and a day (Europe/Warsaw), with the position they held then. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    #: The unit and role in which it was read; no unit: an account without any position now (a shared case).
    unit = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("reading of a case")
        verbose_name_plural = _("readings of cases")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["case", "reader", "day"], name="reading_once_a_day")]
        indexes = [models.Index(fields=["case", "-day"], name="reading_case")]

    def __str__(self) -> str:
        return f"{self.case} {self.day}"


class VersionReading(models.Model):
    """That a person had this very version before them, on the case's page or as a download. The first time counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("reading of a document")
        verbose_name_plural = _("readings of documents")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["version", "reader"], name="version_read_once")]
