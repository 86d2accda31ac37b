"""What every portal page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page, Site

from cms_pages import alerts, colours
from cms_pages.models import ContentPage, FaqPage, FileListPage, GuidePage, PortalSettings, PrivacyPage
from people.models import Unit

#: Content pages that the footer names in its own words (a portal may keep them as plain content).
LAW = ("deklaracja-dostepnosci", "prywatnosc", "bip")
#: Kinds of pages below the home page that the footer lists.
TEXTS = (ContentPage, FaqPage, GuidePage, FileListPage)


def portal(request: HttpRequest) -> dict[str, Any]:
    """Context of the page frame: demo banner, search, and (asked for only by pages that show them) menu and contact."""
    return {
        "demo_banner": settings.DEMO_TOWN,
        "portal_search_url": "/szukaj/",
        "canonical_url": f"{settings.SITE_URL.rstrip('/')}{request.path}",
        "site_name": SimpleLazyObject(lambda: _town(request).town_name),
        "site_line": SimpleLazyObject(lambda: _town(request).line),
        "logo": SimpleLazyObject(lambda: _town(request).logo or ""),
        "colours_url": SimpleLazyObject(lambda: _colours(request)),
        "social_links": SimpleLazyObject(lambda: _town(request).links()),
        "alerts": SimpleLazyObject(lambda: alerts.shown(request)),
        "contact": SimpleLazyObject(lambda: _contact(request)),
        "nav": SimpleLazyObject(lambda: _menu(request)),
        "privacy_url": SimpleLazyObject(lambda: _privacy(request)),
        "footer_links": SimpleLazyObject(lambda: _texts(request)),
    }


def _town(request: HttpRequest) -> PortalSettings:
    """The editors' settings of the portal; their defaults where no site is set up (an error page must show anyway)."""
    site = Site.find_for_request(request)
    return PortalSettings.for_site(site) if site else PortalSettings()


def _contact(request: HttpRequest) -> dict[str, str]:
    """The editors' own words (first line: the name); without them the head office's address and telephone."""
    if said := _town(request).contact.strip():
        name, _line_end, rest = said.partition("\n")
        return {"name": name, "address": rest, "phone": _town(request).phone, "email": _town(request).email}
    office = Unit.objects.filter(depth=1).order_by("pk").first()
    if office is None:
        return {}
    address = ", ".join(filter(None, [office.street, f"{office.postcode} {office.town}".strip()]))
    return {"name": office.name, "address": address, "phone": office.phone, "email": office.email}


def _colours(request: HttpRequest) -> str:
    """Address of the style sheet with the town's own colours; empty while it keeps the built-in ones."""
    chosen = _town(request).chosen()
    return reverse("cms_pages:colours", args=[colours.digest(chosen)]) if chosen else ""


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Pages that the editors put into menus, between the home page and the check of a case."""
    site = Site.find_for_request(request)
    pages = site.root_page.get_children().live().public().in_menu() if site else []
    known = [("/", None), *((page.get_url(request, site) or "", page.title) for page in pages)]
    return [
        {"url": url, "title": title, "current": request.path == url or (url != "/" and request.path.startswith(url))}
        for url, title in known
    ]


def _privacy(request: HttpRequest) -> str:
    """Where the privacy notices are; empty where the portal has no such page."""
    page = PrivacyPage.objects.live().public().first()
    return (page.get_url(request) or "") if page else ""


def _texts(request: HttpRequest) -> list[dict[str, str]]:
    site = Site.find_for_request(request)
    if site is None:
        return []
    pages = Page.objects.type(TEXTS).live().public().child_of(site.root_page).exclude(slug__in=LAW).order_by("title")
    return [{"url": page.get_url(request, site) or "", "title": page.title} for page in pages[:8]]
