"""What the parts of this API share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Schema

from people.access import Access


class Problem(Schema):
    """Why it was refused, as a sentence; `fields` says it of what was sent, by name."""

    detail: str
    fields: dict[str, list[str]] | None = None


def access_in(request: HttpRequest) -> Access:
    """Whose rights the request has."""
    found: Any = request
    access: Access = found.access  # set by the token
    return access
