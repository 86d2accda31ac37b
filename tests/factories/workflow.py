"""Services and a working office for tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from people.access import Access, access_of
from people.models import Role, Unit, User
from tests.factories import documents as documents_factory
from tests.factories import people as people_factory
from workflow.models import RouteStep, RouteTemplate, Service, ServiceOffer, ServiceVersion

SINCE = dt.date(2020, 1, 1)
STEPS = (
    ("assign", Role.HEAD, "case"),
    ("handle", Role.CLERK, "case"),
    ("approve", Role.HEAD, "case"),
    ("sign", Role.HEAD, "case"),
    ("dispatch", Role.REGISTRY, "body"),
)


def route() -> RouteTemplate:
    """The standard route: assign, handle, approve, sign, dispatch."""
    template, created = RouteTemplate.objects.get_or_create(code="standard", version=1, defaults={"name": "Standard"})
    if created:
        for group, (verb, role, where) in enumerate(STEPS, 1):
            RouteStep.objects.create(template=template, group=group, verb=verb, role=role, where=where)
    return template


def service(code: str, *units: Unit, term: str = "1m", class_symbol: str = "5345", **fields: object) -> Service:
    """A service with one version, offered by the units."""
    made = Service.objects.create(code=code, title=code.replace("-", " ").capitalize())
    ServiceVersion.objects.create(
        service=made,
        valid_from=SINCE,
        class_symbol=class_symbol,
        term=term,
        legal_basis="k.p.a.",
        route=route(),
        **fields,
    )
    for unit in units:
        ServiceOffer.objects.create(service=made, unit=unit)
    return made


@dataclass
class Office:
    """A department that works: head, clerk, registry, and its units."""

    units: dict[str, Unit]
    head: User
    clerk: User
    registry: User

    @property
    def unit(self) -> Unit:
        return self.units["OR"]

    def access(self, who: str) -> Access:
        return access_of(getattr(self, who))


def office() -> Office:
    """The town with a working department OR and a plan."""
    units = people_factory.town()
    documents_factory.plan_of(units["UM"])
    service("udostepnienie-danych", units["OR"])
    service("pismo-ogolne", units["OR"], units["SP-1"])
    return Office(
        units,
        head=people_factory.member(units["OR"], Role.HEAD, people_factory.staff("kierownik", post="Kierownik")),
        clerk=people_factory.member(units["OR"], Role.CLERK, people_factory.staff("referent", post="Inspektor")),
        registry=people_factory.member(units["UM"], Role.REGISTRY, subtree=True),
    )
