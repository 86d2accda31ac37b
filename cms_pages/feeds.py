"""News as RSS and Atom, the map of the site, and what robots are asked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.translation import gettext as _
from wagtail.contrib.sitemaps import Sitemap
from wagtail.models import Page, Site

from cms_pages.models import FormPage, NewsPage
from cms_pages.models.settings import PortalSettings

#: News in a feed.
NEWS = 30
#: Places of single people and of staff: nothing there is for a search engine.
CLOSED = (
    "/admin/", "/django-admin/", "/api/", "/konto/", "/moje-sprawy/", "/wniosek/", "/potwierdzenie/", "/pliki/",
    "/poswiadczenia/", "/szukaj/", "/sprawdz-sprawe/", "/sprawdz-poswiadczenie/", "/jezyk/", "/ocena/",
)  # fmt: skip


class NewsFeed(Feed[NewsPage, Any]):
    """The newest news of the portal, RSS 2."""

    feed_type: Any = Rss201rev2Feed
    language = settings.LANGUAGE_CODE

    def get_object(self, request: HttpRequest) -> HttpRequest:
        return request

    def title(self, request: HttpRequest) -> str:
        return f"{_town(request)}: {_('news')}"

    def link(self, request: HttpRequest) -> str:
        index = _polish(Page).filter(content_type__model="newsindexpage").first()
        return (index.get_full_url(request) if index else None) or "/"

    def description(self, request: HttpRequest) -> str:
        return _("News of the city")

    subtitle = description

    def items(self, request: HttpRequest) -> list[NewsPage]:
        return list(_polish(NewsPage).order_by("-first_published_at", "-pk")[:NEWS])

    def item_title(self, item: NewsPage) -> str:
        return item.title

    def item_description(self, item: NewsPage) -> str:
        return item.lead

    def item_link(self, item: NewsPage) -> str:
        return item.full_url or "/"

    def item_pubdate(self, item: NewsPage) -> dt.datetime | None:
        return item.first_published_at

    def item_updateddate(self, item: NewsPage) -> dt.datetime | None:
        return item.last_published_at


class NewsAtom(NewsFeed):
    """The same as Atom 1."""

    feed_type = Atom1Feed


class PortalSitemap(Sitemap):
    """Public pages of the site; a form is found by its service card."""

    limit = 5000

    def items(self) -> Any:
        """Of the home page in every language and what is below it."""
        root = self.get_wagtail_site().root_page
        trees = [Page.objects.descendant_of(home, inclusive=True) for home in root.get_translations(inclusive=True)]
        found = reduce(or_, trees).live().public().not_type(FormPage)
        return found.order_by("path").select_related("locale").defer_streamfields().specific()

    def _urls(self, page: Any, protocol: str, domain: str) -> list[dict[str, Any]]:
        """Each page with the addresses of the same page in other languages."""
        pages = list(self.paginator.page(page).object_list)
        addresses: dict[Any, list[tuple[str, str]]] = defaultdict(list)
        for each in pages:
            addresses[each.translation_key].append((each.locale.language_code, each.get_full_url(self.request) or ""))
        found = []
        for each in pages:
            entries = each.get_sitemap_urls(self.request)
            others = addresses[each.translation_key]
            if len(others) > 1:
                first = dict(others).get(settings.LANGUAGE_CODE, others[0][1])
                entries[0]["alternates"] = [
                    {"lang_code": code, "location": address} for code, address in [*others, ("x-default", first)]
                ]
            found += entries
        moments = [entry["lastmod"] for entry in found]
        if moments and None not in moments:
            self.latest_lastmod = max(moments)
        return found


def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt: where there is nothing to be found, and where the map of the site is."""
    lines = ["User-agent: *", *(f"Disallow: {place}" for place in CLOSED), "",
             f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]  # fmt: skip
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _polish(kind: Any) -> Any:
    """Public pages of a kind in the portal's own language."""
    return kind.objects.live().public().filter(locale__language_code=settings.LANGUAGE_CODE)


def _town(request: HttpRequest) -> str:
    site = Site.find_for_request(request)
    return PortalSettings.for_site(site).town_name if site else PortalSettings().town_name
