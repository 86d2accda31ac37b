"""Named reads of tasks."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.db.models import Q

from documents.visibility import case_q
from people.access import Access
from people.models import Substitution

#: Verbs of the tasks that a substitute takes over, by the scope of the substitution; None: of all of them.
TAKEN_OVER: Mapping[str, frozenset[str] | None] = {
    Substitution.Scope.ALL: None,
    Substitution.Scope.INBOX: frozenset({"register", "assign", "handle", "correct", "consult", "note"}),
    Substitution.Scope.APPROVAL: frozenset({"approve"}),
    Substitution.Scope.SIGNING: frozenset({"sign"}),
}


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
            case_q(access, "case__") | (self._position_q(access) & _ordinary(access))
        )

    def actionable_by(self, access: Access) -> TaskQuerySet:
        """Open tasks this person sees and may act on: assigned to them or to somebody they substitute, or unassigned
        and bound to a position they hold."""
        mine = Q(assignee_id=access.user_id) | (Q(assignee__isnull=True) & _held(access.roles))
        return self.open().visible_to(access).filter(mine | lent_q(access))

    @staticmethod
    def _position_q(access: Access) -> Q:
        return _held(access.roles) | _lent_positions(access)


def own_position_q(access: Access) -> Q:
    """Tasks bound to a position that the person holds by an own membership."""
    return _held(access.roles)


def lent_q(access: Access, absent_id: int | None = None) -> Q:
    """Tasks that fall to this person only in the place of somebody absent (or of this one): assigned to the absent
    person, or unassigned and bound to a position of theirs; within the scope of each substitution."""
    found = Q(assignee__isnull=True) & _lent_positions(access, absent_id) & ~_held(access.roles)
    for absent, scopes in access.acting_for.items():
        if absent_id in (None, absent):
            for scope in scopes:
                found |= Q(assignee_id=absent) & _taken_over(scope)
    return found


def _lent_positions(access: Access, absent_id: int | None = None) -> Q:
    positions = Q(pk__in=[])
    for absent, scopes in access.acting_for.items():
        if absent_id in (None, absent):
            for scope, roles in scopes.items():
                positions |= _held(roles) & _taken_over(scope)
    return positions


def _taken_over(scope: str) -> Q:
    verbs = TAKEN_OVER[scope]
    return Q() if verbs is None else Q(verb__in=verbs)


def _held(roles: Mapping[str, frozenset[int]]) -> Q:
    positions = Q(pk__in=[])
    for role, unit_ids in roles.items():
        positions |= Q(role=role, unit_id__in=unit_ids)
    return positions


def _ordinary(access: Access) -> Q:
    """Cases that show themselves to more than their named readers, and to this clearance."""
    return Q(case__sealed=False, case__clearance__lte=access.clearance)
