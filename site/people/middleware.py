"""Access on the request, computed once and only when asked for, and the gate before the staff's pages; where a
request comes from when proxies stand in front."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from people.access import GUEST, Access
from people.login import needs_second_factor, second_factor_url
from people.policy import access_for

#: Everything below these addresses is for staff with a role today and a second factor.
STAFF_PATHS = ("/admin/", "/django-admin/")
#: What a person who is turned away must still reach.
OPEN_PATHS = ("/admin/logout/", "/django-admin/logout/", "/admin/jsi18n/", "/django-admin/jsi18n/")


class ClientAddressMiddleware:
    """Puts the client's address into REMOTE_ADDR, which every limit of tries reads, when `settings.TRUSTED_PROXIES`
    proxies of our own stand in front: each adds the address it saw to the end of X-Forwarded-For, so what a client
    wrote there itself stands further left and is not believed. First of all middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if settings.TRUSTED_PROXIES and seen:
            request.META["REMOTE_ADDR"] = _address(seen[-min(settings.TRUSTED_PROXIES, len(seen))]) or request.META.get(
                "REMOTE_ADDR", ""
            )
        return self.get_response(request)


def _address(text: str) -> str:
    """The address as one; empty for what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


class AccessMiddleware:
    """Sets `request.access`, the signed-in person's Access at the time of the request.

    A member of staff who has not given the second factor has no rights anywhere, whichever door is tried; before the
    staff's pages such a person is asked for it, and one without any role today is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access = SimpleLazyObject(lambda: _access(request))  # type: ignore[attr-defined]  # our own attribute
        return _gate(request) or self.get_response(request)


def _access(request: HttpRequest) -> Access:
    return GUEST if needs_second_factor(request) else access_for(request.user)


def _gate(request: HttpRequest) -> HttpResponse | None:
    if not request.path.startswith(STAFF_PATHS) or request.path in OPEN_PATHS or not request.user.is_authenticated:
        return None
    if needs_second_factor(request):
        place = request.get_full_path() if request.method == "GET" else request.path
        return HttpResponseRedirect(f"{second_factor_url(request.user)}?{urlencode({'next': place})}")
    if not request.user.is_staff:
        raise PermissionDenied(_("These pages are for the office's staff."))
    if not request.user.is_superuser and not request.access.group_ids:  # type: ignore[attr-defined]  # set above
        raise PermissionDenied(_("You have no role in any unit today."))
    return None
