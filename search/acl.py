"""The search rendering of Access: the same rule as `documents.visibility`, in tokens.

`(not sealed and in one of my scopes and clearance enough) or shared with me`. A test proves that both renderings give
the same set for random people of a generated town.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from cms_pages import staff_book
from people.access import Access

#: Scope of what everybody may see: live services and pages, in the portal's own language.
PUBLIC = "public"
#: Scope of what everybody with a role today may see: the intranet.
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a backend must put into *every* request: results, counts, facets, suggestions."""

    scopes: frozenset[str]
    readers: frozenset[str]
    clearance: int
    everything: bool = False


def filter_of(access: Access) -> Filter:
    """The filter of one access."""
    return Filter(
        access.scope_tokens() | {PUBLIC} | _staff_tokens(access),
        access.reader_tokens(),
        access.clearance,
        access.is_system,
    )


def unit_scope(unit_id: int | None) -> str:
    """Scope of an intranet page: the people of one unit, or all staff (None)."""
    return STAFF if unit_id is None else f"U{unit_id}"


def _staff_tokens(access: Access) -> frozenset[str]:
    if not access.group_ids:
        return frozenset()
    return frozenset({STAFF, *(unit_scope(unit_id) for unit_id in staff_book.units_of_access(access))})


def public_scope(language: str) -> str:
    """Scope of what everybody may see in a language of the portal."""
    return PUBLIC if language == settings.LANGUAGE_CODE else f"{PUBLIC}:{language}"


def public_filter(language: str) -> Filter:
    """The filter of the public portal in a language: nothing but what is public, each language by itself."""
    return Filter(frozenset({public_scope(language)}), frozenset(), 0)


#: The filter of the public portal in its own language.
PUBLIC_FILTER = public_filter(settings.LANGUAGE_CODE)
