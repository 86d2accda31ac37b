"""Sums that the follower keeps; counted anew by `manage.py count_figures`."""

from __future__ import annotations

from django.db import models


class DayFigure(models.Model):
    """Cases of a unit on a day (Europe/Warsaw): filed, ended, of these behind their term, and the days they took."""

    unit = models.ForeignKey("people.Unit", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    filed = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    late = models.PositiveIntegerField(default=0)
    #: Days from receipt to the end, summed over the ended ones.
    days = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["unit", "day"], name="day_figure_once")]
        indexes = [models.Index(fields=["day"], name="day_figure_day")]


class FlowFigure(models.Model):
    """How often in a month (its first day) a unit gave cases to another, or asked it for an opinion or told it."""

    from_unit = models.ForeignKey("people.Unit", on_delete=models.CASCADE, related_name="+")
    to_unit = models.ForeignKey("people.Unit", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    passed = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["from_unit", "to_unit", "month"], name="flow_figure_once")]


class StageFigure(models.Model):
    """How far the cases of a service came that a unit got on a day (Europe/Warsaw, the day of receipt)."""

    service = models.ForeignKey("workflow.Service", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("people.Unit", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    filed = models.IntegerField(default=0)
    assigned = models.IntegerField(default=0)
    registered = models.IntegerField(default=0)
    settled = models.IntegerField(default=0)
    #: Of the ended ones: left unconsidered; of all: called for a supplement (as often as that was).
    unconsidered = models.IntegerField(default=0)
    called = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["service", "unit", "day"], name="stage_figure_once")]
        indexes = [models.Index(fields=["day"], name="stage_figure_day")]
