"""Named reads of tasks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from documents.models import Case
from people.access import Access


class TaskQuerySet(models.QuerySet):
    def open(self) -> TaskQuerySet:
        return self.filter(done_at__isnull=True)

    def visible_to(self, access: Access) -> TaskQuerySet:
        """Tasks of cases the access may see, and tasks bound to a position it holds (the registry that posts a letter)
        in cases that are neither sealed nor above its clearance. Being named in a task opens nothing by itself: who
        has left the unit, or is no reader of a sealed case, sees it no more."""
        if access.is_system:
            return self.all()
        return self.filter(
            Q(case__in=Case.objects.visible_to(access).values("pk")) | (self._position_q(access) & _ordinary(access))
        )

    def actionable_by(self, access: Access) -> TaskQuerySet:
        """Open tasks this person sees and may act on: assigned to them or to somebody they substitute, or unassigned
        and bound to a position they hold."""
        mine = Q(assignee_id__in=[access.user_id, *access.acting_for])
        return self.open().visible_to(access).filter(mine | (Q(assignee__isnull=True) & self._position_q(access)))

    @staticmethod
    def _position_q(access: Access) -> Q:
        positions = Q(pk__in=[])
        for role, unit_ids in access.roles.items():
            positions |= Q(role=role, unit_id__in=unit_ids)
        return positions


def _ordinary(access: Access) -> Q:
    """Cases that show themselves to more than their named readers, and to this clearance."""
    return Q(case__sealed=False, case__clearance__lte=access.clearance)
