"""A small town made by hand: the journal knows nothing of services above it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from journal import notify
from journal.models import Entry
from journal.record import record
from people.models import Unit

notify.register("test.done", label="A test deed")


@dataclass(frozen=True)
class Anybody:
    """An actor who may do everything."""

    user_id: int | None = None
    on_behalf_of_id: int | None = None
    is_system: bool = True

    def require(self, permission: str, unit: int) -> None:
        """Allowed."""


@pytest.fixture
def actor() -> Anybody:
    return Anybody()


_symbols = itertools.count(1)


@pytest.fixture
def body(db: None) -> Unit:
    """A body with one cell: `body.cell`."""
    number = next(_symbols)
    unit = Unit.add_root(kind="body", symbol=f"B{number}", name="Body", slug=f"b{number}")
    unit.body = unit
    unit.save()
    cell = unit.add_child(kind="cell", symbol=f"C{number}", name="Cell", slug=f"c{number}", body=unit)
    unit.cell = cell  # type: ignore[attr-defined]  # for the tests only
    return unit


@pytest.fixture
def deed(body: Unit, actor: Anybody) -> Callable[..., Entry]:
    """Do one thing to a unit and record it."""

    def do(**kwargs: Any) -> Entry:
        kwargs.setdefault("unit_id", body.pk)
        thing = kwargs.pop("thing", body)
        with transaction.atomic():
            return record(kwargs.pop("actor", actor), kwargs.pop("action", "test.done"), thing, **kwargs)

    return do
