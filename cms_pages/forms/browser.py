"""Which browser a draft belongs to: a random token in a signed cookie, apart from the session.

It outlives the login, so that what is typed after the session ended can still be kept; what an account typed is shown
again only to that account.
"""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "obieg_wniosek"
_SALT = "cms_pages.forms.browser"
_AGE = 90 * 24 * 3600


def token_hash(request: HttpRequest) -> str:
    """SHA-256 (hex) of this browser's token; empty when it has none or the cookie was tampered with."""
    token = getattr(request, "_form_token", None) or request.get_signed_cookie(COOKIE, default=None, salt=_SALT,
                                                                             max_age=_AGE)  # fmt: skip
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


def ensure(request: HttpRequest) -> str:
    """The hash of this browser's token, made now if there is none; `keep` must be called on the response."""
    if found := token_hash(request):
        return found
    request._form_token = secrets.token_urlsafe(32)  # type: ignore[attr-defined]  # read by token_hash and keep
    return token_hash(request)


def keep(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Put a token made by `ensure` into the response's cookie."""
    if token := getattr(request, "_form_token", None):
        response.set_signed_cookie(COOKIE, token, salt=_SALT, max_age=_AGE, httponly=True, samesite="Lax",
                                   secure=settings.SESSION_COOKIE_SECURE)  # fmt: skip
    return response
