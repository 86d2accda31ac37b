"""Counters: the only source of numbers."""

from __future__ import annotations

from django.db import models


class Counter(models.Model):
    """Last number given out in one scope. Locked and raised in the deed's own transaction, so a rolled-back deed
    leaves no gap. Scope keys are made in `documents.numbering` only."""

    scope = models.CharField(max_length=120, primary_key=True)
    value = models.BigIntegerField(default=0)


class UnitFolder(models.Model):
    """The folder of one unit in the office library (django-filer). Made, and its rights written, by a deed only."""

    unit = models.OneToOneField("people.Unit", on_delete=models.PROTECT, related_name="library_folder")
    folder = models.OneToOneField("filer.Folder", on_delete=models.PROTECT, related_name="+")
