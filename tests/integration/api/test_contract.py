"""Whatever is sent by the published description (and against it), the API never breaks."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from config.api import api
from tests.factories.workflow import Office

pytestmark = pytest.mark.django_db


OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(api.get_openapi_schema()).get_all_operations()]


REQUESTS = [
    (found, mode)
    for found in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or found.body or found.query or found.path_parameters
]


@pytest.mark.parametrize(("operation", "mode"), REQUESTS, ids=[f"{mode} {found.label}" for found, mode in REQUESTS])
def test_no_request_breaks_it(
    operation: Any, mode: GenerationMode, town: Office, form_page: Any, token_of: Any, client: Client
) -> None:
    """Requests made from the description, right and wrong ones, by the head of a unit."""
    headers = token_of(town.head)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(case=operation.as_strategy(mode))
    def run(case: Any) -> None:
        sent = {name: str(value).encode("ascii", "replace").decode() for name, value in (case.headers or {}).items()}
        url = case.formatted_path + ("?" + urlencode(case.query, doseq=True) if case.query else "")
        body = "" if isinstance(case.body, NotSet) else json.dumps(case.body, default=str)
        response = client.generic(
            operation.method, url, body, content_type="application/json", headers={**sent, **headers}
        )
        assert response.status_code < 500

    run()


def test_the_description_is_public_and_complete(client: Client) -> None:
    found = client.get("/api/v1/openapi.json").json()
    assert {
        "/api/v1/units",
        "/api/v1/services",
        "/api/v1/forms",
        "/api/v1/forms/{form}",
        "/api/v1/submissions",
        "/api/v1/cases/status",
        "/api/v1/cases",
        "/api/v1/cases/{case_id}",
        "/api/v1/cases/{case_id}/deeds/{verb}",
        "/api/v1/letters",
        "/api/v1/letters/incoming",
        "/api/v1/tasks",
        "/api/v1/tasks/{task_id}/assign",
        "/api/v1/tasks/{task_id}/approve",
        "/api/v1/tasks/{task_id}/return",
        "/api/v1/search",
        "/api/v1/open",
        "/api/v1/open/services",
        "/api/v1/open/units",
        "/api/v1/open/opening-hours",
        "/api/v1/open/news",
        "/api/v1/open/{name}.csv",
    } == set(found["paths"])


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/api/v1/cases/status", '{"code": "\\ud800", "factor": "\\ud800"}'),
        ("/api/v1/cases/status", '{"code": "\\u0000", "factor": "\\u0000"}'),
        ("/api/v1/cases/status", "[" * 100_000),
        ("/api/v1/cases/status", "\xff"),
        ("/api/v1/submissions", '{"form": "00000000-0000-0000-0000-000000000000", "version": 1e400}'),
    ],
)
def test_hostile_bodies_are_refused(client: Client, url: str, body: str) -> None:
    response = client.post(url, body, content_type="application/json", headers={"Idempotency-Key": "x"})
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    "answers",
    [
        '{"opis": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"opis": "a\\u0000b"}',
        '{"obwod": NaN}',
        '{"obwod": "1e999999999"}',
        '{"adres": {"street": ["x"]}}',
        '{"powody": [{"a": 1}]}',
        '{"kto": {"first_name": {}, "last_name": []}}',
        '{"pesel": {"pesel": 1}}',
        '{"kiedy": "9999-99-99"}',
        '{"opis": ' + "[" * 500 + "]" * 500 + "}",
        '{"koszt": "' + "9" * 5000 + '", "powody": ["budowa"]}',
    ],
)
def test_hostile_answers_are_refused(client: Client, form_page: Any, answers: str) -> None:
    body = f'{{"form": "{form_page.form_uid}", "version": 1, "answers": {answers}}}'
    response = client.post(
        "/api/v1/submissions", body, content_type="application/json", headers={"Idempotency-Key": "x"}
    )
    assert response.status_code in (400, 422)
    assert response.json()["detail"]


@pytest.mark.parametrize("url", ["/api/v1/cases/status", "/api/v1/submissions"])
def test_a_posted_form_is_no_json(client: Client, url: str) -> None:
    response = client.post(url, {"code": "x"}, headers={"Idempotency-Key": "x"})
    assert response.status_code in (400, 415) and response.json()["detail"]
