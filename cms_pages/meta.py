"""What machines read of a page: canonical address, languages, Open Graph, feeds, structured data.

A service card speaks CPSV-AP 3 (SEMIC's Core Public Service Vocabulary Application Profile), a unit's page
schema.org's GovernmentOffice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.text import Truncator
from wagtail.images.models import SourceImageIOError
from wagtail.models import Page, Site

from cms_pages import languages
from cms_pages.edition import remembered
from cms_pages.models import NewsIndexPage, NewsPage, ServicePage, UnitPage
from journal.clock import db_now, warsaw_day
from people.models import Unit
from workflow.deadlines import Term

CPSV = {
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "locn": "http://www.w3.org/ns/locn#",
    "schema": "https://schema.org/",
}
ZLOTY = "http://publications.europa.eu/resource/authority/currency/PLN"
LANGUAGES = {
    code: f"http://publications.europa.eu/resource/authority/language/{name}"
    for code, name in (("pl", "POL"), ("en", "ENG"), ("uk", "UKR"))
}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LOCALES = {"pl": "pl_PL", "en": "en_GB", "uk": "uk_UA"}


@dataclass
class Meta:
    """Elements of the page's head, in order."""

    names: list[tuple[str, str]] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    structured: str = ""


def of_page(page: Page, request: HttpRequest | None) -> Meta:
    """All of it for a live page. A part of a page (a guide's step) names the address that was asked for."""
    address = page.get_full_url(request) or ""
    if request is not None and page.get_url(request) and request.path.startswith(page.get_url(request)):
        address += request.path.removeprefix(page.get_url(request))
    text = page.search_description or getattr(page, "lead", "")
    text = Truncator(str(text)).chars(200)
    site = Site.find_for_request(request) if request else None
    language = languages.spoken(page)
    found = Meta()
    found.names = [("description", text)]
    found.properties = [
        ("og:type", "article" if isinstance(page, NewsPage) else "website"),
        ("og:title", page.seo_title or page.title),
        ("og:description", text),
        ("og:url", address),
        ("og:site_name", site.site_name if site else ""),
        ("og:locale", LOCALES.get(language, language)),
    ]
    if picture := _picture(page, site):
        found.properties += [("og:image", picture), ("og:image:width", "1200"), ("og:image:height", "630")]
    if isinstance(page, NewsPage) and page.first_published_at:
        found.properties.append(("article:published_time", page.first_published_at.isoformat()))
    others = remembered(request, f"languages-{page.pk}", lambda: _languages(page, request))
    found.links = [{"rel": "canonical", "href": address}, *others]
    if isinstance(page, NewsPage | NewsIndexPage) or page.depth == 2:
        found.links += [
            {
                "rel": "alternate",
                "type": f"application/{kind}+xml",
                "title": kind.upper(),
                "href": reverse(f"cms_pages:{kind}"),
            }
            for kind in ("rss", "atom")
        ]
    if isinstance(page, ServicePage):
        found.structured = remembered(request, f"structured-{address}", lambda: service(page, address))
    elif isinstance(page, UnitPage):
        found.structured = remembered(request, f"structured-{address}", lambda: office(page.unit, address))
    return found


def _picture(page: Page, site: Site | None) -> str:
    """The page's picture in the size that other sites show; empty where there is none or its file is gone."""
    image = getattr(page, "image", None)
    if image is None or site is None:
        return ""
    try:
        url: str = image.get_rendition("fill-1200x630|format-jpeg").url
    except SourceImageIOError:
        return ""
    return url if url.startswith("http") else f"{site.root_url}{url}"


def _languages(page: Page, request: HttpRequest | None) -> list[dict[str, str]]:
    """Links between the live translations of a page; none for a page of one language."""
    if getattr(page, "speaks_all_languages", False):
        found = []
        for code in languages.CODES:
            with translation.override(code):
                found.append({"rel": "alternate", "hreflang": code, "href": page.get_full_url(request) or ""})
        return [*found, {**found[0], "hreflang": "x-default"}]
    pages = list(page.get_translations(inclusive=True).live().public().select_related("locale"))
    if len(pages) < 2:
        return []
    found = [
        {"rel": "alternate", "hreflang": other.locale.language_code, "href": other.get_full_url(request) or ""}
        for other in pages
    ]
    first = next((link for link in found if link["hreflang"] == "pl"), found[0])
    return [*found, {**first, "hreflang": "x-default"}]


def service(page: ServicePage, address: str) -> str:
    """A service card as a CPSV-AP PublicService, JSON-LD."""
    version, language = page.current, page.locale.language_code
    said: dict[str, Any] = {
        "@context": CPSV,
        "@id": address,
        "@type": "cpsv:PublicService",
        "dct:identifier": page.service.code,
        "dct:title": _in(language, page.title),
        "dct:description": _in(language, page.lead),
        "dct:language": {"@id": LANGUAGES[language]},
        "cv:isGroupedBy": {
            "@type": "cv:LifeEvent",
            "dct:title": _in(languages.active(), str(page.get_life_event_display())),
        },
        "cv:hasCompetentAuthority": [_authority(offer.unit) for offer in page.offers],
        "cv:hasChannel": [
            {"@type": "cv:Channel", "dct:type": "online", "schema:url": child.full_url}
            for child in [page.form_page]
            if child is not None
        ],
    }
    if version is not None:
        said["cv:processingTime"] = iso_term(version.term)
        said["cv:hasLegalResource"] = {"@type": "eli:LegalResource", "dct:title": _polish(version.legal_basis)}
        said["cv:hasCost"] = {
            "@type": "cv:Cost",
            "cv:value": str(version.fee),
            "cv:currency": {"@id": ZLOTY},
            **({"dct:description": _polish(version.fee_note)} if version.fee_note else {}),
        }
    return _text({name: value for name, value in said.items() if value})


def iso_term(term: str) -> str:
    """A term of `workflow.deadlines` ("7d", "2w", "1m") as an ISO 8601 duration."""
    return f"P{Term.parse(term)}".upper()


def office(unit: Unit, address: str) -> str:
    """A unit as schema.org's GovernmentOffice with address and opening hours, JSON-LD."""
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentOffice",
        "@id": address,
        "name": unit.name,
        "url": address,
        "telephone": unit.phone,
        "email": unit.email,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": unit.street,
            "postalCode": unit.postcode,
            "addressLocality": unit.town,
            "addressCountry": "PL",
        }
        if unit.street or unit.town
        else {},
        "openingHoursSpecification": [
            {"@type": "OpeningHoursSpecification", "dayOfWeek": day, "opens": opens, "closes": closes}
            for day, spans in zip(DAYS, unit.week_hours, strict=False)
            for opens, closes in spans
        ],
        "specialOpeningHoursSpecification": [
            {
                "@type": "OpeningHoursSpecification",
                "validFrom": exception["day"],
                "validThrough": exception["day"],
                "opens": opens,
                "closes": closes,
            }
            for exception in unit.hours_exceptions
            if exception["day"] >= warsaw_day(db_now()).isoformat()
            # Closed all day is written as a span without length.
            for opens, closes in (exception["hours"] or [["00:00", "00:00"]])
        ],
    }
    if unit.body is not None and unit.body_id != unit.pk:
        said["parentOrganization"] = {"@type": "GovernmentOrganization", "name": unit.body.name}
    return _text({name: value for name, value in said.items() if value})


def _authority(unit: Unit) -> dict[str, Any]:
    return {"@type": "cv:PublicOrganisation", "dct:identifier": unit.symbol, "dct:title": _polish(unit.name)}


def _polish(text: str) -> dict[str, str]:
    return _in("pl", text)


def _in(language: str, text: str) -> dict[str, str]:
    return {"@value": text, "@language": language}


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False)
