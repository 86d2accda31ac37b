"""What the checks of the whole house share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.architecture import world as worlds


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> worlds.World:
    """The town of `world.build`; the second factor has tests of its own."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.STAFF_SECOND_FACTOR = False
    cache.clear()
    return worlds.build()
