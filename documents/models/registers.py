"""Counters: the only source of numbers."""

from __future__ import annotations

from django.db import models


class Counter(models.Model):
    """Last number given out in one scope. Locked and raised in the deed's own transaction, so a rolled-back deed
    leaves no gap. Scope keys are made in `documents.numbering` only."""

    scope = models.CharField(max_length=120, primary_key=True)
    value = models.BigIntegerField(default=0)
