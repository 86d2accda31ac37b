"""What a body's privacy notice says, taken from its record, its services and its classification plan."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import ClassificationClass
from people.access import valid_now
from people.models import Unit
from workflow.models import ServiceVersion


@dataclass(frozen=True)
class Purpose:
    """A service: why data are used, on what legal basis, and how long its files are kept."""

    title: str
    legal_basis: str
    class_symbol: str
    category: str
    retention: str


def purposes(unit: Unit) -> list[Purpose]:
    """The services of a body and its cells by title, with today's values: two queries."""
    versions = (
        ServiceVersion.objects.filter(valid_now())
        .filter(Q(service__offers__unit=unit) | Q(service__offers__unit__body=unit))
        .select_related("service")
        .order_by("service__title", "-valid_from")
        .distinct()
    )
    plan = {
        known.symbol: known
        for known in ClassificationClass.objects.filter(valid_now("scheme__"), scheme__body=unit, is_end=True)
    }
    found: dict[int, Purpose] = {}
    for version in versions:
        known = plan.get(version.class_symbol)
        found.setdefault(
            version.service_id,
            Purpose(
                version.service.title,
                version.legal_basis,
                version.class_symbol,
                f"{known.category}{known.years or ''}" if known else "",
                retention(known.category, known.years) if known else _("as the body's classification plan says"),
            ),
        )
    return list(found.values())


def retention(category: str, years: int | None) -> str:
    """A retention category in words; years run from 1 January after the case was closed (instrukcja, § 5-7)."""
    match category:
        case "A":
            return _("for ever, as archival material: after 25 years it goes to the state archive")
        case "B" if years:
            return ngettext(
                "%(n)s year, counted from the year after the case ended",
                "%(n)s years, counted from the year after the case ended",
                years,
            ) % {"n": years}
        case "BE" if years:
            return ngettext(
                "%(n)s year; then the state archive decides what to keep",
                "%(n)s years; then the state archive decides what to keep",
                years,
            ) % {"n": years}
        case "Bc":
            return _("as long as it is needed in the office")
        case _other:
            return _("as the body's classification plan says")


def lead(unit: Unit) -> str:
    """One sentence: who answers for the data."""
    place = ", ".join(filter(None, [unit.street, f"{unit.postcode} {unit.town}".strip()]))
    return _("The controller of your data is %(name)s.") % {"name": f"{unit.name}, {place}" if place else unit.name}
