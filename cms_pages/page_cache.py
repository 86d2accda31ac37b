"""Finished pages of the portal, kept in memory and sent again to whoever asks.

Of a page of `KEPT` only one corner is the reader's own (who is signed in, `portal/_account.html`, between `READER`
marks); it is filled in anew for a reader with a session, and nothing else of such a page may depend on one. Kept is
what was asked for by GET without a query and answered without a cookie, a form token, a nonce or a message of its own,
and only a page that everybody may read. What changes a page gives all pages a new edition (`cms_pages.edition`):
publishing and moving do at once, deeds on what pages show (a message, a unit, a service, a form) when the follower
hears of them. An urgent message begins and ends on time; what else tells the time, like “open now”, is
`settings.PAGE_CACHE_SECONDS` late at most.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move
from wagtail.views import serve

from cms_pages import alerts, languages
from cms_pages.edition import edition, forget_parts, remembered, renew
from cms_pages.models import (
    AccessibilityStatementPage,
    BipIndexPage,
    BipPage,
    ContentPage,
    FaqPage,
    FileListPage,
    GuidePage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    NoticeIndexPage,
    NoticePage,
    PortalSettings,
    PrivacyPage,
    ServiceIndexPage,
    ServicePage,
    UnitIndexPage,
    UnitPage,
)
from journal.follow import Follower
from journal.models import Entry

#: Page types that say the same to every reader. Not: forms (drafts), events (places), intranet.
KEPT = (
    AccessibilityStatementPage, BipIndexPage, BipPage, ContentPage, FaqPage, FileListPage, GuidePage, HomePage,
    NewsIndexPage, NewsPage, NoticeIndexPage, NoticePage, PrivacyPage, ServiceIndexPage, ServicePage, UnitIndexPage,
    UnitPage,
)  # fmt: skip
#: Things whose deeds change what pages show, by the beginning of an entry's label.
SHOWN = ("cms_pages.", "people.unit:", "workflow.service", "filer.", "wagtailcore.", "wagtailredirects.")
#: Bounds of one process's memory.
MOST_PAGES, MOST_BYTES = 2000, 64 * 1024 * 1024
#: Where Wagtail keeps, with the request, its site (`Site.find_for_request`) and the page at its address
#: (`Page.route_for_request`).
SITE, ROUTE = "_wagtail_site", "_wagtail_route_for_request"
#: Headers that belong to one answer.
_OWN = frozenset({"set-cookie", "date", "content-length", "connection"})


#: Around the reader's own corner in the templates.
READER = re.compile(rb"<!--reader-->.*?<!--/reader-->", re.DOTALL)


@dataclass(frozen=True)
class KeptPage:
    """One finished page: everything that is sent again. `pieces` is what stands around the reader's own corner, `body`
    the whole as a guest reads it."""

    edition: str
    until: float
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[bytes, ...]
    body: bytes
    etag: str


class Memory:
    """Pages by address, the ones not read for longest thrown away first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, ...], KeptPage] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], edition: str) -> KeptPage | None:
        """The page of this edition, if it is still good."""
        with self._lock:
            found = self._pages.get(key)
            if found is None:
                return None
            if found.edition != edition or time.monotonic() >= found.until:
                self._drop(key)
                return None
            self._pages.move_to_end(key)
            return found

    def put(self, key: tuple[str, ...], page: KeptPage) -> None:
        """Keep a page within the bounds."""
        with self._lock:
            if key in self._pages:
                self._drop(key)
            self._pages[key] = page
            self._bytes += _size(page)
            while len(self._pages) > MOST_PAGES or self._bytes > MOST_BYTES:
                self._drop(next(iter(self._pages)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._pages)

    def _drop(self, key: tuple[str, ...]) -> None:
        self._bytes -= _size(self._pages.pop(key))


def _size(page: KeptPage) -> int:
    return len(page.body) + sum(len(piece) for piece in page.pieces)


memory = Memory()
def forget() -> None:
    """Forget all that this process keeps."""
    memory.clear()
    forget_parts()


class PageChanges(Follower):
    """Hears of deeds on what pages show."""

    name = "portal-pages"
    from_start = False

    def handle(self, entries: Sequence[Entry]) -> None:
        if any(entry.label.startswith(SHOWN) for entry in entries):
            renew()


def connect() -> None:
    """Hear of what Wagtail changes."""

    def changed(**_said: Any) -> None:
        renew()

    for signal in (page_published, page_unpublished, page_slug_changed, post_page_move):
        signal.connect(changed, dispatch_uid="page-cache", weak=False)
    for sender in (*KEPT, Page):
        post_delete.connect(changed, sender=sender, dispatch_uid="page-cache", weak=False)
    for kind in (PortalSettings, Site, PageViewRestriction):
        post_save.connect(changed, sender=kind, dispatch_uid="page-cache", weak=False)
        post_delete.connect(changed, sender=kind, dispatch_uid="page-cache", weak=False)


class PageCacheMiddleware:
    """Answers readers of whom nothing is known. Stands before the session, so a kept page asks the database nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request) if known_by_nothing(request) else None
        if key is None:
            return self.get_response(request)
        kept = memory.get(key, edition())
        if kept is None:
            response = self.get_response(request)  # keeps the page, where it may be kept
            kept = memory.get(key, edition()) if response.status_code == 200 else None
            if kept is None:
                return response
        return answer(request, kept)


class ReaderMiddleware:
    """Keeps pages, and answers readers who are signed in or have begun something. Stands behind the session, the
    sign-in and the messages, before everything that looks at a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request)
        if key is None or len(get_messages(request)):
            return self.get_response(request)
        now = edition()
        kept = memory.get(key, now)
        if kept is not None:
            return personal(request, kept)
        response = self.get_response(request)
        kept = finished(request, response, now)
        if kept is not None:
            memory.put(key, kept)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, _kwargs: Any) -> None:
        """A page that was found at this address is fetched by its number: one query, not two for each step down to it.
        Whether it is live and open to this reader is asked as ever."""
        if view is not serve or request.method not in {"GET", "HEAD"}:
            return
        found = remembered(request, f"at-{request.path}", lambda: _standing_at(request, args[0]))
        if found is not None and not hasattr(request, ROUTE):
            setattr(request, SITE, found[2])
            with_it = ("locale", *getattr(found[0], "shown_with", ()))  # what every look at the page reads beside it
            page = found[0].objects.select_related(*with_it).filter(pk=found[1], live=True).first()
            if page is not None:
                setattr(request, ROUTE, page.route(request, []))


def _standing_at(request: HttpRequest, path: str) -> tuple[type[Page], int, Site | None] | None:
    """Kind, number and site of the page of `KEPT` at an address; None where another one is there, or none."""
    found = Page.route_for_request(request, path)
    page = found[0] if found else None
    if not isinstance(page, KEPT) or page.get_url(request) != request.path:
        return None
    return type(page), page.pk, Site.find_for_request(request)


def known_by_nothing(request: HttpRequest) -> bool:
    """Whether no cookie says who reads, or what they began."""
    return {settings.LANGUAGE_COOKIE_NAME, settings.CSRF_COOKIE_NAME}.issuperset(request.COOKIES)


def key_of(request: HttpRequest) -> tuple[str, ...] | None:
    """What one kept page is the answer to; None for what is never kept."""
    if not settings.PAGE_CACHE_SECONDS or request.method not in {"GET", "HEAD"} or request.META.get("QUERY_STRING"):
        return None
    if "HTTP_AUTHORIZATION" in request.META or not languages.of_address(request.path_info):
        return None
    return (request.scheme or "", request.get_host(), request.path)


def finished(request: HttpRequest, response: HttpResponseBase, now: str) -> KeptPage | None:
    """The answer as a page to keep; None where it is this reader's own, or no page."""
    page = (getattr(response, "context_data", None) or {}).get("page")
    if not isinstance(response, HttpResponse) or response.status_code != 200 or not isinstance(page, KEPT):
        return None
    pieces = tuple(READER.split(response.content))
    own = response.cookies or getattr(request, "_csp_nonce", None) or any(b"csrfmiddlewaretoken" in p for p in pieces)
    if own or request.method != "GET" or getattr(request, "is_preview", False) or page.get_view_restrictions():
        return None
    body = corner(AnonymousUser()).join(pieces)
    headers = tuple((name, value) for name, value in response.items() if name.lower() not in _OWN)
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    good_for = min(settings.PAGE_CACHE_SECONDS, alerts.seconds_to_change(request))
    return KeptPage(now, time.monotonic() + good_for, headers, pieces, body, etag)


def corner(user: Any, token: str = "") -> bytes:
    """The reader's own corner, in the active language; `token` for the form that signs them out."""
    own = render_to_string("portal/_account.html", {"request": {"user": user}, "csrf_token": token})
    return f"<!--reader-->{own}<!--/reader-->".encode()


def answer(request: HttpRequest, kept: KeptPage) -> HttpResponse:
    """The kept page for a guest: whole, or 304 where they have it."""
    has = parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponseNotModified() if kept.etag in has or "*" in has else HttpResponse(kept.body)
    _dress(response, kept)
    response["ETag"] = kept.etag
    response["Cache-Control"] = "no-cache"  # browsers ask again, and mostly hear 304
    language = languages.of_address(request.path_info)
    response["Content-Language"] = language
    if language != settings.LANGUAGE_CODE:
        languages.keep(request, response, language)
    return response


def personal(request: HttpRequest, kept: KeptPage) -> HttpResponse:
    """The kept page with the reader's own corner."""
    user = request.user
    own = kept.body if not user.is_authenticated else corner(user, get_token(request)).join(kept.pieces)
    response = HttpResponse(own)
    _dress(response, kept)
    response["Cache-Control"] = "private, no-cache"
    return response


def _dress(response: HttpResponse, kept: KeptPage) -> None:
    for name, value in kept.headers:
        if response.status_code == 200 or name.lower() != "content-type":
            response[name] = value
    patch_vary_headers(response, ("Cookie",))
