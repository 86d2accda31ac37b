"""Letters over the API, for staff with a token: what the token's person may see."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from ninja import Router, Schema

from documents.models import Letter

router = Router(tags=["letters"])


class LetterOut(Schema):
    """A row of a register."""

    id: int
    direction: str
    register_number: str
    subject: str
    correspondent: str
    unit: str
    case_id: int | None
    received_at: dt.datetime | None
    registered_at: dt.datetime | None

    @staticmethod
    def resolve_correspondent(letter: Letter) -> str:
        return letter.correspondent.name if letter.correspondent else ""

    @staticmethod
    def resolve_unit(letter: Letter) -> str:
        return letter.unit.symbol


@router.get("/letters/incoming", response=list[LetterOut], summary="Incoming letters, newest first")
def incoming(request: HttpRequest, before: int | None = None, limit: int = 50) -> list[Letter]:
    """Incoming letters that this person may see; `before` is the last id of the page before, at most 100 at once."""
    access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    found = Letter.objects.visible_to(access).incoming().select_related("unit", "correspondent").order_by("-id")
    if before is not None and 0 < before < 2**62:
        found = found.filter(pk__lt=before)
    return list(found[: max(1, min(limit, 100))])
