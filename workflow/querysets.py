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
        """Tasks of cases and letters the access may see, and tasks bound to a position it holds."""
        if access.is_system:
            return self.all()
        return self.filter(
            self._position_q(access)
            | Q(assignee_id=access.user_id)
            | Q(case__in=Case.objects.visible_to(access).values("pk"))
        )

    def actionable_by(self, access: Access) -> TaskQuerySet:
        """Open tasks this person may act on: assigned to them or to somebody they substitute, or unassigned and
        bound to a position they hold."""
        mine = Q(assignee_id__in=[access.user_id, *access.acting_for])
        return self.open().filter(mine | (Q(assignee__isnull=True) & self._position_q(access)))

    @staticmethod
    def _position_q(access: Access) -> Q:
        positions = Q(pk__in=[])
        for role, unit_ids in access.roles.items():
            positions |= Q(role=role, unit_id__in=unit_ids)
        # A sealed case shows itself to its named readers only, whatever position a task is bound to.
        return positions & Q(case__sealed=False)
