"""The catalogue: the standard route, the services with their values, and who offers them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from demo import reading, town
from demo.progress import Show
from people.access import SYSTEM
from people.models import Assurance, Role, Unit
from workflow.models import RouteTemplate, Service, ServiceOffer
from workflow.routes.engine import Condition
from workflow.services import catalogue
from workflow.services.catalogue import Step

SINCE = dt.date(2020, 1, 1)
ROUTE = "standard"
#: A head signs an own letter without another's approval, as the head of a school must.
STEPS = (Step("assign", Role.HEAD), Step("handle", Role.CLERK), Step("approve", Role.HEAD, skip="author"),
         Step("sign", Role.HEAD), Step("dispatch", Role.REGISTRY, "body"))
#: A longer one, to look at: side by side, on a condition, and passed on when it rests. No service of the demo takes it.
LONGER = (
    Step("assign", Role.HEAD, group=1, term="2d", escalate_days=1, escalate_to="deputy"),
    Step("handle", Role.CLERK, group=2, remind_days=3, escalate_days=2, escalate_to="superior"),
    Step("approve", Role.HEAD, group=3, term="3d", escalate_days=2, escalate_to="superior"),
    Step("approve", Role.DEPUTY, group=3, term="3d"),
    Step("approve", Role.HEAD, "body", group=4, conditions=(Condition("fee", "gt", "1000"),)),
    Step("sign", Role.HEAD, "body", group=5),
    Step("dispatch", Role.REGISTRY, "body", group=6),
)


def described() -> list[dict[str, Any]]:
    """The services as their files describe them: values, card, form."""
    return reading.folder("services")


def build(show: Show) -> None:
    """Add the route, services, versions and offers that are missing."""
    route = RouteTemplate.objects.filter(code=ROUTE).order_by("-version").first()
    route = route or catalogue.add_route(SYSTEM, code=ROUTE, name="Droga zwykła", steps=STEPS)
    if not RouteTemplate.objects.filter(code="dluzsza").exists():
        catalogue.add_route(SYSTEM, code="dluzsza", name="Droga dłuższa, z dwiema parafami", steps=LONGER)
    units = town.by_symbol()
    for about in show.walk("Usługi", described()):
        service = Service.objects.filter(code=about["code"]).first()
        service = service or catalogue.add_service(SYSTEM, code=about["code"], title=about["title"])
        if not service.versions.exists():
            _add_version(service, about["values"], route)
        offered = set(ServiceOffer.objects.filter(service=service).values_list("unit_id", flat=True))
        for unit in _offering(about["units"], units):
            if unit.pk not in offered:
                catalogue.offer(SYSTEM, service=service, unit=unit)


def _add_version(service: Service, values: dict[str, Any], route: RouteTemplate) -> None:
    catalogue.add_version(
        SYSTEM, service=service, valid_from=SINCE, class_symbol=values["class"], term=values["term"], route=route,
        term_basis=values.get("term_basis", ""), regime=values.get("regime", "kpa"),
        fee=Decimal(str(values.get("fee", "0"))),
        fee_note=values.get("fee_note", ""), legal_basis=values["legal_basis"], source=values["source"],
        assurance=Assurance[values.get("assurance", "NONE")], register_at_once=values.get("register_at_once", False))


def _offering(wanted: list[str], units: dict[str, Unit]) -> Iterator[Unit]:
    """Units named by symbol, by a prefix with a star ("SP-*"), or all of them ("*")."""
    for name in wanted:
        if name.endswith("*"):
            yield from (unit for symbol, unit in units.items() if symbol.startswith(name[:-1]))
        else:
            yield units[name]
