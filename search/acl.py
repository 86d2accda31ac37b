"""The search rendering of Access: the same rule as `documents.visibility`, in tokens.

`(not sealed and in one of my scopes and clearance enough) or shared with me`. A test proves that both renderings give
the same set for random people of a generated town.
"""

from __future__ import annotations

from dataclasses import dataclass

from people.access import Access

#: Scope of what everybody may see: live services and pages.
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a backend must put into *every* request: results, counts, facets, suggestions."""

    scopes: frozenset[str]
    readers: frozenset[str]
    clearance: int
    everything: bool = False


def filter_of(access: Access) -> Filter:
    """The filter of one access."""
    return Filter(access.scope_tokens() | {PUBLIC}, access.reader_tokens(), access.clearance, access.is_system)


#: The filter of the public portal: nothing but what is public.
PUBLIC_FILTER = Filter(frozenset({PUBLIC}), frozenset(), 0)
