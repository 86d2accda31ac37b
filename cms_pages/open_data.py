"""Open data of the portal, for everybody and without a token: services, units, opening hours, news.

Each data set is JSON (`{"version", "generated_at", "licence", "items"}`) and, at the same address with `.csv`, the same
fields as CSV (UTF-8 with a byte order mark, comma, header row; lists joined by "; "). Within a version fields are only
added; a removed or changed one makes a new version. The fields are described in the OpenAPI document.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field as Described
from ninja import Router, Schema
from wagtail.models import Site

from cms_pages.models import NewsPage, ServicePage, UnitPage
from journal.clock import db_now, warsaw_day
from people.access import valid_now
from people.models import Unit
from workflow.models import ServiceVersion

router = Router(tags=["open data"], auth=None)
VERSION = "1.0"
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
#: News in one answer.
MOST_NEWS = 200


class OpenService(Schema):
    """A service card of the portal with the values in force today."""

    code: str
    title: str
    summary: str
    url: str
    life_event: str
    fee_pln: str = Described(description="stamp duty or fee in zloty; 0.00 is free")
    fee_note: str
    term: str = Described(description="statutory term: a number and d (days), w (weeks) or m (months)")
    legal_basis: str
    assurance: int = Described(description="0 none, 10 account, 20 confirmed in the office, 30 eID, 40 signature")
    online: bool = Described(description="whether it can be filed online now")
    units: list[str] = Described(description="symbols of the units that offer it")


class OpenUnit(Schema):
    """A unit of the town: the office, its departments, schools and other bodies."""

    symbol: str
    name: str
    kind: str = Described(description="body: a controller of its own; cell: a department of one")
    body: str = Described(description="symbol of the body it belongs to")
    category: str
    street: str
    postcode: str
    town: str
    phone: str
    email: str
    edelivery: str = Described(description="electronic delivery address (AE:PL-…), empty while it has none")
    url: str


class OpenHours(Schema):
    """A span of hours in which a unit is open: every week (`weekday`) or on one day instead of the week's (`day`)."""

    unit: str
    weekday: int | None = Described(description="1 Monday … 7 Sunday; null for a single day")
    day: dt.date | None
    opens: str = Described(description="HH:MM, Europe/Warsaw; empty when closed all day")
    closes: str
    note: str


class OpenNews(Schema):
    """A piece of news."""

    title: str
    lead: str
    url: str
    published_at: dt.datetime
    changed_at: dt.datetime


class DataSet(Schema):
    """One data set of the catalogue."""

    name: str
    description: str
    json_url: str
    csv_url: str
    version: str
    licence: str


class _Answer(Schema):
    version: str = VERSION
    generated_at: dt.datetime
    licence: str = LICENCE


class Services(_Answer):
    items: list[OpenService]


class Units(_Answer):
    items: list[OpenUnit]


class Hours(_Answer):
    items: list[OpenHours]


class News(_Answer):
    items: list[OpenNews]


def _polish(kind: Any) -> Any:
    """Public pages of a kind in the portal's own language; translations would repeat them."""
    return kind.objects.live().public().filter(locale__language_code=settings.LANGUAGE_CODE)


def service_rows() -> list[dict[str, Any]]:
    """Live service cards by title; a fixed number of queries."""
    pages = list(
        _polish(ServicePage).select_related("service")
        .prefetch_related("service__offers__unit").order_by("title")[:1000]
    )  # fmt: skip
    versions: dict[int, ServiceVersion] = {}
    for version in ServiceVersion.objects.filter(valid_now()).order_by("valid_from"):
        versions[version.service_id] = version
    online = set(
        ServicePage.objects.live().filter(numchild__gt=0).filter(pk__in=[page.pk for page in pages])
        .values_list("pk", flat=True)
    )  # fmt: skip
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    found = []
    for page in pages:
        current = versions.get(page.service_id)
        found.append(
            {
                "code": page.service.code,
                "title": page.title,
                "summary": page.lead,
                "url": _url(page, site),
                "life_event": page.life_event,
                "fee_pln": str(current.fee) if current else "",
                "fee_note": current.fee_note if current else "",
                "term": current.term if current else "",
                "legal_basis": current.legal_basis if current else "",
                "assurance": current.assurance if current else 0,
                "online": page.pk in online,
                "units": sorted(offer.unit.symbol for offer in page.service.offers.all()),
            }
        )
    return found


def unit_rows() -> list[dict[str, Any]]:
    """Active units in the order of the tree."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    pages = {page.unit_id: _url(page, site) for page in _polish(UnitPage)}
    plain = ("symbol", "name", "kind", "category", "street", "postcode", "town", "phone", "email", "edelivery")
    return [
        {**{name: getattr(unit, name) for name in plain}, "body": unit.body.symbol if unit.body else "",
         "url": pages.get(unit.pk, "")}
        for unit in Unit.objects.active().select_related("body")
    ]  # fmt: skip


def hours_rows() -> list[dict[str, Any]]:
    """The week of every active unit, then its single days from today on."""
    today = warsaw_day(db_now()).isoformat()
    found: list[dict[str, Any]] = []
    for unit in Unit.objects.active():
        for number, spans in enumerate(unit.week_hours, 1):
            found += [
                {"unit": unit.symbol, "weekday": number, "day": None, "opens": o, "closes": c, "note": ""}
                for o, c in spans
            ]
        for exception in unit.hours_exceptions:
            if exception["day"] >= today:
                found += [
                    {"unit": unit.symbol, "weekday": None, "day": exception["day"], "opens": o, "closes": c,
                     "note": exception.get("note", "")}
                    for o, c in (exception["hours"] or [["", ""]])
                ]  # fmt: skip
    return found


def news_rows() -> list[dict[str, Any]]:
    """The newest news."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return [
        {"title": page.title, "lead": page.lead, "url": _url(page, site), "published_at": page.first_published_at,
         "changed_at": page.last_published_at or page.first_published_at}
        for page in _polish(NewsPage).order_by("-first_published_at", "-pk")[:MOST_NEWS]
    ]  # fmt: skip


def _url(page: Any, site: Site | None) -> str:
    """The page's whole address, without a query for each."""
    if site is None or not page.url_path.startswith(site.root_page.url_path):
        return ""
    return f"{site.root_url}/{page.url_path.removeprefix(site.root_page.url_path)}"


def _answer(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": VERSION, "generated_at": db_now(), "licence": LICENCE, "items": rows}


def _csv(schema: type[Schema], rows: Iterable[dict[str, Any]], name: str) -> HttpResponse:
    """The rows as CSV with the schema's fields in its order. A cell never begins like a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    fields = list(schema.model_fields)
    writer.writerow(fields)
    for row in rows:
        writer.writerow([_cell(row[field]) for field in fields])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["X-Data-Version"] = VERSION
    return answer


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            text = "; ".join(str(part) for part in value)
        case dt.datetime() | dt.date():
            return value.isoformat()
        case _other:
            text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


class SetName(StrEnum):
    """The data sets."""

    SERVICES = "services"
    UNITS = "units"
    HOURS = "opening-hours"
    NEWS = "news"


SETS: dict[SetName, tuple[str, type[Schema], Any]] = {
    SetName.SERVICES: ("Services of the town with fee, term and legal basis", OpenService, service_rows),
    SetName.UNITS: ("Units of the town with addresses", OpenUnit, unit_rows),
    SetName.HOURS: ("Opening hours of the units", OpenHours, hours_rows),
    SetName.NEWS: ("News of the portal", OpenNews, news_rows),
}


@router.get("/open", response=list[DataSet], url_name="open_catalogue", summary="Catalogue of the open data")
def catalogue(request: HttpRequest) -> list[dict[str, str]]:
    """Every data set with its addresses."""
    base = request.build_absolute_uri(reverse("api:open_catalogue"))
    return [
        {"name": name.value, "description": about, "json_url": f"{base}/{name}", "csv_url": f"{base}/{name}.csv",
         "version": VERSION, "licence": LICENCE}
        for name, (about, _schema, _rows) in SETS.items()
    ]  # fmt: skip


@router.get("/open/services", response=Services, url_name="open_services", summary="Services, JSON")
def services(request: HttpRequest) -> dict[str, Any]:
    """The service cards of the portal."""
    return _answer(service_rows())


@router.get("/open/units", response=Units, url_name="open_units", summary="Units, JSON")
def units(request: HttpRequest) -> dict[str, Any]:
    """The units of the town."""
    return _answer(unit_rows())


@router.get("/open/opening-hours", response=Hours, url_name="open_hours", summary="Opening hours, JSON")
def opening_hours(request: HttpRequest) -> dict[str, Any]:
    """When the units are open."""
    return _answer(hours_rows())


@router.get("/open/news", response=News, url_name="open_news", summary="News, JSON")
def news(request: HttpRequest) -> dict[str, Any]:
    """The newest news of the portal."""
    return _answer(news_rows())


@router.get("/open/{name}.csv", url_name="open_csv", summary="A data set as CSV")
def as_csv(request: HttpRequest, name: SetName) -> HttpResponse:
    """`services`, `units`, `opening-hours` or `news`, with the fields of the JSON."""
    _about, schema, rows = SETS[name]
    return _csv(schema, rows(), name)
