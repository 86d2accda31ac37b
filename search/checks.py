"""Configuration of search that cannot work stops the start, with what to set."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from search import backends


@register()
def backend_fits_settings(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    """`ELASTICSEARCH_URL` may be set only where a backend for it is installed: otherwise a search that the operator
    believes to be on the cluster would quietly run on the database."""
    if not settings.ELASTICSEARCH_URL or backends.for_elasticsearch() is not None:
        return []
    return [
        Error(
            "ELASTICSEARCH_URL is set, but this version has no search on Elasticsearch.",
            hint="Unset ELASTICSEARCH_URL: search then works in PostgreSQL, without any further server.",
            id="search.E001",
        )
    ]
