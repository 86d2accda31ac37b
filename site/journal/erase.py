"""Erasing personal data from the journal: a deed like any other, and the chain still verifies."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry, EntryDetail
from journal.record import Actor, record
from journal.verify import ERASED

MOST = 5000


@transaction.atomic
def erase_details(actor: Actor, *, entries: Sequence[int], reason: str) -> Entry:
    """Erase the details (names, comments, reasons) of entries, for good; returns the entry that says so.

    Needs `manage_records` in the unit of each entry; entries outside any unit are erased by the system only. What was
    erased before stays as it is. Raises NotFound for an unknown entry, NotAllowed, and Refused when none of the
    entries has a detail, there is no reason, or there are more than 5,000 (erase them in parts).
    Legal ground: GDPR art. 17; what must be kept (art. 17(3)(b)) is decided before this is called.
    """
    if not reason.strip():
        raise Refused(_("Give the reason for erasing."))
    wanted = sorted(set(entries))
    if len(wanted) > MOST:
        raise Refused(_("Erase at most %(most)s entries at a time.") % {"most": MOST})
    found = dict(Entry.objects.filter(pk__in=wanted).values_list("pk", "unit_id"))
    if len(found) != len(wanted):
        raise NotFound(_("There is no such entry."))
    for unit_id in sorted({unit for unit in found.values() if unit is not None}):
        actor.require("manage_records", unit_id)
    if None in found.values() and not actor.is_system:
        raise NotAllowed(_("You have no permission to erase entries outside any unit."))
    details = EntryDetail.objects.select_for_update().filter(entry_id__in=wanted).exclude(text="").order_by("entry_id")
    with_text = list(details.values_list("entry_id", flat=True))
    if not with_text:
        raise Refused(_("These entries have no details that could be erased."))
    first = Entry.objects.get(pk=with_text[0])
    erasing = record(
        actor,
        ERASED,
        first,
        unit_id=first.unit_id,
        case_id=first.case_id,
        data={"entries": with_text},
        detail={"reason": reason.strip()},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_entrydetail SET text = '', salt = '', erased_by_id = %s WHERE entry_id = ANY(%s)",
            [erasing.pk, with_text],
        )
    return erasing
