"""What anybody may ask of the circulation: services of the town, the state of a case by its code."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from documents import tracking
from people.limits import address_of
from workflow import states
from workflow.api.common import Problem
from workflow.models import Service

router = Router(tags=["circulation"])


class ServiceOut(Schema):
    """A service with its values in force."""

    code: str
    title: str
    term: str
    fee: str
    legal_basis: str
    assurance: int
    units: list[str]


@router.get("/services", response=list[ServiceOut], auth=None, summary="Services of the town")
def services(request: HttpRequest) -> list[dict[str, Any]]:
    """All services with the values of their newest version and the symbols of the units that offer them."""
    rows = Service.objects.prefetch_related("versions", "offers__unit").order_by("code")[:500]
    found = []
    for service in rows:
        versions = sorted(service.versions.all(), key=lambda v: v.valid_from, reverse=True)
        if versions:
            version = versions[0]
            found.append(
                {
                    "code": service.code,
                    "title": service.title,
                    "term": version.term,
                    "fee": str(version.fee),
                    "legal_basis": version.legal_basis,
                    "assurance": version.assurance,
                    "units": sorted(offer.unit.symbol for offer in service.offers.all()),
                }
            )
    return found


class StatusIn(Schema):
    code: str
    factor: str


class StatusOut(Schema):
    """What the party of a case reads."""

    reference: str | None
    status: str
    label: str
    explanation: str
    next_step: str
    unit: str
    due_on: dt.date | None


@router.post(
    "/cases/status",
    response={200: StatusOut, 404: Problem, 429: Problem},
    auth=None,
    summary="State of a case by tracking code and second factor",
)
def case_status(request: HttpRequest, body: StatusIn) -> Any:
    """One answer for a wrong code and an unknown one; wrong tries are limited by address and by code."""
    try:
        case = tracking.open_case(address_of(request), body.code, body.factor)
    except tracking.TooManyTries as error:
        return Status(429, {"detail": str(error.message)})
    status = states.public_status(case)
    return {
        "reference": case.reference,
        "status": status.code,
        "label": str(status.label),
        "explanation": str(status.explanation),
        "next_step": str(status.next_step),
        "unit": case.unit.name,
        "due_on": case.due_on,
    }
