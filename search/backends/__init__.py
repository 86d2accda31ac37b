"""Backends; `current()` is the one this installation asks, `each()` those that follow the journal."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from search.backends.base import Backend
from search.backends.elastic import ElasticBackend
from search.backends.embedded import EmbeddedBackend


@cache
def in_database() -> EmbeddedBackend:
    """The one in the database. It is always kept: when the cluster is away, it answers."""
    return EmbeddedBackend()


@cache
def _cluster(urls: str, index: str) -> ElasticBackend:
    return ElasticBackend()


def cluster() -> ElasticBackend | None:
    """The one on `ELASTICSEARCH_URL`; None where none is named."""
    urls = settings.ELASTICSEARCH_URL
    return _cluster(urls, settings.ELASTICSEARCH_INDEX) if urls else None


def current() -> Backend:
    """The backend that is asked."""
    return cluster() or in_database()


def each() -> tuple[Backend, ...]:
    """All that are kept in step."""
    there = cluster()
    return (in_database(), there) if there else (in_database(),)
