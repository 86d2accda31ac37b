"""Search over the API, for staff with a token."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from search import find

router = Router(tags=["search"])


class HitOut(Schema):
    kind: str
    id: int
    title: str
    snippet: str
    reference: str
    unit: str
    day: dt.date | None
    url: str
    page: int


class ResultsOut(Schema):
    """Totals count up to 10,000; `more` says that there are more."""

    total: int
    more: bool
    hits: list[HitOut]
    facets: dict[str, dict[str, int]]
    following: str


@router.get("/search", response=ResultsOut, summary="Find cases, letters and documents")
def search(request: HttpRequest, q: str = "", after: str = "") -> dict[str, Any]:
    """What this person may see; title and snippet are HTML with <mark>."""
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    results = find.staff(access, q[:400].replace("\0", ""), after=after[:120].replace("\0", ""))
    return {
        "total": results.total,
        "more": results.more,
        "following": results.following,
        "facets": {name: dict(values) for name, values in results.facets.items()},
        "hits": [
            {
                "kind": h.kind,
                "id": h.object_id,
                "title": h.title_html,
                "snippet": h.snippet_html,
                "reference": h.reference,
                "unit": h.unit_symbol,
                "day": h.day,
                "url": h.url,
                "page": h.page,
            }
            for h in results.hits
        ],
    }
