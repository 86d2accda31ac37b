"""Deeds of saved filters."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from journal.errors import NotAllowed, NotFound, Refused
from journal.record import record
from people.access import Access
from people.models import Unit
from workflow.inbox.filters import Filter
from workflow.inbox.models import SavedFilter, units_of

#: More of them than this are no help.
MOST = 30


@transaction.atomic
def save_filter(
    actor: Access, *, name: str, filter: Filter, unit: Unit | None = None, opens_desk: bool = False
) -> SavedFilter:
    """Keep a filter under a name, for oneself or shared with a unit where one holds a position; the same name again
    replaces it. Raises Refused without a name or past MOST, NotAllowed for a unit of others. One entry: filter.saved.
    """
    name = " ".join(name.split())[:60]
    if not name or actor.user_id is None:
        raise Refused(_("Give the filter a name."))
    if unit is not None and unit.pk not in units_of(actor):
        raise NotAllowed(_("You can share it only with a unit in which you work."))
    own = SavedFilter.objects.select_for_update().owned_by(actor)
    if len(own.exclude(name=name)[:MOST]) >= MOST:
        raise Refused(_("You keep %(n)d filters already; delete one first.") % {"n": MOST})
    if opens_desk:
        own.update(opens_desk=False)
    found, _made = SavedFilter.objects.update_or_create(
        owner_id=actor.user_id, name=name,
        defaults={"unit": unit, "parameters": filter.parameters(), "opens_desk": opens_desk},
    )  # fmt: skip
    record(actor, "filter.saved", found, unit_id=unit.pk if unit else None, data={"shared": unit is not None})
    return found


@transaction.atomic
def delete_filter(actor: Access, *, pk: int) -> None:
    """Delete one's own filter. Raises NotFound for any other. One entry: filter.deleted."""
    found = SavedFilter.objects.select_for_update().owned_by(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such filter."))
    record(actor, "filter.deleted", found, unit_id=found.unit_id)
    found.delete()
