"""The embedded index: one row per thing, one row per page of its text (a tsvector ends at 1 MB)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class IndexedThing(models.Model):
    """What is found: a case, letter, document, service or page, with what permission and facets need."""

    #: "letter:12"
    key = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=12)
    object_id = models.BigIntegerField()
    #: Where it may be seen ("L12", "C7", "public"), and by whom besides ("user:7", "group:12").
    scopes = ArrayField(models.CharField(max_length=24), default=list)
    readers = ArrayField(models.CharField(max_length=24), default=list)
    sealed = models.BooleanField(default=False)
    clearance = models.PositiveSmallIntegerField(default=0)
    title = models.TextField()
    reference = models.CharField(max_length=120, blank=True)
    people = models.TextField(blank=True)
    unit_symbol = models.CharField(max_length=20, blank=True)
    class_symbol = models.CharField(max_length=5, blank=True)
    state = models.CharField(max_length=20, blank=True)
    day = models.DateField(null=True)
    version = models.BigIntegerField(default=0)
    url = models.CharField(max_length=250)

    class Meta:
        indexes = [
            GinIndex(fields=["scopes"], name="indexed_scopes"),
            GinIndex(fields=["readers"], name="indexed_readers"),
            models.Index(fields=["kind", "object_id"], name="indexed_thing"),
        ]


class IndexedPage(models.Model):
    """Words of one page of a thing's text; page 0 is its own fields. Title, reference and people stand in every page's
    vector, so that words of the heading and of the text are found together."""

    thing = models.ForeignKey(IndexedThing, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    vector = SearchVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thing", "number"], name="indexed_page_once")]
        indexes = [GinIndex(fields=["vector"], name="indexed_vector")]


class MissedTerm(models.Model):
    """Words asked of the portal's search that found nothing, counted by day. No person, address or time is kept."""

    day = models.DateField()
    words = models.CharField(max_length=80)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="missed_term_once")]
