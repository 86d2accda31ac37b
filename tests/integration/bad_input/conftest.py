"""A working office with a published form, and the rows that must not change when something is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from people.models import User
from tests.integration.forms.conftest import fill, form_page, letter_page, town

__all__ = ["fill", "form_page", "letter_page", "town"]

ROWS = (
    "documents_case", "documents_letter", "documents_document", "documents_documentversion", "documents_receipt",
    "documents_blob", "documents_party", "documents_delivery", "workflow_task", "workflow_process", "journal_entry",
    "cms_pages_submission", "procrastinate_jobs",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    """Blobs of their own, no second factor (it has tests of its own), nothing counted by rate limits before."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.STAFF_SECOND_FACTOR = False
    cache.clear()


def rows() -> dict[str, int]:
    """How many rows each table of the records holds."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in ROWS))
        return dict(cursor.fetchall())


@pytest.fixture
def nothing_kept() -> Callable[[], None]:
    """`nothing_kept()`: the records hold exactly what they held when the test began to act."""
    before: dict[str, int] = {}

    def check() -> None:
        if not before:
            before.update(rows())
        assert rows() == before

    return check


def signed_in(user: User, **options: Any) -> Client:
    """A browser of its own with this person signed in."""
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
