"""What the tests of the account share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from documents.models import Case
from people.access import access_of
from people.models import Citizen, User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.services import assignment


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    """Blobs of their own, no second factor (it has tests of its own), nothing counted by rate limits before."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.STAFF_SECOND_FACTOR = False
    cache.clear()


@pytest.fixture
def town() -> Office:
    return office()


@pytest.fixture
def citizen() -> Citizen:
    return people.citizen()


@pytest.fixture
def case(town: Office, citizen: Citizen) -> Case:
    """A case that the citizen filed with the account, with a clerk and a reference."""
    filing = filings.filing(town.unit, service_code="udostepnienie-danych", owner_id=citizen.user_id)
    made = intake.receive(access_of(citizen.user), filing).case
    assignment.assign(town.access("head"), case=made, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=made)
    made.refresh_from_db()
    return made


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
