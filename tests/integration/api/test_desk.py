"""A unit's own system works the desk over the API: lists, reads, acts by the desk's own deeds, registers letters."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.models import Case, Letter
from documents.services import cases
from people.access import SYSTEM
from people.models import Role, User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.api import tasks
from workflow.models import Task
from workflow.services import assignment, decisions

pytestmark = pytest.mark.django_db
Token = Callable[[User], dict[str, str]]


@pytest.fixture
def api(client: Client, token_of: Token) -> Callable[..., Any]:
    """Ask as a person: GET without a body, else POST."""
    known: dict[int, dict[str, str]] = {}

    def ask(user: User, path: str, body: Any = None, **headers: str) -> Any:
        if user.pk not in known:
            known[user.pk] = token_of(user)
        given = {**known[user.pk], **headers}
        if body is None:
            return client.get(f"/api/v1{path}", headers=given)
        return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=given)

    return ask


def filed(town: Office, unit: str = "OR") -> Case:
    return intake.receive(SYSTEM, filings.filing(town.units[unit], service_code="pismo-ogolne")).case


def for_approval(town: Office) -> Task:
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    case = assignment.register_case(town.access("clerk"), case=case)
    letter = decisions.draft_letter(town.access("clerk"), case=case, kind="answer", subject="O", body="Tak.")
    return decisions.send_for_approval(town.access("clerk"), letter=letter)


# --- act -------------------------------------------------------------------------------------------------------------


def test_a_case_tells_what_can_be_done_and_each_deed_is_done_by_its_name(town: Office, api: Any) -> None:
    case = filed(town)
    whole = api(town.head, f"/cases/{case.pk}").json()
    deeds = {deed["verb"]: deed for deed in whole["deeds"]}
    assert {"take", "assign", "forward"} <= deeds.keys()
    choices = dict(map(tuple, deeds["assign"]["fields"]["to_user"]["choices"]))
    assert town.clerk.pk in choices
    done = api(town.head, f"/cases/{case.pk}/deeds/assign", {"to_user": town.clerk.pk, "instruction": "proszę"})
    assert done.status_code == 200 and done.json()["case"]["handler"] == town.clerk.email
    registered = api(town.clerk, f"/cases/{case.pk}/deeds/register", {"class_symbol": ""}).json()
    assert registered["case"]["reference"] and "znak" in registered["said"]
    letter = {"kind": "answer", "subject": "Odpowiedź", "body": "Tak."}
    assert api(town.clerk, f"/cases/{case.pk}/deeds/draft", letter).status_code == 200
    whole = api(town.clerk, f"/cases/{case.pk}").json()
    assert [row["subject"] for row in whole["letters"] if row["direction"] == "out"] == ["Odpowiedź"]
    assert whole["letters"][-1]["files"][0]["address"].startswith("/")


def test_what_is_wrong_is_said_by_field_and_nothing_is_done(town: Office, api: Any) -> None:
    case = filed(town)
    answer = api(town.head, f"/cases/{case.pk}/deeds/assign", {"to_user": 999999})
    assert answer.status_code == 422 and "to_user" in answer.json()["fields"]
    assert api(town.head, f"/cases/{case.pk}/deeds/close", {"outcome": "x"}).status_code == 422
    assert api(town.head, f"/cases/{case.pk}/deeds/fly", {}).status_code == 404
    assert Case.objects.get(pk=case.pk).handler is None


def test_of_two_decisions_one_is_made_and_the_other_is_told_by_whom(town: Office, api: Any) -> None:
    task = for_approval(town)
    second = people.member(town.unit, Role.HEAD)
    body = {"task_id": task.pk, "version_id": task.document_version_id}
    address = f"/cases/{task.case_id}/deeds/approve"
    assert api(town.head, address, body).status_code == 200
    late = api(second, address, body)
    assert late.status_code == 409 and str(town.head) in late.json()["detail"]


def test_another_unit_s_case_is_not_there(town: Office, api: Any) -> None:
    other = filed(town, "SP-1")
    sealed = filed(town)
    cases.seal(SYSTEM, case=sealed, readers=[town.clerk], reason="dane wrażliwe")
    for case in (other, sealed):
        assert api(town.head, f"/cases/{case.pk}").status_code == 404
        assert api(town.head, f"/cases/{case.pk}/deeds/assign", {"to_user": town.clerk.pk}).status_code == 404
    assert api(town.clerk, f"/cases/{sealed.pk}").status_code == 200


# --- list ------------------------------------------------------------------------------------------------------------


def test_lists_are_narrowed_and_paged_to_their_end(town: Office, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [filed(town) for _n in range(5)]
    monkeypatch.setattr(tasks, "PAGE", 2)
    seen, after = [], ""
    while True:
        page = api(town.head, f"/tasks?tab=do-dekretacji&verb=assign&unit=OR&after={after}")
        seen += [row["case_id"] for row in page.json()]
        after = page.headers.get("X-Next", "")
        if not after:
            break
    assert sorted(seen) == [case.pk for case in made]
    assert api(town.head, "/tasks?tab=do-dekretacji&unit=FN").json() == []
    assert api(town.head, "/cases?unit=FN").json() == [] and len(api(town.head, "/cases?open=true").json()) == 5


def test_a_list_asks_the_database_as_much_for_many_as_for_few(town: Office, api: Any) -> None:
    counts = []
    api(town.head, "/cases")  # makes the token
    for number in (2, 8):
        for _n in range(number):
            filed(town)
        with CaptureQueriesContext(connection) as queries:
            api(town.head, "/cases")
            api(town.head, "/tasks?tab=do-dekretacji")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- register --------------------------------------------------------------------------------------------------------

LETTER = {"unit": "OR", "subject": "Prośba o naprawę drogi",
          "sender": {"name": "Ola Przykładowa", "postcode": "44-330"},
          "files": [{"name": "skan.txt", "content": base64.b64encode(b"Tresc pisma.\n").decode()}]}  # fmt: skip


def test_a_scanner_registers_a_letter_once_however_often_it_asks(town: Office, api: Any) -> None:
    key = {"Idempotency-Key": "skaner-1"}
    first = api(town.registry, "/letters", LETTER, **key)
    assert first.status_code == 201, first.content
    again = api(town.registry, "/letters", LETTER, **key)
    assert again.status_code == 200 and again.json() == first.json()
    letter = Letter.objects.get(pk=first.json()["letter_id"])
    assert letter.register_number == first.json()["register_number"] and letter.case.unit == town.unit
    assert letter.documents.filter(kind="scan").count() == 1
    changed = api(town.registry, "/letters", {**LETTER, "subject": "Inne"}, **key)
    assert changed.status_code == 409
    assert "tracking_code" not in first.json(), "the party's secret"


def test_a_letter_joins_the_case_that_it_names(town: Office, api: Any) -> None:
    case = filed(town)
    number = case.letters.get().register_number
    answer = api(town.registry, "/letters", {**LETTER, "unit": "", "joins": number},
                 **{"Idempotency-Key": "k2"})  # fmt: skip
    assert answer.status_code == 201 and answer.json()["case_id"] == case.pk
    missing = api(town.registry, "/letters", {**LETTER, "joins": "RPW/999/2020"}, **{"Idempotency-Key": "k3"})
    assert missing.status_code == 404


def test_nothing_is_registered_for_who_may_not_or_with_a_bad_file(town: Office, api: Any) -> None:
    key = {"Idempotency-Key": "k4"}
    before = Letter.objects.count()
    assert api(town.clerk, "/letters", LETTER, **key).status_code == 422
    program = {"name": "faktura.exe", "content": base64.b64encode(b"MZ\x90\x00" * 50).decode()}
    refused = api(town.registry, "/letters", {**LETTER, "files": [program]}, **key)
    assert refused.status_code == 422 and "faktura" in refused.json()["detail"]
    assert api(town.registry, "/letters", {**LETTER, "files": [{"name": "a", "content": "?"}]},
               **key).status_code == 422  # fmt: skip
    assert api(town.registry, "/letters", LETTER).status_code == 422, "no key"
    assert api(town.registry, "/letters", {**LETTER, "sender": {"name": ""}}, **key).status_code == 422
    assert Letter.objects.count() == before
