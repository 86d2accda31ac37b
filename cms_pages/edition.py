"""The edition of the portal: what is on all its pages between two changes, and what a process remembers of it.

What changes a page gives all pages a new edition (`renew`); a process knows of it within `settings.PAGE_CACHE_LAG`
seconds. What was made for an edition (a finished page in `page_cache`, a list that many pages show in `remembered`) is
good as long as the edition lasts, and no longer than `settings.PAGE_CACHE_SECONDS`; 0 remembers nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from cms_pages import languages

_EDITION = "portal-edition"
#: Parts that one process remembers at most.
MOST_PARTS = 5000
T = TypeVar("T")
_known: tuple[float, str] = (0.0, "")
_parts: dict[tuple[str, ...], tuple[str, float, Any]] = {}


def edition() -> str:
    """The edition of all pages now; asked of the database once in `settings.PAGE_CACHE_LAG` seconds."""
    global _known
    now = time.monotonic()
    if not _known[1] or now - _known[0] >= settings.PAGE_CACHE_LAG:
        _known = (now, cache.get(_EDITION) or _new_edition())
    return _known[1]


def _new_edition() -> str:
    made = secrets.token_hex(8)
    cache.set(_EDITION, made, None)
    return made


def renew() -> None:
    """Give all pages a new edition, once what is being done is committed."""

    def made() -> None:
        global _known
        _known = (time.monotonic(), _new_edition())

    transaction.on_commit(made)


def remembered(request: HttpRequest | None, name: str, make: Callable[[], T]) -> T:
    """What pages of a language show, made once for an edition: the frame (menu, contact, the law's pages), and the
    lists of a page (`name` with its id). It is given to every reader and in several threads: never what is the
    reader's own, no query yet to be asked, and nobody changes what is given. A preview is always made anew."""
    if request is None or not settings.PAGE_CACHE_SECONDS or getattr(request, "is_preview", False):
        return make()
    key, now, moment = (name, request.get_host(), languages.active()), edition(), time.monotonic()
    kept = _parts.get(key)
    if kept is not None and kept[0] == now and moment < kept[1]:
        found: T = kept[2]
        return found
    if len(_parts) >= MOST_PARTS:
        _parts.clear()
    made = make()
    _parts[key] = (now, moment + settings.PAGE_CACHE_SECONDS, made)
    return made


def forget_parts() -> None:
    """Forget all that this process remembers."""
    _parts.clear()
