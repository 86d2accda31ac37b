"""Tags of the editors' screens."""

from __future__ import annotations

import json
from typing import Any

from django import template

from cms_pages import plainness
from cms_pages.models import ServicePage

register = template.Library()


@register.simple_tag
def without_copies(props: str) -> str:
    """What the translators' screen is told, without the button that would turn a translation into a Polish copy."""
    told = json.loads(props)
    told["links"]["convertToAliasUrl"] = None
    return json.dumps(told)


@register.inclusion_tag("editors/findings.html")
def plain_language(page: Any) -> dict[str, Any]:
    """What is hard to read on a page, and what a service card neglects."""
    specific = getattr(page, "specific_deferred", page)
    return {
        "findings": plainness.of_page(specific),
        "neglect": specific.neglect() if isinstance(specific, ServicePage) and specific.service_id else [],
        "page": page,
    }
