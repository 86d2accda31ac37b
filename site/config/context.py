"""What every portal page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """Context of the page frame: the demo banner and the address of search."""
    return {"demo_banner": settings.DEMO_TOWN, "portal_search_url": "/szukaj/"}
