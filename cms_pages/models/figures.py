"""Figures that pages show and nobody counts while a page is served: filled by jobs (`cms_pages.jobs`)."""

from __future__ import annotations

from django.db import models


class HandlingTime(models.Model):
    """Median days from filing to the end of a service's cases that ended in the last 90 days; unit null: whole town."""

    service = models.ForeignKey("workflow.Service", on_delete=models.CASCADE, related_name="handling_times")
    unit = models.ForeignKey("people.Unit", null=True, on_delete=models.CASCADE, related_name="+")
    days = models.PositiveIntegerField()
    cases = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "unit"], nulls_distinct=False, name="handling_time_once")
        ]


class OfferLoad(models.Model):
    """Whether an offer with a capacity had taken all its cases when it was last looked at."""

    offer = models.OneToOneField("workflow.ServiceOffer", on_delete=models.CASCADE, related_name="load")
    full = models.BooleanField()
    counted_at = models.DateTimeField()
