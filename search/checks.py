"""Configuration of search that cannot work stops the start, with what to set."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from search import backends
from search.backends.base import Outage


@register()
def cluster_fits(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """The nodes of `ELASTICSEARCH_URL` speak our version and hold an index of our mapping. A cluster that is away is
    no error: search then goes on in the database."""
    cluster = backends.cluster()
    if cluster is None:
        return []
    try:
        wrong = cluster.misfit()
    except Outage as outage:
        return [Warning(f"Elasticsearch gives no answer: {outage}", hint="Search goes on in PostgreSQL meanwhile.",
                        id="search.W001")]  # fmt: skip
    if not wrong:
        return []
    return [Error(wrong[0], hint=wrong[1], id="search.E001")]
