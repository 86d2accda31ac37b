"""The only clock that is written: the database's. Days are counted in Europe/Warsaw."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateField, DateTimeField, Func

WARSAW = ZoneInfo("Europe/Warsaw")


class DbNow(Func):
    """SQL expression: the database's time at the moment of evaluation (timestamptz)."""

    template = "clock_timestamp()"
    output_field = DateTimeField()


class DbToday(Func):
    """SQL expression: today's date in Europe/Warsaw by the database clock."""

    template = "((now() AT TIME ZONE 'Europe/Warsaw')::date)"
    output_field = DateField()


def db_now() -> dt.datetime:
    """The database's time, aware, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(dt.UTC)


def warsaw_day(moment: dt.datetime) -> dt.date:
    """The calendar day of an aware moment in Europe/Warsaw. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no day")
    return moment.astimezone(WARSAW).date()
