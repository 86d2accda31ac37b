"""Deeds on the classification plan (JRWA) of a body."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from documents.models import ClassificationClass, ClassificationScheme
from journal.clock import db_now, warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.record import record
from people.access import Access
from people.models import Unit

MAX_LINES = 10_000
_COLUMNS = ("symbol", "heading", "category", "notes")
#: Headings that people write over the columns.
_NAMES = {"symbol": "symbol", "klasa": "symbol", "haslo": "heading", "hasło": "heading",
          "hasło klasyfikacyjne": "heading", "heading": "heading", "kategoria": "category", "kat": "category",
          "kategoria archiwalna": "category", "category": "category", "uwagi": "notes", "notes": "notes"}
_CATEGORY = re.compile(r"(A|BC|BE|B)\s*-?\s*(\d{1,3})?", re.IGNORECASE)


@dataclass(frozen=True)
class LineError:
    """One thing wrong in one line of the file, for the person who sent it."""

    line: int
    message: str


class PlanRefused(Refused):
    """The file makes no plan; `errors` says why, line by line (at most 100)."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__(_("The plan was not imported. Lines with errors: %(count)d.")
                         % {"count": len({error.line for error in errors})})
        self.errors = errors[:100]


@dataclass(frozen=True)
class Row:
    line: int
    symbol: str
    heading: str
    category: str
    years: int | None
    notes: str


def read_csv(data: bytes) -> list[Row]:
    """Rows of a plan file: CSV with comma or semicolon, UTF-8 or Windows-1250, first line with the column names
    (symbol, hasło, kategoria, uwagi). A class with a category is an end class. Raises PlanRefused with every error."""
    text = _decode(data)
    lines = text.splitlines()
    if len(lines) < 2:
        raise PlanRefused([LineError(1, _("The file has no rows."))])
    if len(lines) > MAX_LINES:
        raise PlanRefused([LineError(MAX_LINES, _("The file has more than %(count)d lines.") % {"count": MAX_LINES})])
    reader = csv.reader(io.StringIO(text), delimiter=";" if lines[0].count(";") >= lines[0].count(",") else ",")
    head = [_NAMES.get(cell.strip().lower().lstrip("\ufeff"), "") for cell in next(reader)]
    missing = [name for name in _COLUMNS[:3] if name not in head]
    if missing:
        raise PlanRefused([LineError(1, _("Missing columns: %(names)s.") % {"names": ", ".join(missing)})])
    errors: list[LineError] = []
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        said = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if name}
        row = _row(reader.line_num, said, errors)
        if row is None:
            continue
        if row.symbol in seen:
            errors.append(LineError(row.line, _("Class %(symbol)s stands already in line %(line)d.")
                                    % {"symbol": row.symbol, "line": seen[row.symbol]}))
        seen.setdefault(row.symbol, row.line)
        rows.append(row)
    _check_tree(rows, errors)
    if errors:
        raise PlanRefused(sorted(errors, key=lambda error: error.line))
    return rows


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1250"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PlanRefused([LineError(1, _("The file is neither UTF-8 nor Windows-1250 text."))])


def _row(line: int, said: dict[str, str], errors: list[LineError]) -> Row | None:
    symbol, heading = said.get("symbol", ""), said.get("heading", "")
    category, years = said.get("category", ""), None
    before = len(errors)
    if not re.fullmatch(r"\d{1,5}", symbol):
        errors.append(LineError(line, _("“%(symbol)s” is no class symbol: it has 1 to 5 digits.")
                                % {"symbol": symbol[:20]}))
    if not heading or len(heading) > 250:
        errors.append(LineError(line, _("The heading is missing or longer than 250 characters.")))
    if category:
        found = _CATEGORY.fullmatch(category)
        letter = found[1].upper() if found else ""
        years = int(found[2]) if found and found[2] else None
        if found is None or (letter == "A" and years is not None) or (letter == "BE" and not years):
            errors.append(LineError(line, _("“%(category)s” is no category: A, B with years, BE with years, or Bc.")
                                    % {"category": category[:20]}))
        category = "Bc" if letter == "BC" else letter
    return Row(line, symbol, heading, category, years, said.get("notes", "")) if len(errors) == before else None


def _check_tree(rows: list[Row], errors: list[LineError]) -> None:
    """Every class hangs below one with a symbol shorter by a digit; a class that has classes below is no end class."""
    known = {row.symbol: row for row in rows}
    for row in rows:
        parent = row.symbol[:-1]
        if not parent:
            continue
        if parent not in known:
            errors.append(LineError(row.line, _("Class %(symbol)s has no class %(parent)s above it.")
                                    % {"symbol": row.symbol, "parent": parent}))
        elif known[parent].category:
            errors.append(LineError(row.line, _("Class %(parent)s above has a category; only an end class carries one.")
                                    % {"parent": parent}))


@transaction.atomic
def import_csv(actor: Access, *, body: Unit, data: bytes, valid_from: dt.date, source: str) -> ClassificationScheme:
    """A new version of the body's plan from a CSV file (`read_csv`), in force from a day; the version before ends the
    day before. Entry `plan.imported`. Needs `manage_records` in the body.

    Raises PlanRefused (with line errors), Refused for a cell or without source, Conflict when a version in force from
    that day or later exists.
    """
    actor.require("manage_records", body)
    if body.kind != Unit.Kind.BODY:
        raise Refused(_("Only a body has a classification plan of its own."))
    if not source.strip():
        raise Refused(_("Say where the plan comes from (act or order)."))
    rows = read_csv(data)
    Unit.objects.select_for_update(of=("self",)).get(pk=body.pk)
    schemes = ClassificationScheme.objects.filter(body=body)
    if schemes.filter(valid_from__gte=valid_from).exists():
        raise Conflict(_("The body has a plan in force from that day or later."))
    before = valid_from - dt.timedelta(days=1)
    schemes.filter(valid_until__isnull=True).update(valid_until=before)
    schemes.filter(valid_until__gt=before).update(valid_until=before)
    newest = schemes.aggregate(newest=Max("version"))["newest"] or 0
    scheme = ClassificationScheme.objects.create(body=body, version=newest + 1, valid_from=valid_from,
                                                 source=source.strip())
    ClassificationClass.objects.bulk_create(
        ClassificationClass(scheme=scheme, symbol=row.symbol, heading=row.heading, is_end=bool(row.category),
                            category=row.category, years=row.years, notes=row.notes) for row in rows)
    record(actor, "plan.imported", scheme, unit_id=body.pk,
           data={"version": scheme.version, "classes": len(rows), "valid_from": valid_from.isoformat()})
    return scheme


def scheme_on(body: Unit, day: dt.date | None = None) -> ClassificationScheme:
    """The body's plan in force on a day (default: today). Raises NotFound when it has none."""
    on = day or warsaw_day(db_now())
    scheme = (ClassificationScheme.objects.filter(body=body, valid_from__lte=on).order_by("-valid_from").first())
    if scheme is None or (scheme.valid_until is not None and scheme.valid_until < on):
        raise NotFound(_("The unit has no classification plan in force on %(day)s.") % {"day": on.isoformat()})
    return scheme


def end_class(body: Unit, symbol: str, day: dt.date | None = None) -> ClassificationClass:
    """The end class of that symbol in the body's plan on a day (default: today, Warsaw). Raises NotFound."""
    scheme = scheme_on(body, day)
    found = ClassificationClass.objects.filter(scheme=scheme, symbol=symbol, is_end=True).first()
    if found is None:
        raise NotFound(_("Class %(symbol)s is not an end class of the unit's classification plan.")
                       % {"symbol": symbol})
    return found
