"""The classification plan (JRWA) of each body."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClassificationScheme(models.Model):
    """One version of a body's plan. A year's cases follow the version valid on the day they are registered."""

    body = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="classification_schemes")
    version = models.PositiveIntegerField(default=1)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    #: Where the plan comes from (act, order of the head of the unit).
    source = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "version"], name="scheme_version")]


class ClassificationClass(models.Model):
    """A node of the decimal tree. Only an end class carries a retention category and takes cases."""

    scheme = models.ForeignKey(ClassificationScheme, on_delete=models.CASCADE, related_name="classes")
    symbol = models.CharField(_("symbol"), max_length=5)
    heading = models.CharField(_("heading"), max_length=250)
    is_end = models.BooleanField(default=False)
    #: Retention category: letter (A, B, BE, Bc) and years (null for A).
    category = models.CharField(_("category"), max_length=2, blank=True)
    years = models.PositiveSmallIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True)

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        constraints = [models.UniqueConstraint(fields=["scheme", "symbol"], name="class_symbol")]
        ordering = ["symbol"]

    def __str__(self) -> str:
        return f"{self.symbol} {self.heading}"
