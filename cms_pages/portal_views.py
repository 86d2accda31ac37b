"""Small answers of the portal that are no pages."""

from __future__ import annotations

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
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


def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of the portal in the size a page asked for. Originals and everything else that is stored stay closed;
    the name of a size changes with the picture, so it may be kept long."""
    try:
        file = default_storage.open(f"images/{name}")
    except (OSError, SuspiciousOperation) as error:
        raise Http404 from error
    answer = FileResponse(file)
    answer["Cache-Control"] = "public, max-age=2592000"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
