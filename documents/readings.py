"""Readings of cases by the office: noted once a day for each person, shown to the party without names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from documents.models import Case, CaseReading, DocumentVersion, VersionReading
from journal.clock import db_now, warsaw_day
from journal.rows import insert
from people.access import Access
from people.models import Membership, Role

#: How many are shown at once, newest first.
SHOWN = 100


def note(access: Access, case: Case) -> None:
    """Keep that this member of staff read the case today. Nothing for guests, citizens and the system; reading it
    again on the same day changes nothing. Call it after the right to read was asked."""
    if access.user_id is None or access.is_system or access.user_id == case.owner_id:
        return
    today = warsaw_day(db_now())
    if CaseReading.objects.filter(case=case, reader_id=access.user_id, day=today).exists():
        return
    unit_id, role = _position(access.user_id, case, today)
    row = CaseReading(case=case, reader_id=access.user_id, day=today, unit_id=unit_id, role=role)
    insert(row, if_absent=True)  # two windows at once


def note_version(access: Access, version: DocumentVersion) -> None:
    """Keep that this member of staff had this version before them. As `note`."""
    if access.user_id is None or access.is_system:
        return
    if not VersionReading.objects.filter(version=version, reader_id=access.user_id).exists():
        insert(VersionReading(version=version, reader_id=access.user_id, read_at=db_now()), if_absent=True)


def read_by(access: Access, version_ids: Iterable[int]) -> frozenset[int]:
    """Those of the versions that this person had before them."""
    rows = VersionReading.objects.filter(version__in=list(version_ids), reader_id=access.user_id or 0)
    return frozenset(rows.values_list("version_id", flat=True))


def _position(user_id: int, case: Case, today: dt.date) -> tuple[int | None, str]:
    """The position that fits best: in the case's own unit, else the one held longest."""
    held = (
        Membership.objects.filter(user_id=user_id, valid_from__lte=today)
        .exclude(valid_until__lt=today)
        .order_by("valid_from", "pk")
        .values_list("role_group__unit_id", "role_group__role")
    )
    found = sorted(held, key=lambda position: position[0] != case.unit_id)
    return found[0] if found else (None, "")


@dataclass(frozen=True)
class Reading:
    """What the party is told: who by unit and role, and the day."""

    day: dt.date
    unit: str
    role: str


def for_party(case: Case) -> list[Reading]:
    """Readings of a case as its party sees them, newest first; two people of one position on a day are one line."""
    rows = CaseReading.objects.filter(case=case).select_related("unit").order_by("-day", "unit_id", "role")[:SHOWN]
    said = [
        Reading(row.day, row.unit.name if row.unit else _("a person to whom the case was opened"), _role(row.role))
        for row in rows
    ]
    return list(dict.fromkeys(said))


def for_staff(case: Case) -> list[CaseReading]:
    """The same with names, for whoever sees the case."""
    rows = list(CaseReading.objects.filter(case=case).select_related("unit", "reader").order_by("-day", "pk")[:SHOWN])
    for row in rows:
        row.role_name = _role(row.role)  # type: ignore[attr-defined]  # for the template
    return rows


def _role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else ""
