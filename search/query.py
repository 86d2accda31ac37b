"""What a person typed into a search box, taken apart. Everything is understood somehow; nothing is an error.

    wniosek "dowód osobisty" -skarga znak:OR.0003.12.2026 nadawca:"Jan Nowak" jednostka:OR od:2026-01-01 do:31.03.2026
    rok:2026 stan:otwarta typ:pismo

Prefixes have Polish and English names. What looks like a prefix and is none is a word; a date that is none is told in
`ignored`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from search.analysis import QueryTerm, fold, query_terms

MAX_LENGTH = 1_000  # characters; the rest is left out
MAX_PARTS = 40

# folded name -> field
PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "znak": "reference", "sygnatura": "reference", "sprawa": "reference", "reference": "reference",
        "ref": "reference",
        "nadawca": "sender", "sender": "sender",
        "jednostka": "unit", "wydzial": "unit", "unit": "unit",
        "od": "from", "from": "from", "po": "from", "since": "from",
        "do": "to", "to": "to", "przed": "to", "until": "to",
        "rok": "year", "year": "year",
        "stan": "state", "status": "state", "state": "state",
        "typ": "kind", "rodzaj": "kind", "type": "kind", "kind": "kind",
    }
)  # fmt: skip

_OPENING, _CLOSING = '"„“”«»', '"”“»«'
_PART = re.compile(
    rf"(?P<minus>[-\u2212\u2013](?=[\w{_OPENING}]))?(?:(?P<prefix>[^\W\d_]+):(?P<gap>[ ]?))?"
    rf"(?:[{_OPENING}](?P<phrase>[^{_CLOSING}]*)[{_CLOSING}]?|(?P<word>[^\s{_OPENING}]+))?"
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart. `must`: every word; `phrases`: words side by side; `exclude`: words and phrases that must
    not occur; `fields` and `exclude_fields`: values by field (reference, sender, unit, state, kind), any of them; dates
    are inclusive days; `ignored`: parts that were not understood."""

    must: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_from: date | None = None
    date_to: date | None = None
    raw: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing to search for: no word, phrase, field or date (exclusions alone find nothing)."""
        return not (self.must or self.phrases or self.fields or self.date_from or self.date_to)

    @property
    def text(self) -> str:
        """Words and phrases together, for highlighting."""
        return " ".join((*self.must, *self.phrases))

    def terms(self, *, typing: bool = False) -> list[QueryTerm]:
        """The terms of `must`; `typing` lets the last word be incomplete (only where it ends what was typed)."""
        return query_terms(" ".join(self.must), typing=typing and bool(self.must) and self.raw.endswith(self.must[-1]))

    def phrase_terms(self) -> list[list[QueryTerm]]:
        return [query_terms(phrase, keep_stop_words=True) for phrase in self.phrases]

    def exclude_terms(self) -> list[list[QueryTerm]]:
        return [query_terms(phrase, keep_stop_words=True) for phrase in self.exclude]

    def describe(self) -> list[str]:
        """What is searched for, one sentence part each, in the active language; empty for an empty query."""
        said = []
        if self.must:
            said.append(_("all of the words: %(words)s") % {"words": ", ".join(self.must)})
        said += [_("the phrase “%(phrase)s”") % {"phrase": phrase} for phrase in self.phrases]
        if self.exclude:
            said.append(_("without: %(words)s") % {"words": ", ".join(self.exclude)})
        names = self._field_names()
        either = _(" or ")
        said += [f"{names[name]}: {either.join(values)}" for name, values in self.fields.items()]
        said += [
            _("not %(field)s: %(values)s") % {"field": names[name], "values": either.join(values)}
            for name, values in self.exclude_fields.items()
        ]
        if self.date_from:
            said.append(_("from %(day)s") % {"day": _day(self.date_from)})
        if self.date_to:
            said.append(_("until %(day)s") % {"day": _day(self.date_to)})
        said += [_("not understood and left out: %(part)s") % {"part": part} for part in self.ignored]
        return said

    @staticmethod
    def _field_names() -> dict[str, str]:
        return {
            "reference": _("case reference"),
            "sender": _("sender"),
            "unit": _("unit"),
            "state": _("state"),
            "kind": _("type"),
        }


def _day(day: date) -> str:
    return date_format(day, pgettext("date format", "Y-m-d"))


def parse(raw: str, *, today: date | None = None) -> Query:
    """Take a query apart. Never fails. `today` (a day in Poland) allows “dziś” and “wczoraj” as dates."""
    text = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", raw[:MAX_LENGTH])
    must: list[str] = []
    phrases: list[str] = []
    exclude: list[str] = []
    fields: dict[str, list[str]] = {}
    exclude_fields: dict[str, list[str]] = {}
    ignored: list[str] = []
    first: date | None = None
    last: date | None = None
    place = parts = 0
    while place < len(text) and parts < MAX_PARTS:
        match = _PART.match(text, place)
        if match is None or match.end() == place:
            place += 1
            continue
        place = match.end()
        parts += 1
        quoted = match["phrase"] is not None
        value = " ".join((match["phrase"] if quoted else match["word"] or "").split())
        name = PREFIXES.get(fold(match["prefix"])) if match["prefix"] else None
        if name and value and name in ("from", "to", "year"):
            span = _days(value, today)
            if span is None or (name == "year" and not re.fullmatch(r"\d{4}", value)):
                ignored.append(match[0].strip())
                continue
            if name in ("from", "year"):
                first = span[0]
            if name in ("to", "year"):
                last = span[1]
        elif name and value:
            (exclude_fields if match["minus"] else fields).setdefault(name, []).append(value)
        else:
            _add_words(match, value, quoted, must, phrases, exclude)
    if first and last and first > last:
        first, last = last, first
    return Query(
        must=tuple(dict.fromkeys(must)),
        phrases=tuple(dict.fromkeys(phrases)),
        exclude=tuple(dict.fromkeys(exclude)),
        fields=MappingProxyType({name: tuple(dict.fromkeys(values)) for name, values in fields.items()}),
        exclude_fields=MappingProxyType(
            {name: tuple(dict.fromkeys(values)) for name, values in exclude_fields.items()}
        ),
        date_from=first,
        date_to=last,
        raw=raw,
        ignored=tuple(ignored),
    )


def _add_words(
    match: re.Match[str], value: str, quoted: bool, must: list[str], phrases: list[str], exclude: list[str]
) -> None:
    """A part that is no field. A prefix that is none, or has no value, is a word like any other."""
    prefix = match["prefix"] or ""
    if prefix and not quoted:
        value = f"{prefix}:{match['gap']}{value}".strip(" :")
    elif prefix:
        must.append(prefix)
    if not query_terms(value, keep_stop_words=True):
        return  # signs only: nothing that an index holds
    if match["minus"]:
        exclude.append(value)
    elif quoted and len(value.split()) > 1:
        phrases.append(value)
    else:
        must.extend(value.split())


def _days(text: str, today: date | None) -> tuple[date, date] | None:
    """First and last day that a date, a month or a year means; None for anything else."""
    word = fold(text)
    if today is not None and word in ("dzis", "dzisiaj", "today"):
        return today, today
    if today is not None and word in ("wczoraj", "yesterday"):
        return today - timedelta(days=1), today - timedelta(days=1)
    for pattern in (
        r"(?P<y>\d{4})(?:[-./](?P<m>\d{1,2})(?:[-./](?P<d>\d{1,2}))?)?",
        r"(?:(?P<d>\d{1,2})[-./])?(?P<m>\d{1,2})[-./](?P<y>\d{4})",
    ):
        if found := re.fullmatch(pattern, text, re.ASCII):
            year, month, day = (int(found[n]) if found[n] else 0 for n in "ymd")
            try:
                low = date(year, month or 1, day or 1)
                high = date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
            except (ValueError, calendar.IllegalMonthError):
                return None
            return low, high
    return None
