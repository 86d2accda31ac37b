"""An office with a form, and clients of its API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from cms_pages.forms.fields.plain import Declaration
from cms_pages.models import FormPage
from people.access import SYSTEM
from people.models import User
from people.services import tokens
from tests.integration.forms.conftest import form_page, town

__all__ = ["form_page", "town"]

ANSWERS: dict[str, Any] = {
    "kto": {"first_name": "Ola", "last_name": "Przykładowa"},
    "pesel": {"pesel": "01610100010"},
    "adres": {"street": "Leśna", "house": "1", "flat": "2", "postcode": "44-330", "town": "Jastrzębie-Zdrój"},
    "mail": "ola@example.org",
    "gatunek": "lipa",
    "obwod": "120.5",
    "powody": ["chore"],
    "opis": "Drzewo pochylone.",
}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def body_of(page: FormPage, **changes: Any) -> dict[str, Any]:
    """A right request, with changes; `answers` are changed one by one."""
    consent = Declaration.digest(page.current_version.spec.field("zgoda"))
    answers = {**ANSWERS, "zgoda": {"agreed": True, "text": consent}, **changes.pop("answers", {})}
    return {"form": str(page.form_uid), "version": 1, "unit": "OR", "answers": answers, **changes}


def attached(content: bytes = b"Zdjecie opisane slowami.\n", name: str = "opis.txt") -> dict[str, Any]:
    return {"name": name, "content": base64.b64encode(content).decode()}


@pytest.fixture
def send(client: Client) -> Callable[..., Any]:
    """Send a body as JSON with a key; the response."""

    def run(body: dict[str, Any], key: str | None = "klucz-1") -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post("/api/v1/submissions", json.dumps(body), content_type="application/json", headers=headers)

    return run


@pytest.fixture
def token_of(settings: Any) -> Callable[[User], dict[str, str]]:
    """The headers of a person's token."""

    def run(user: User) -> dict[str, str]:
        kept, settings.STAFF_SECOND_FACTOR = settings.STAFF_SECOND_FACTOR, False
        _token, plaintext = tokens.create(SYSTEM, user=user, name="test")
        settings.STAFF_SECOND_FACTOR = kept
        return {"Authorization": f"Bearer {plaintext}"}

    return run
