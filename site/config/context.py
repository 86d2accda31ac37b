"""What every portal page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page, Site

from cms_pages import alerts, colours, languages
from cms_pages.edition import remembered
from cms_pages.models import (
    AccessibilityStatementPage,
    ContentPage,
    FaqPage,
    FileListPage,
    GuidePage,
    PortalSettings,
    PrivacyPage,
)
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
        "contact": SimpleLazyObject(lambda: remembered(request, "contact", lambda: _contact(request))),
        "home_url": SimpleLazyObject(lambda: remembered(request, "home", lambda: _home_url(request))),
        "missing_page": SimpleLazyObject(lambda: _missing(request)),
        "accessibility_url": SimpleLazyObject(
            lambda: remembered(request, "accessibility", lambda: _law(request, AccessibilityStatementPage))
        ),
        "nav": SimpleLazyObject(lambda: _menu(request)),
        "privacy_url": SimpleLazyObject(lambda: remembered(request, "privacy", lambda: _privacy(request))),
        "footer_links": SimpleLazyObject(lambda: remembered(request, "texts", lambda: _texts(request))),
    }


def _town(request: HttpRequest) -> PortalSettings:
    """The editors' settings of the portal; their defaults where no site is set up (an error page must show anyway)."""
    site = Site.find_for_request(request)
    if site is None:
        return PortalSettings()
    return remembered(request, "settings", lambda: PortalSettings.for_request(request))


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
    first, known = remembered(request, "menu", lambda: _menu_pages(request))
    return [
        {"url": url, "title": title, "current": request.path == url or (url != first and request.path.startswith(url))}
        for url, title in known
    ]


def _menu_pages(request: HttpRequest) -> tuple[str, list[tuple[str, str | None]]]:
    """The home page's address, and (address, title) of every entry."""
    site, top = Site.find_for_request(request), _home(request)
    pages = top.get_children().live().public().in_menu() if top else []
    first = _home_url(request)
    return first, [(first, None), *((page.get_url(request, site) or "", page.title) for page in pages)]


def _privacy(request: HttpRequest) -> str:
    """Where the privacy notices are; empty where the portal has no such page."""
    return _law(request, PrivacyPage)


def _law(request: HttpRequest, kind: type[Page]) -> str:
    """Address of the page of a kind that there is once: in the active language, else in Polish; empty without one."""
    page = kind.objects.live().public().order_by("path").first()
    if page is None:
        return ""
    return (languages.in_language(page, languages.active()) or languages.original(page)).get_url(request) or ""


def _home(request: HttpRequest) -> Page | None:
    """The home page of the active language, looked for once a request."""
    if not hasattr(request, "portal_home"):
        request.portal_home = languages.home(request)  # type: ignore[attr-defined]  # kept for this request
    found: Page | None = request.portal_home  # type: ignore[attr-defined]
    return found


def _home_url(request: HttpRequest) -> str:
    top = _home(request)
    return (top.get_url(request) or "/") if top else "/"


def _missing(request: HttpRequest) -> dict[str, str]:
    """The page that the reader wanted in this language and that nobody has translated."""
    page = languages.missing(request)
    if page is None:
        return {}
    return {"url": page.get_url(request) or "", "title": page.title, "language": page.locale.language_code}


def _texts(request: HttpRequest) -> list[dict[str, str]]:
    site, top = Site.find_for_request(request), _home(request)
    if top is None:
        return []
    pages = Page.objects.type(TEXTS).live().public().child_of(top).exclude(slug__in=LAW).order_by("title")
    return [{"url": page.get_url(request, site) or "", "title": page.title} for page in pages[:8]]
