"""Units over the API."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from people.models import Unit

router = Router(tags=["units"])


class UnitOut(Schema):
    """A unit of the town."""

    symbol: str
    name: str
    slug: str
    kind: str
    category: str
    street: str
    postcode: str
    town: str
    phone: str
    email: str
    edelivery: str


@router.get("/units", response=list[UnitOut], auth=None, summary="Units of the town")
def units(request: HttpRequest, kind: str = "", after: str = "", limit: int = 100) -> list[Unit]:
    """Active units by symbol; `after` is the last symbol of the page before, at most 200 at once."""
    found = Unit.objects.active().filter(symbol__gt=after.replace("\0", "")).order_by("symbol")
    if kind in Unit.Kind.values:
        found = found.filter(kind=kind)
    return list(found[: max(1, min(limit, 200))])
