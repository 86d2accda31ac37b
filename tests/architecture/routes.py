"""Every address of the whole URLconf, ours and the libraries'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

#: What stands in an address for an argument that no object of ours fills.
ABSENT: dict[str, str] = {"int": "999999999", "uuid": "00000000-0000-4000-8000-000000000000", "problem_kind": "wpis"}


@dataclass(frozen=True)
class Route:
    """One pattern: `key` is its name with namespaces, or its path when it has none."""

    key: str
    template: str
    arguments: tuple[tuple[str, str], ...]
    callback: Any

    def path(self, **values: object) -> str:
        """The address with these arguments; the others name something that is not there."""
        filled = {name: str(values.get(name, ABSENT.get(kind, "nie-ma"))) for name, kind in self.arguments}
        return "/" + self.template % filled


def routes() -> list[Route]:
    """All patterns, in the order in which Django tries them."""
    return list(_walk(get_resolver().url_patterns, "", (), ()))


def _walk(
    patterns: list[Any], before: str, names: tuple[str, ...], arguments: tuple[tuple[str, str], ...]
) -> Iterator[Route]:
    for found in patterns:
        template, params = normalize(found.pattern.regex.pattern)[0]
        template = before + template
        kinds = getattr(found.pattern, "converters", {})
        own = tuple(
            (name, type(kinds[name]).__name__.removesuffix("Converter").lower() if name in kinds else "str")
            for name in params
        )
        own = tuple((name, {"kind": "problem_kind", "uuidstr": "uuid"}.get(kind, kind)) for name, kind in own)
        if isinstance(found, URLResolver):
            inside = (*names, found.namespace) if found.namespace else names
            yield from _walk(found.url_patterns, template, inside, arguments + own)
        elif isinstance(found, URLPattern):
            key = ":".join([*names, found.name]) if found.name else "/" + template
            yield Route(key, template, arguments + own, found.callback)
