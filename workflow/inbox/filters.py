"""What is asked of a list of tasks: parsed from an address, forgiving, and given back as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workflow.models import RouteStep

#: Columns beside the case itself, which is always there, in their order.
COLUMNS: Mapping[str, Promise] = {
    "czynnosc": _("To do"),
    "nadawca": pgettext_lazy("sender", "From"),
    "usluga": _("Service"),
    "jednostka": _("Unit"),
    "osoba": _("Person"),
    "wplyw": _("Came in"),
    "termin": _("Due"),
}
USUAL_COLUMNS = ("czynnosc", "nadawca", "jednostka", "termin")

#: When a task is due: code in the address -> (label, days from today until the last day kept).
DUE: Mapping[str, tuple[Promise, int | None]] = {
    "po-terminie": (_("overdue"), -1),
    "dzis": (_("until today"), 0),
    "3-dni": (_("within 3 days"), 3),
    "7-dni": (_("within 7 days"), 7),
    "bez": (_("without a day"), None),
}
NOBODY = "nikt"
LONGEST = 80


@dataclass(frozen=True)
class Filter:
    """One question. Values that are none are as if they were not given."""

    tab: str = "moje"
    text: str = ""
    unit: int | None = None
    verb: str = ""
    service: str = ""
    due: str = ""
    #: A user's id, NOBODY, or "".
    person: str = ""
    columns: tuple[str, ...] = USUAL_COLUMNS
    #: The absent person for whom the desk is opened.
    place_of: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Filter:
        """From the parameters of an address (a QueryDict, or what `parameters` gave)."""
        several = given.getlist("k") if hasattr(given, "getlist") else given.get("k", [])
        columns = tuple(name for name in COLUMNS if name in set(several))
        verb, due, person = _text(given, "czynnosc"), _text(given, "termin"), _text(given, "osoba")
        return cls(
            tab=_text(given, "tab") or "moje",
            text=" ".join(_text(given, "szukaj").split())[:LONGEST],
            unit=number(_text(given, "jednostka")),
            verb=verb if verb in RouteStep.Verb.values else "",
            service=_text(given, "usluga")[:60],
            due=due if due in DUE else "",
            person=person if person == NOBODY or number(person) else "",
            columns=columns or USUAL_COLUMNS,
            place_of=number(_text(given, "za")),
        )

    def parameters(self) -> dict[str, Any]:
        """As parameters of an address, only what differs from the usual."""
        found: dict[str, Any] = {
            "tab": self.tab, "szukaj": self.text, "jednostka": self.unit and str(self.unit), "czynnosc": self.verb,
            "usluga": self.service, "termin": self.due, "osoba": self.person,
            "za": self.place_of and str(self.place_of),
        }  # fmt: skip
        found = {name: value for name, value in found.items() if value}
        if self.columns != USUAL_COLUMNS:
            found["k"] = list(self.columns)
        return found

    def address(self, **changed: Any) -> str:
        """The query string, with some of the fields changed."""
        return urlencode(replace(self, **changed).parameters(), doseq=True)

    @property
    def narrows(self) -> bool:
        """Whether it keeps less than its tab."""
        return any((self.text, self.unit, self.verb, self.service, self.due, self.person))

    def q(self, today: dt.date) -> Q:
        """The rows it keeps of a list that `workflow.desk` gave; `today` in Warsaw."""
        kept = Q()
        for word in self.text.split():
            kept &= (
                Q(case__title__icontains=word)
                | Q(case__reference__icontains=word)
                | Q(letter__register_number__icontains=word)
                | Q(letter__correspondent__name__icontains=word)
                | Q(instruction__icontains=word)
            )
        if self.unit:
            kept &= Q(unit_id=self.unit)
        if self.verb:
            kept &= Q(verb=self.verb)
        if self.service:
            kept &= Q(case__process__service_version__service__code=self.service)
        if self.person:
            kept &= Q(assignee__isnull=True) if self.person == NOBODY else Q(assignee_id=int(self.person))
        if self.due:
            days = DUE[self.due][1]
            kept &= Q(due_on__isnull=True) if days is None else Q(due_on__lte=today + dt.timedelta(days))
            if self.due == "po-terminie":  # nothing is overdue while the time of its case stands still
                kept &= Q(stands_still=False)
        return kept


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name) or ""
    return value.replace("\0", "").strip() if isinstance(value, str) else ""


def number(text: str) -> int | None:
    """The positive number that a text of an address names; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) else None
