"""Filters of the desk that somebody keeps under a name, alone or for their unit; and who has which case open."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.access import Access


def units_of(access: Access) -> frozenset[int]:
    """Units where this person holds any position."""
    return frozenset[int]().union(*access.roles.values())


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, access: Access) -> SavedFilterQuerySet:
        """One's own, and those that colleagues share with a unit of one's own. What a filter shows is another matter:
        each person's own tasks, whoever made the filter."""
        return self.filter(Q(owner_id=access.user_id) | Q(unit_id__in=units_of(access)))

    def owned_by(self, access: Access) -> SavedFilterQuerySet:
        """One's own, which one may change."""
        return self.filter(owner_id=access.user_id)


class SavedFilter(models.Model):
    """A tab, a filter and columns under a name."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: The unit whose people see it too; null: only its owner.
    unit = models.ForeignKey("people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=60)
    #: Parameters of the desk's address, as `filters.Filter.parameters` gives them.
    parameters = models.JSONField(default=dict)
    #: Whether the desk opens with it.
    opens_desk = models.BooleanField(default=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_filter_name"),
            models.UniqueConstraint(fields=["owner"], condition=Q(opens_desk=True), name="saved_filter_opens_once"),
        ]
        indexes = [models.Index(fields=["unit"], name="saved_filter_unit")]

    def __str__(self) -> str:
        return self.name


class Looking(models.Model):
    """That somebody has a case open; forgotten minutes after they left."""

    case = models.ForeignKey("documents.Case", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="looking_once")]
        indexes = [models.Index(fields=["seen_at"], name="looking_age")]
