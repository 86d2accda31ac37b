"""Which language an address speaks, and where a page is to be read in another one.

The address decides what a page is written in: `/uslugi/` is Polish, `/en/…` English, `/uk/…` Ukrainian, whoever reads.
So one address is one text, for people, search engines and the page cache. What is no page (a form being filled in, the
account, the check of a case, the API, the admin) has one address in all languages and follows the reader: the language
cookie, else the browser's. Reading a page below `/en/` sets the cookie, so the form that follows is English too; a
Polish page sets none, since readers of other languages meet Polish pages that nobody has translated yet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from wagtail.models import Locale, Page, Site

#: Asked for in the address of the nearest translated page: which page is not there in this language.
MISSING = "brak"
CODES = tuple(code for code, _name in settings.LANGUAGES)


@lru_cache(maxsize=4096)
def is_page(path: str) -> bool:
    """Whether an address without a language is a page of the portal (there or not), and no view of ours."""
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return resolve(path).url_name == "wagtail_serve"
        except Resolver404:
            return False


def of_address(path: str) -> str:
    """The language that an address itself decides; empty where the reader decides."""
    if prefix := translation.get_language_from_path(path):
        return prefix
    return settings.LANGUAGE_CODE if is_page(path) else ""


class AddressLanguageMiddleware(LocaleMiddleware):
    """Activates the language of the address, else the reader's. See the module."""

    def process_request(self, request: HttpRequest) -> None:
        language = of_address(request.path_info)
        request.address_language = language  # type: ignore[attr-defined]  # read below
        translation.activate(language or translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        decided = getattr(request, "address_language", "")
        if not decided:
            patch_vary_headers(response, ("Accept-Language",))
        elif decided != settings.LANGUAGE_CODE and request.method == "GET" and response.status_code == 200:
            keep(request, response, decided)
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


def keep(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """Remember a language in the reader's cookie, unless it says so already."""
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) == language:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH, domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE or "Lax")  # fmt: skip


def active() -> str:
    """The active language, one of the portal's."""
    code = (translation.get_language() or settings.LANGUAGE_CODE)[:2]
    return code if code in CODES else settings.LANGUAGE_CODE


def home(request: HttpRequest | None, language: str = "") -> Page | None:
    """The home page of a language (the active one): its own where it is live, else the Polish one."""
    site = Site.find_for_request(request) if request else Site.objects.filter(is_default_site=True).first()
    if site is None:
        return None
    return in_language(site.root_page, language or active()) or site.root_page


def in_language(page: Page, language: str) -> Page | None:
    """The live, public page that says the same in another language; None where there is none."""
    if page.locale.language_code == language:
        return page
    return page.get_translations().live().public().filter(locale__language_code=language).first()


def original(page: Page) -> Page:
    """The page in the portal's own language from which this one was translated; the page itself where there is none."""
    if page.locale.language_code == settings.LANGUAGE_CODE:
        return page
    return page.get_translations().filter(locale__language_code=settings.LANGUAGE_CODE).first() or page


def spoken(page: Page) -> str:
    """The language that readers of a page see: its own, or the active one where a page holds all of them."""
    return active() if getattr(page, "speaks_all_languages", False) else str(page.locale.language_code)


def readable(pages: Any, locale_id: int) -> Any:
    """Of these pages (a QuerySet) those of a language, and the Polish ones that nobody has translated into it, which
    are better than none; the language's own come first (`order_by("away", …)`)."""
    there = Page.objects.live().filter(locale_id=locale_id, translation_key=OuterRef("translation_key"))
    polish = Q(locale__language_code=settings.LANGUAGE_CODE) & ~Exists(there)
    away = Case(When(locale_id=locale_id, then=Value(0)), default=Value(1))
    return pages.filter(Q(locale_id=locale_id) | polish).annotate(away=away)


def missing(request: HttpRequest) -> Page | None:
    """The page that the reader wanted in this language and that has no translation yet."""
    asked = request.GET.get(MISSING, "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        return None
    page = Page.objects.live().public().filter(pk=int(asked)).select_related("locale").first()
    return page if page and page.locale.language_code != active() else None


def place(request: HttpRequest, path: str, language: str) -> str:
    """Where a reader of `path` goes on in another language: to the translation, to the nearest translated page above it
    with a word about what is missing, or to the same address where it has no language."""
    address = urlsplit(path)
    if not of_address(address.path):
        return path
    site = Site.find_for_request(request)
    page = page_at(request, address.path, site)
    if page is None or site is None:
        top = home(request, language)
        return (top.get_url(request) if top else None) or "/"
    if getattr(page, "speaks_all_languages", False):
        with translation.override(language):
            return page.get_url(request, site) or "/"
    if found := in_language(page, language):
        return found.get_url(request, site) or "/"
    above = page.get_ancestors().filter(depth__gt=1).order_by("-depth")
    for ancestor in above:
        if found := in_language(ancestor, language):
            return f"{found.get_url(request, site)}?{urlencode({MISSING: page.pk})}"
    return "/"


def page_at(request: HttpRequest, path: str, site: Site | None) -> Page | None:
    """The public page that is served at an address."""
    page = routed(request, path, site) if site else None
    return page if page and Page.objects.live().public().filter(pk=page.pk).exists() else None


def routed(request: HttpRequest, path: str, site: Site) -> Page | None:
    """The page to which an address leads in the tree of its language, open to everybody or not."""
    prefix = translation.get_language_from_path(path)
    rest = path.removeprefix(f"/{prefix}/") if prefix else path
    with translation.override(prefix or settings.LANGUAGE_CODE):
        try:
            found: Any = site.root_page.localized.specific.route(request, [part for part in rest.split("/") if part])
        except Http404:
            return None
    page: Page = found[0]
    return page


@csrf_exempt
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """The reader chooses a language: it is kept, and the page of `next` is shown in it.

    Without a form token, which would make every page the reader's own: all that can be forged is a preference. Another
    site's form is refused all the same where the browser says so."""
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if elsewhere or (origin and origin != request.get_host()):
        return HttpResponseRedirect("/")
    language = request.POST.get("language", "")
    path = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(path, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        path = "/"
    if language not in CODES:
        return HttpResponseRedirect(path)
    response = HttpResponseRedirect(place(request, path, language))
    keep(request, response, language)
    return response


def locales() -> dict[str, Locale]:
    """The languages of content by code."""
    return {locale.language_code: locale for locale in Locale.objects.filter(language_code__in=CODES)}


class AllLanguages:
    """A page that is one record in all languages (a form): below `/en/` its own address speaks English."""

    speaks_all_languages = True

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        parts = super().get_url_parts(request)  # type: ignore[misc]  # Wagtail's page beside this class
        if not parts or not parts[2] or active() == settings.LANGUAGE_CODE:
            return parts
        site_id, root, path = parts
        return site_id, root, f"/{active()}{path}"
