"""Cases that belong together: said by a clerk, and found by their parties."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from documents.models import Case, CaseLink, Party
from documents.services.cases import lock, require_handling, touch
from documents.visibility import case_q
from journal.clock import db_now
from journal.errors import Conflict, NotFound, Refused
from journal.record import record
from people.access import Access

#: Cases of the same party that are looked at, and shown.
LOOKED_AT, SHOWN = 200, 10


def linked(case: Case, access: Access) -> list[CaseLink]:
    """The links of a case whose other end this person sees too, newest first. One query."""
    either = Q(first=case) & case_q(access, "second__") | Q(second=case) & case_q(access, "first__")
    rows = CaseLink.objects.filter(either).select_related("first__unit", "second__unit", "made_by")
    return list(rows.order_by("-made_at")[:50])


def of_the_same_party(case: Case, access: Access) -> list[Case]:
    """Other cases of a party of this one (by PESEL, NIP, e-mail or account) that this person sees, newest first. Two
    queries, and the parties of the case."""
    by = {(name, value) for party in case.parties.all() for name in ("pesel", "nip", "email")
          if (value := getattr(party, name))}  # fmt: skip
    parts = [Party.objects.filter(**{name: value}, case__isnull=False).order_by("-id") for name, value in sorted(by)]
    found: list[Any] = [part.values_list("case_id", flat=True)[:LOOKED_AT] for part in parts]
    if case.owner_id:
        own = Case.objects.filter(owner_id=case.owner_id).order_by("-id")
        found.append(own.values_list("pk", flat=True)[:LOOKED_AT])
    if not found:
        return []
    # The ids first: a condition on them beside one on visibility makes the database read the whole table.
    ids = set(found[0].union(*found[1:], all=True)) - {case.pk}
    seen = Case.objects.visible_to(access).filter(pk__in=ids)
    return list(seen.select_related("unit").order_by("-id")[:SHOWN])


def _other(actor: Access, case: Case, text: str) -> Case:
    """The case that a reference or number names, if the actor sees it."""
    wanted = " ".join(text.split())
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 18 else 0
    by = Q(reference__iexact=wanted) | Q(pk=number)
    other = Case.objects.visible_to(actor).filter(by).first() if wanted else None
    if other is None:
        raise NotFound(_("There is no such case among those you see."))
    if other.pk == case.pk:
        raise Refused(_("This is the same case."))
    return other


@transaction.atomic
def link(actor: Access, *, case: Case, other: str, note: str = "") -> CaseLink:
    """Say that a case belongs together with another, named by its reference. It opens neither to anybody.

    Needs `handle_cases` in the case's unit, and to see the other one. Raises NotFound, Refused for itself, Conflict for
    a pair that is linked already. One entry: case.linked.
    """
    case = lock(case)
    require_handling(actor, case)
    second = _other(actor, case, other)
    pair = Q(first=case, second=second) | Q(first=second, second=case)
    if CaseLink.objects.filter(pair).exists():
        raise Conflict(_("These cases are linked already."))
    made = CaseLink.objects.create(
        first=case, second=second, note=note.strip()[:200], made_by_id=actor.user_id, made_at=db_now()
    )
    touch(case)
    record(actor, "case.linked", case, case_id=case.pk, unit_id=case.unit_id, data={"case": second.pk},
           detail={"note": made.note} if made.note else None)  # fmt: skip
    return made


@transaction.atomic
def unlink(actor: Access, *, case: Case, link_id: int) -> None:
    """Take a link back, from either end. Needs `handle_cases` in the case's unit. One entry: case.unlinked."""
    case = lock(case)
    require_handling(actor, case)
    found = next((each for each in linked(case, actor) if each.pk == link_id), None)
    if found is None:
        raise NotFound(_("There is no such link."))
    other = found.second_id if found.first_id == case.pk else found.first_id
    found.delete()
    touch(case)
    record(actor, "case.unlinked", case, case_id=case.pk, unit_id=case.unit_id, data={"case": other})
