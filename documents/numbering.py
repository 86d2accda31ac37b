"""The only source of numbers: counter rows locked in the deed's own transaction.

Gapless by construction: the row is raised in the transaction that uses the number, so a rolled-back deed gives it
back, and nobody else can take the next one before the first has committed. Never a sequence, never MAX + 1.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from django.db import connection
from django.db.transaction import TransactionManagementError

if TYPE_CHECKING:
    from people.models import Unit

#: Register prefixes by direction of a letter: incoming, outgoing, internal.
REGISTER_PREFIX = {"in": "RPW", "out": "RPK", "internal": "RPI"}

#: A case reference: unit symbol, class, number, year, with an optional handler's symbol on letters
#: (instruction of 18.01.2011, Dz.U. 2011 nr 14 poz. 67, § 5; unit marks may hold Polish and lower-case letters).
_LETTERS = "A-Za-zĄĆĘŁŃÓŚŹŻąćęłńóśźż"
CASE_REFERENCE = re.compile(
    rf"(?P<unit>[{_LETTERS}0-9]+(?:-[{_LETTERS}0-9]+)*)\.(?P<class>\d{{1,5}})\.(?P<number>\d+)"
    rf"(?:\.(?P<sub>\d+))?\.(?P<year>[12]\d{{3}})(?:\.(?P<handler>[A-ZĄĆĘŁŃÓŚŹŻ]{{2,4}}))?"
)


def next_value(scope: str) -> int:
    """The next number of a scope, from 1. Holds the scope's row lock until the caller's transaction ends, so ask as
    late in the deed as possible. Raises TransactionManagementError outside a transaction."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a number is taken inside the deed's transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_counter (scope, value) VALUES (%s, 1)"
            " ON CONFLICT (scope) DO UPDATE SET value = documents_counter.value + 1 RETURNING value",
            [scope],
        )
        return int(cursor.fetchone()[0])


def _id(unit: Unit | int) -> int:
    return unit if isinstance(unit, int) else unit.pk


def case_scope(unit: Unit, class_symbol: str, year: int) -> str:
    """Cases are numbered per unit, class and year."""
    return f"case:{unit.pk}:{class_symbol}:{year}"


def letter_scope(body: Unit | int, direction: str, year: int) -> str:
    """Letters are numbered per body, direction and year."""
    return f"letter:{_id(body)}:{direction}:{year}"


def receipt_scope(body: Unit | int, day: dt.date, kind: str = "upp") -> str:
    """Receipts are numbered per body, kind and day (Europe/Warsaw)."""
    return f"receipt:{_id(body)}:{kind}:{day:%Y%m%d}"


def case_reference(unit_symbol: str, class_symbol: str, number: int, year: int) -> str:
    """The case reference (*znak sprawy*), e.g. "ABC.123.77.2011"."""
    return f"{unit_symbol}.{class_symbol}.{number}.{year}"


def register_number(direction: str, number: int, year: int) -> str:
    """As printed on the letter: "RPW/12/2026" incoming, "RPK/…" outgoing, "RPI/…" internal."""
    return f"{REGISTER_PREFIX[direction]}/{number}/{year}"


def receipt_number(kind: str, unit_symbol: str, day: dt.date, number: int) -> str:
    """"UPP-OR-20260105-7": kind, body, day in Europe/Warsaw, number of the day."""
    return f"{kind.upper()}-{unit_symbol}-{day:%Y%m%d}-{number}"
