"""The content security policy: strict with a nonce on the portal, looser where Wagtail's admin cannot do without.

Wagtail 8 and the mounted Django admin write `style` attributes and inline scripts without a nonce (page explorer,
block previews, messages in fragments), and Wagtail's editor evaluates nothing: `unsafe-eval` stays out.
"""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

#: Only pages below these addresses get the looser policy; they ask for a signed-in member of staff.
ADMIN_PATHS = ("/admin/", "/django-admin/")
#: What the admin replaces; everything else stays as on the portal.
ADMIN = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
}


class PolicyMiddleware(CSPMiddleware):
    """django-csp with the admin's exception. A view's own policy (downloads) still wins."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path.startswith(ADMIN_PATHS):
            # A nonce in the header would switch 'unsafe-inline' off.
            return PolicyParts(parts.config, parts.update, {**ADMIN, **(parts.replace or {})}, None)
        return parts
