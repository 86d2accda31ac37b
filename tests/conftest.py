"""Fixtures of every test that meets the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

pytest_plugins = ["tests.elastic"]

KEPT = ("journal_entry", "journal_entrydetail", "journal_seal", "journal_checkpoint")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests in real transactions are cleaned by TRUNCATE, which the journal refuses: that one trigger sleeps here."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER journal_no_truncate")


@pytest.fixture(autouse=True)
def _no_jobs_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Procrastinate's tables are no managed models, so Django's cleaning forgets them."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (mark and mark.kwargs.get("transaction")):
        request.getfixturevalue("django_db_blocker")
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, "
                "procrastinate_workers"
            )
