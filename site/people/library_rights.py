"""How long django-filer remembers which folders a person may open: until a right changes, at most a minute.

Filer keeps that for five minutes and forgets it only for the person who made a folder; somebody who left a unit would
go on reading its folder. So its keys are made here (filer documents this function as the place to do so).
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.core.cache import cache
from django.db import transaction
from filer import cache as filer_cache

_EPOCH = "library-rights"


def key(user: Any, permission: str) -> str:
    """The name under which filer remembers one right of one person."""
    return f"filer:perm:{permission}:{user.pk}:{cache.get(_EPOCH, 0)}:{int(time.time() // 60)}"


def forget() -> None:
    """What is remembered of everybody's rights counts no longer once the transaction commits."""
    transaction.on_commit(lambda: cache.set(_EPOCH, uuid.uuid4().hex, timeout=None))


def install() -> None:
    """Make filer use `key`."""
    filer_cache.get_folder_perm_cache_key = key
