"""Links of public pages that lead nowhere: looked for every night, shown to editors.

Inside: a page must be live, an address of the portal must answer. Outside (only with `CHECK_OUTSIDE_LINKS`): asked
politely, once a week, one address of a host after another with a pause, by HEAD and only then by GET.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import RequestFactory
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from modelcluster.models import get_all_child_relations
from wagtail.fields import RichTextField
from wagtail.models import Page, Site

from cms_pages import languages
from cms_pages.models.feedback import BrokenLink
from journal import http
from journal.clock import db_now
from journal.jobs import periodic

logger = logging.getLogger("cms_pages")
#: Seconds between two questions to one host, and for one answer.
PAUSE, PATIENCE = 1.0, 10
#: Outside addresses tried in one run.
MOST_OUTSIDE = 500
AGENT = "Obieg link check"
GONE_PAGE, NOT_PUBLIC = _("the page is not there"), _("the page is not public")
NO_ADDRESS, NO_HOST = _("there is no such address on the portal"), _("the site does not answer")


@dataclass(frozen=True)
class Link:
    """A link of a page: its address ("page:12" for Wagtail's links to pages) and its words."""

    address: str
    text: str


class _Links(HTMLParser):
    """Collects the links of stored rich text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Link] = []
        self._address, self._text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            given = dict(attrs)
            self._address = f"page:{given.get('id')}" if given.get("linktype") == "page" else given.get("href") or ""
            self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address:
            self.found.append(Link(self._address[:500], self._text.strip()[:200]))
            self._address = ""


def links_in(html: str) -> list[Link]:
    """The links of stored rich text, in order."""
    parser = _Links()
    parser.feed(html)
    parser.close()
    return parser.found


def links_of(page: Any) -> list[Link]:
    """The links in the running text of a page and of its children rows (steps, questions), each address once."""
    texts = list(_texts(page))
    for relation in get_all_child_relations(type(page)):
        for row in getattr(page, relation.get_accessor_name()).all():
            texts += _texts(row)
    return list({link.address: link for text in texts for link in links_in(text)}.values())


def _texts(row: Any) -> Iterator[str]:
    for field in type(row)._meta.get_fields():
        if isinstance(field, RichTextField):
            yield getattr(row, field.name) or ""


def problem_inside(address: str, site: Site) -> Any:
    """Why an address of the portal leads nowhere; empty when it leads somewhere."""
    if address.startswith("page:"):
        number = address.removeprefix("page:")
        page = Page.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
        if page is None:
            return GONE_PAGE
        return "" if Page.objects.live().public().filter(pk=page.pk).exists() else NOT_PUBLIC
    path = urlsplit(address).path
    if not languages.of_address(path):
        return _view_at(path)
    request = RequestFactory().get(path)
    page = languages.routed(request, path, site)
    if page is None:
        return NO_ADDRESS
    return "" if Page.objects.live().public().filter(pk=page.pk).exists() else NOT_PUBLIC


def _view_at(path: str) -> Any:
    """The same of an address that is no page."""
    try:
        resolve(path)
    except Resolver404:
        return NO_ADDRESS
    return ""


def is_inside(address: str, site: Site) -> bool | None:
    """Whether an address is the portal's own; None for what is no address of a page (mail, telephone, anchor)."""
    if address.startswith("page:"):
        return True
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname:
        return parts.hostname == site.hostname
    return True if not parts.scheme and not parts.netloc and parts.path.startswith("/") else None


def ask(address: str) -> str:
    """Why an address of another site does not answer; empty when it does. Never asks a machine of our own network."""
    status = 0
    for method in ("HEAD", "GET"):
        try:
            status = http.ask(method, address, headers={"User-Agent": AGENT}, patience=PATIENCE).status
        except (http.Forbidden, http.Unreachable):
            return str(NO_HOST)
        if status not in (403, 405, 501):  # some servers dislike HEAD
            break
    return f"HTTP {status}" if status in (404, 410) or status >= 500 else ""


def check(*, outside: Callable[[str], str] | None = None) -> int:
    """Try every link of the live public pages and keep what is broken; how many are. `outside` asks other sites."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return 0
    now, broken, asked, last = db_now(), 0, dict[str, str](), dict[str, float]()
    pages = site.root_page.get_descendants(inclusive=True).live().public().specific()
    for page in pages.iterator(chunk_size=100):
        bad: dict[str, BrokenLink] = {}
        untried: list[str] = []
        for link in links_of(page):
            inside = is_inside(link.address, site)
            if inside is None:
                continue
            if inside:
                problem = str(problem_inside(_path(link.address), site))
            elif outside is None or (link.address not in asked and len(asked) >= MOST_OUTSIDE):
                untried.append(link.address)
                continue
            else:
                problem = _once(link.address, asked, last, outside)
            if problem:
                bad[link.address] = BrokenLink(page_id=page.pk, address=link.address, text=link.text,
                                               problem=problem[:200], since=now, tried_at=now)  # fmt: skip
        BrokenLink.objects.filter(page_id=page.pk).exclude(address__in=[*bad, *untried]).delete()
        BrokenLink.objects.bulk_create(
            bad.values(), update_conflicts=True, unique_fields=["page", "address"],
            update_fields=["text", "problem", "tried_at"])  # fmt: skip
        broken += len(bad)
    BrokenLink.objects.exclude(page_id__in=pages.order_by().values("pk")).delete()
    return broken


def _path(address: str) -> str:
    return address if address.startswith("page:") else urlsplit(address).path or "/"


def _once(address: str, asked: dict[str, str], last: dict[str, float], outside: Callable[[str], str]) -> str:
    """Ask about an address the first time only, and leave its host a pause."""
    if address not in asked:
        host = urlsplit(address).hostname or ""
        wait = last.get(host, 0.0) + PAUSE - time.monotonic()
        if host in last and wait > 0:
            time.sleep(wait)
        asked[address] = outside(address)
        last[host] = time.monotonic()
    return asked[address]


@periodic("40 2 * * *", queue="slow")
def check_links() -> None:
    """Every night the links inside the portal."""
    logger.info("%s broken links inside", check())


@periodic("10 3 * * 6", queue="slow")
def check_outside_links() -> None:
    """Every Saturday also those to other sites, where the installation may ask them."""
    if settings.CHECK_OUTSIDE_LINKS:
        logger.info("%s broken links", check(outside=ask))
