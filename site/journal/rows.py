"""Rows written together: what a compound deed inserts goes to the database in one round trip.

`insert` writes a new row. Inside `together` it gives the row its id at once and writes it at the end, in the order
given, all statements in one go; so nothing inside may read these rows back from the database. Ids come from the
tables' own sequences, in the deed's own transaction, so they rise as deeds do. Rows written together send no signals.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

M = TypeVar("M", bound=Model)


class _Together:
    """The rows of one transaction that wait for the end, and ids reserved for them by table."""

    def __init__(self) -> None:
        self.rows: list[tuple[Model, bool]] = []
        self.ids: dict[type[Model], list[int]] = defaultdict(list)

    def reserve(self, kinds: tuple[type[Model], ...]) -> dt.datetime:
        """Ids for so many rows, and the database's time."""
        with connection.cursor() as cursor:
            cursor.execute(", ".join(["SELECT clock_timestamp()", *map(_next_id, kinds)]))
            now, *numbers = cursor.fetchone()
        for kind, number in zip(kinds, numbers, strict=True):
            self.ids[kind].append(number)
        return now.astimezone(dt.UTC)

    def take_id(self, kind: type[Model]) -> int:
        if not self.ids[kind]:
            self.reserve((kind,))
        return self.ids[kind].pop(0)

    def write(self) -> None:
        if not self.rows:
            return
        with connection.connection.pipeline(), connection.cursor() as cursor:
            for row, if_absent in self.rows:
                _write(cursor, row, if_absent)
        self.rows.clear()


_current: ContextVar[_Together | None] = ContextVar("together", default=None)


def _write(cursor: CursorWrapper, row: Model, if_absent: bool) -> None:
    text, fields = _insert_of(type(row))
    values = []
    for name, field, careful in fields:
        value = getattr(row, name)
        if value is not None and (careful or type(value) not in _AS_IT_IS):
            value = field.get_db_prep_save(value, connection)
        values.append(value)
    cursor.execute(f"{text} ON CONFLICT DO NOTHING" if if_absent else text, values)
    row._state.adding, row._state.db = False, connection.alias


#: Kinds of values that go to the database as they are, except in columns of JSON and the like.
_AS_IT_IS = frozenset({bool, int, str, dt.date, dt.datetime, uuid.UUID})
_PLAIN = (BooleanField, CharField, DateField, ForeignKey, IntegerField, TextField, UUIDField)


@functools.cache
def _insert_of(kind: type[Model]) -> tuple[str, list[tuple[str, Field[Any, Any], bool]]]:
    """The statement; for each column the attribute, its field and whether the field must prepare every value."""
    fields = list(kind._meta.local_concrete_fields)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(f.column)) for f in fields)
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(kind._meta.db_table)} ({columns}) VALUES ({places})", [  # noqa: S608 - own names
        (f.attname, f, not isinstance(f, _PLAIN)) for f in fields
    ]


@functools.cache
def _next_id(kind: type[Model]) -> str:
    """SQL of the next id of a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)",
                       [connection.ops.quote_name(kind._meta.db_table), kind._meta.pk.column])  # fmt: skip
        return f"nextval('{cursor.fetchone()[0]}')"


@contextlib.contextmanager
def together(*expected: type[Model]) -> Iterator[dt.datetime | None]:
    """Write what `insert` is given inside in one round trip at the end; nothing after an error. `expected`: the kinds
    of rows that will come (one for each row), whose ids are reserved by one statement, which also gives the database's
    time (UTC; else None). Inside another `together`
    the rows wait for the end of that one. Raises TransactionManagementError outside a transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("rows are written together inside the deed's transaction")
    outer = _current.get()
    mine = outer or _Together()
    now = mine.reserve(expected) if expected else None
    if outer is not None:
        yield now
        return
    token = _current.set(mine)
    try:
        yield now
    finally:
        _current.reset(token)
    mine.write()


def write_now() -> None:
    """Write the rows that wait, for what comes next and reads them."""
    if (waiting := _current.get()) is not None:
        waiting.write()


def insert(row: M, *, if_absent: bool = False) -> M:
    """Write a new row: now, or at the end of `together`. Gives the row, which has its id. `if_absent`: write nothing
    where its key is there already (for rows that bring their key with them)."""
    waiting = _current.get()
    if waiting is not None:
        if row.pk is None:
            row.pk = waiting.take_id(type(row))
        waiting.rows.append((row, if_absent))
    elif if_absent:
        with connection.cursor() as cursor:
            _write(cursor, row, if_absent)
    else:
        Model.save(row, force_insert=True)
    return row
