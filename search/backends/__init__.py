"""Backends; `current()` is the one this installation uses."""

from __future__ import annotations

from functools import cache

from search.backends.base import Backend
from search.backends.embedded import EmbeddedBackend


def for_elasticsearch() -> type[Backend] | None:
    """The backend for `ELASTICSEARCH_URL`; None while there is none (`search.checks` then says so at start)."""
    return next((kind for kind in Backend.__subclasses__() if kind.name == "elasticsearch"), None)


@cache
def current() -> Backend:
    """The backend in use."""
    return EmbeddedBackend()
