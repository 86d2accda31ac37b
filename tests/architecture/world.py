"""One small town in which every role, every kind of object of ours, and a foreign unit with the same, exist."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client

from cms_pages.forms.build import build_form_page
from cms_pages.models import Draft, FormPage, FormVersion, Submission
from documents.models import Delivery, DocumentVersion, Letter
from documents.services import deliveries, receipts
from journal import keyring
from journal.clock import db_now
from people.access import SYSTEM, access_of
from people.models import Role, Unit, User
from people.services import substitutions
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import service
from tests.integration.forms.conftest import card_of
from tests.integration.forms.sample import SPEC
from workflow import intake
from workflow.models import Service

ROLES = ("guest", "citizen", "registry", "clerk", "head", "editor", "auditor", "unit_admin", "coordinator")


@dataclass
class Side:
    """The objects of one unit."""

    unit: Unit
    owner: User
    staff: User
    membership: Any
    substitution: Any
    taken: intake.Intake
    sent: Letter
    delivery: Delivery
    printed: Delivery
    version: DocumentVersion
    draft: Draft
    submission: Submission


@dataclass
class World:
    own: Side
    other: Side
    users: dict[str, User]
    units: dict[str, Unit]
    page: FormPage

    def client(self, role: str) -> Client:
        """A browser signed in as the role of the own unit (`second factor` is off)."""
        client = Client(raise_request_exception=False)
        if role != "guest":
            client.force_login(self.users[role], backend="django.contrib.auth.backends.ModelBackend")
        return client


def build() -> World:
    """A town made through deeds: unit OR (own) and the school SP-1 (other)."""
    units = people.town()
    for body in ("UM", "SP-1"):
        filings.plan_of(units[body])
    service("pismo-ogolne", units["OR"], units["SP-1"])
    users = {role: people.member(units["OR"], role) for role in ROLES if role not in ("guest", "citizen")}
    service("udostepnienie-danych", units["OR"])
    page = build_form_page(
        card_of(Service.objects.get(code="udostepnienie-danych")),
        Service.objects.get(code="udostepnienie-danych"),
        SPEC,
    )
    own = side(units["OR"], page)
    other = side(units["SP-1"], page)
    users["citizen"] = own.owner
    return World(own, other, users, units, page)


def side(unit: Unit, page: FormPage) -> Side:
    """One of everything in a unit."""
    owner = people.citizen()
    staff = people.member(unit, Role.CLERK)
    absent = people.member(unit, Role.HEAD, people.staff(post="Kierownik"))
    membership = people.join(unit, Role.CLERK, people.staff())
    today = people.today()
    planned = substitutions.plan(
        access_of(absent),
        absent=absent,
        substitute=staff,
        valid_from=today,
        valid_until=today + dt.timedelta(days=3),
        scope="all",
        reason="urlop",
    )
    taken = intake.receive(
        access_of(owner.user), filings.filing(unit, service_code="pismo-ogolne", owner_id=owner.user_id)
    )
    receipts.sign_receipt(receipt_id=taken.receipt.pk)
    seal = keyring.unit_seal(unit.body.symbol, unit.body.name)
    sent = filings.outgoing(taken.case, signer=seal)
    delivery = deliveries.start(SYSTEM, letter=sent, box="account", addressee=sent.correspondent, user=owner.user)
    paper = filings.outgoing(taken.case, signer=seal)
    printed = deliveries.start(SYSTEM, letter=paper, box="paper", addressee=paper.correspondent, user=None)
    version = DocumentVersion.objects.filter(document__letter=taken.letter).order_by("pk").first()
    assert version is not None
    draft = Draft.objects.create(
        version=page.current_version,
        owner=owner.user,
        token_hash="",
        unit=page.unit,
        created_at=db_now(),
        updated_at=db_now(),
        expires_at=db_now() + dt.timedelta(days=9),
    )
    submission = Submission.objects.create(
        uuid=uuid.uuid4(),
        version=FormVersion.objects.get(page=page),
        letter=taken.letter,
        case=taken.case,
        receipt_number=taken.receipt.number,
        owner=owner.user,
        token_hash="",
        digest="",
        submitted_at=db_now(),
    )
    return Side(
        unit, owner.user, staff, membership, planned, taken, sent, delivery, printed, version, draft, submission
    )
