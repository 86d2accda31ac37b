"""A generated town for the desk's bench: 70 units, 400 staff, a tenth as many cases as journal entries, two years.

A few cases go their way through the real deeds; `grow` then copies each with all that belongs to it, by one
INSERT ... SELECT a table, over the units and clerks. What `MEASURED` people have on their desks is the same at every
size, as it is for real people in a larger town; all else is spread. Entries are real rows: the database puts them
before the sealer, which chains them, and `verify_journal` is asked in the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Q

from documents.models import Case, CaseMessage, Document, DocumentVersion, Letter, Party
from documents.services import messages
from journal.models import Entry, EntryDetail
from people.access import SYSTEM, access_of
from people.models import Role, Unit, User
from people.services import units
from tests.factories import people
from tests.factories.documents import filing
from workflow import intake
from workflow.models import Assignment, Process, Service, ServiceOffer, Task
from workflow.services import assignment, closing, decisions

CELLS, SCHOOLS, STAFF = 48, 20, 400
#: Departments whose people are measured, and how many cases are theirs alone.
MEASURED, OWN = 3, 900
#: Ids of copies: START + the copy's number * STEP + the row's place among the template's rows of its table.
START, STEP = 10_000_000, 32
#: Which numbers are cases of which standing. Of OWN by hundredths; of the others nine tenths are closed.
WHICH = {
    "assign": f"((n < {OWN} AND n %% 100 < 10) OR (n >= {OWN} AND n %% 40 = 0))",
    "handle": f"((n < {OWN} AND n %% 100 BETWEEN 10 AND 79) OR (n >= {OWN} AND n %% 40 = 10))",
    "approve": f"((n < {OWN} AND n %% 100 BETWEEN 80 AND 89) OR (n >= {OWN} AND n %% 40 = 20))",
    "sign": f"((n < {OWN} AND n %% 100 >= 90) OR (n >= {OWN} AND n %% 40 = 30))",
    "closed": f"(n >= {OWN} AND n %% 10 <> 0)",
}


@dataclass
class Template:
    """A case that went its way, and the ids of the rows of each table that make it, parents first."""

    case: Case
    clerk: User
    head: User
    rows: dict[type[models.Model], list[int]]
    #: SQL: which numbers n its copies have.
    which: str


@dataclass
class Town:
    """The units that take cases, the clerks of each, the head of each."""

    units: list[Unit]
    clerks: list[list[User]]
    heads: list[User]


def build() -> Town:
    """Everybody, by the services that the office itself uses."""
    found = {unit.symbol: unit for unit in Unit.objects.all()}  # the office that `prepare` made
    taking = [found["OR"], found["FN"]]
    for number in range(CELLS - 1):
        taking.append(units.add(SYSTEM, parent=found["UM"], kind=Unit.Kind.CELL, symbol=f"W{number:02}",
                                name=f"Wydział {number:02}"))  # fmt: skip
    for number in range(1, SCHOOLS + 1):
        symbol = f"SP-{number}"
        taking.append(found.get(symbol) or units.add(SYSTEM, parent=found["UM"], kind=Unit.Kind.BODY, symbol=symbol,
                                                     name=f"Szkoła Podstawowa nr {number}"))  # fmt: skip
    heads = [people.member(unit, Role.HEAD, people.staff(f"k{unit.symbol}", password=None)) for unit in taking]
    each = max(1, (STAFF - len(heads)) // len(taking))
    clerks = [
        [people.member(unit, Role.CLERK, people.staff(f"r{unit.symbol}", password=None)) for _n in range(each)]
        for unit in taking
    ]
    general = Service.objects.get(code="pismo-ogolne")
    for unit in taking:
        ServiceOffer.objects.get_or_create(service=general, unit=unit)
    return Town(taking, clerks, heads)


def templates(town: Town) -> list[Template]:
    """One case of each standing, made by deeds: to assign, in hand, to approve, to sign, closed."""
    unit, head, clerk = town.units[0], town.heads[0], town.clerks[0][0]
    boss, hand = access_of(head), access_of(clerk)

    def filed() -> Case:
        return intake.receive(SYSTEM, filing(unit, service_code="pismo-ogolne")).case

    def in_hand() -> Case:
        case = filed()
        assignment.assign(boss, case=case, to_user=clerk, instruction="proszę załatwić")
        return assignment.register_case(hand, case=case)

    def written() -> tuple[Case, Task]:
        case = in_hand()
        letter = decisions.draft_letter(hand, case=case, kind="answer", subject="Odpowiedź", body="Tak.")
        return case, decisions.send_for_approval(hand, letter=letter)

    def approved() -> Case:
        case, task = written()
        decisions.approve(boss, task=task, version_id=task.document_version_id or 0)
        return case

    ended = approved()
    for text in ("Dzień dobry.", "Sprawa jest w toku.", "Przygotowujemy odpowiedź."):
        messages.from_office(hand, case=ended, text=text)
    ended.tasks.open().update(outcome="cancelled", done_at=ended.received_at)
    closing.close_case(hand, case=ended, outcome="odpowiedź")
    made = {"assign": filed(), "handle": in_hand(), "approve": written()[0], "sign": approved(), "closed": ended}
    return [Template(Case.objects.get(pk=case.pk), clerk, head, rows_of(case), WHICH[name])
            for name, case in made.items()]  # fmt: skip


def rows_of(case: Case) -> dict[type[models.Model], list[int]]:
    """The ids of all rows that belong to a case, by table, parents first."""
    letters = Letter.objects.filter(case=case)
    documents = Document.objects.filter(Q(case=case) | Q(letter__case=case))
    entries = Entry.objects.filter(case_id=case.pk)
    parties = Party.objects.filter(Q(case=case) | Q(pk__in=letters.values("correspondent")))
    found: list[models.QuerySet[Any]] = [
        Case.objects.filter(pk=case.pk), parties, Process.objects.filter(case=case), letters, documents,
        DocumentVersion.objects.filter(document__in=documents), Task.objects.filter(case=case),
        Assignment.objects.filter(case=case), CaseMessage.objects.filter(case=case), entries,
        EntryDetail.objects.filter(entry__in=entries),
    ]  # fmt: skip
    return {rows.model: list(rows.order_by("pk").values_list("pk", flat=True)) for rows in found}


def grow(made: list[Template], town: Town, first: int, last: int) -> None:
    """Copies number `first` to `last - 1`: those below OWN are the measured units', of the others most are closed."""
    unit = f"(CASE WHEN n < {OWN} THEN n / 100 %% {MEASURED} ELSE n / 7 %% {len(town.units)} END)"
    each = len(town.clerks[0])
    given = {
        "units": [each.pk for each in town.units], "bodies": [each.body_id or each.pk for each in town.units],
        "clerks": [each.pk for row in town.clerks for each in row], "heads": [each.pk for each in town.heads],
        "first": first, "last": last - 1,
    }  # fmt: skip
    of_unit = {"unit_id": f"(%(units)s::bigint[])[1 + {unit}]", "body_id": f"(%(bodies)s::bigint[])[1 + {unit}]"}
    of_unit["chain"] = of_unit["body_id"]
    for template in made:
        people_of = {
            template.clerk.pk: f"(%(clerks)s::bigint[])[1 + {unit} * {each} + n %% {each}]",
            template.head.pk: f"(%(heads)s::bigint[])[1 + {unit}]",
        }
        for model, ids in template.rows.items():
            for place, pk in enumerate(ids):
                _copy(template, model, pk, place, of_unit, people_of, given)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(template: Template, model: type[models.Model], pk: int, place: int, of_unit: dict[str, str],
          people_of: dict[int, str], given: dict[str, Any]) -> None:  # fmt: skip
    """One row of a template for every number of its copies: one statement."""
    # The moment: of closed cases within two years, of open ones within six weeks, so that some are late.
    days = f"({'n * 37 %% 700 + 25' if template.case.closed_at else 'n %% 42'}) * interval '1 day'"
    stood = model._base_manager.filter(pk=pk).values().get()
    taken = [column for column in model._meta.concrete_fields if column.column != "recorded_at"]  # the database's own
    values = [_value(template, model, column, place, stood[column.attname], of_unit, people_of, days)
              for column in taken]  # fmt: skip
    names = ", ".join(connection.ops.quote_name(column.column) for column in taken)
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} r, "
            f"generate_series(%(first)s::bigint, %(last)s) n WHERE r.{key.column} = %(pk)s AND {template.which}",
            {**given, "pk": pk},
        )


def _value(template: Template, model: type[models.Model], column: Any, place: int, value: Any,
           of_unit: dict[str, str], people_of: dict[int, str], days: str) -> str:  # fmt: skip
    """SQL of one column of a copy."""
    name, kept = column.column, f'r."{column.column}"'
    target = Entry if model is EntryDetail and column.primary_key else column.related_model
    if value is None:
        return kept
    if column.primary_key and model is not EntryDetail:
        return _id(place)
    if model is Entry and name == "case_id":
        return _id(0)
    if target in template.rows and value in template.rows[target]:
        return _id(template.rows[target].index(value))
    if name in of_unit:
        return of_unit[name]
    if (target is User or name == "user_id") and int(value) in people_of:
        return people_of[int(value)]
    if name == "tracking_code":
        return f"'KOPIA-' || {_id(0)}"
    if name in ("intake_key", "uuid"):
        return "NULL"
    if name in ("reference", "register_number") and value:
        return f"{kept} || '.' || {_id(place)}"
    if name == "number" and model in (Case, Letter):
        return _id(place)
    if column.get_internal_type() == "DateTimeField":
        return f"{kept} - {days}"
    if column.get_internal_type() == "DateField":
        return f"({kept} - {days})::date"
    return kept


def _id(place: int) -> str:
    return f"({START} + n * {STEP} + {place})"
