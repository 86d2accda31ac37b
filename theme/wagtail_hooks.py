"""The staff side's style sheet, on every page of the Wagtail admin."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks


@hooks.register("insert_global_admin_css")
def staff_styles() -> SafeString:
    """A link to ``theme/dist/admin.css``; made by ``scripts/build-frontend``."""
    return format_html('<link rel="stylesheet" href="{}">', static("theme/dist/admin.css"))
