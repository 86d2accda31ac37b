"""A table as CSV that spreadsheets read right: UTF-8 with its mark, semicolons, no cell that is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse


def answer(name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """The table as a download called `name`.csv; its first row are the heads."""
    made = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    made["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(made, delimiter=";").writerows([cell(each) for each in row] for row in rows)
    return made


def cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
