"""Small answers of the portal that are no pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from wagtail.models import Site

from cms_pages import colours
from cms_pages.models.settings import PortalSettings


def colour_sheet(request: HttpRequest, digest: str) -> HttpResponse:
    """The town's own colours as a style sheet; its address changes with them, so it may be kept for good."""
    site = Site.find_for_request(request)
    chosen = PortalSettings.for_site(site).chosen() if site else {}
    answer = HttpResponse(colours.sheet(chosen), content_type="text/css; charset=utf-8")
    current = digest == colours.digest(chosen)
    answer["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return answer
