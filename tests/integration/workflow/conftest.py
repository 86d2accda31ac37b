"""What the tests of the circulation share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.factories.workflow import Office, office


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    """Blobs of their own, no second factor (it has tests of its own), nothing counted by rate limits before."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.STAFF_SECOND_FACTOR = False
    cache.clear()


@pytest.fixture
def town() -> Office:
    return office()
