"""Backends; `current()` is the one this installation uses."""

from __future__ import annotations

from functools import cache

from search.backends.base import Backend
from search.backends.embedded import EmbeddedBackend


@cache
def current() -> Backend:
    """The backend in use: the embedded one (a cluster's backend registers here when it is configured)."""
    return EmbeddedBackend()
