"""Forms over the API: what they ask, and one filing per key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cms_pages.models import FormPage
from documents.models import Case, Letter, Receipt
from journal.models import Entry
from tests.factories import documents as documents_factory
from tests.integration.api.conftest import ANSWERS, attached, body_of

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


def test_forms_are_listed_with_the_units_that_take_them(form_page: FormPage, client: Client) -> None:
    [found] = client.get("/api/v1/forms").json()
    assert found == {
        "form": str(form_page.form_uid),
        "version": 1,
        "title": "Wniosek o usunięcie drzewa",
        "service": "udostepnienie-danych",
        "units": ["OR"],
    }


def test_an_unpublished_form_is_neither_listed_nor_taken(form_page: FormPage, client: Client, send: Send) -> None:
    form_page.unpublish()
    assert client.get("/api/v1/forms").json() == []
    assert client.get(f"/api/v1/forms/{form_page.form_uid}").status_code == 404
    assert send(body_of(form_page)).status_code == 404


def test_the_schema_is_made_of_the_registry_of_kinds(form_page: FormPage, client: Client) -> None:
    found = client.get(f"/api/v1/forms/{form_page.form_uid}").json()
    schema = found["answers"]
    assert set(ANSWERS) <= set(schema["properties"])
    assert "pliki" not in schema["properties"] and "objasnienie" not in schema["properties"]
    assert "koszt" in schema["properties"] and "koszt" not in schema["required"]  # asked on a condition only
    assert "kto" in schema["required"] and "tel" not in schema["required"]
    assert found["checksum"] == form_page.current_version.checksum


def test_a_guest_files_and_gets_what_proves_it(form_page: FormPage, send: Send) -> None:
    response = send(body_of(form_page, attachments={"pliki": [attached()]}))
    assert response.status_code == 201, response.content
    found = response.json()
    letter, receipt, case = Letter.objects.get(), Receipt.objects.get(), Case.objects.get()
    assert found["receipt_number"] == receipt.number
    assert found["tracking_code"] == case.tracking_code
    assert found["register_number"] == letter.register_number
    assert found["unit"] == "OR"
    assert found["document_sha256"] == receipt.document_sha256
    assert {row["field"] for row in letter.answers} == {*ANSWERS, "zgoda", "pliki"}
    assert letter.attachment_count == 1


def test_the_code_and_the_factor_filed_open_the_state(form_page: FormPage, send: Send, client: Client) -> None:
    code = send(body_of(form_page)).json()["tracking_code"]
    asked = {"code": code.lower(), "factor": "Ola@example.org"}
    response = client.post("/api/v1/cases/status", asked, content_type="application/json")
    assert response.status_code == 200
    assert response.json()["unit"] == "Wydział Organizacyjny"
    wrong = client.post("/api/v1/cases/status", {**asked, "factor": "x@example.org"}, content_type="application/json")
    unknown = client.post("/api/v1/cases/status", {**asked, "code": "AAAA"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 404


def test_the_same_key_and_body_are_one_filing(form_page: FormPage, send: Send) -> None:
    body = body_of(form_page, attachments={"pliki": [attached()]})
    first = send(body)
    entries = Entry.objects.count()
    second = send(body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Entry.objects.count() == entries
    assert Letter.objects.count() == 1


def test_the_same_key_gives_its_result_after_the_form_was_published_anew(form_page: FormPage, send: Send) -> None:
    first = send(body_of(form_page))
    form_page.title = "Wniosek o wycięcie drzewa"
    form_page.save_revision().publish()
    assert form_page.current_version.number == 2
    again = send(body_of(form_page))
    assert (again.status_code, again.json()) == (200, first.json())
    stale = send(body_of(form_page), key="klucz-2")
    assert stale.status_code == 422
    assert "2" in stale.json()["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"answers": {"opis": "Inne drzewo."}},
        {"attachments": {"pliki": [attached()]}},
    ],
)
def test_the_same_key_with_another_body_is_refused(form_page: FormPage, send: Send, changes: dict[str, Any]) -> None:
    assert send(body_of(form_page)).status_code == 201
    assert send(body_of(form_page, **changes)).status_code == 409
    assert Letter.objects.count() == 1


def test_another_key_is_another_filing(form_page: FormPage, send: Send) -> None:
    assert [send(body_of(form_page), key=key).status_code for key in ("a", "b", "x" * 255)] == [201] * 3
    assert Letter.objects.count() == 3


@pytest.mark.parametrize("key", [None, "", "x" * 256])
def test_a_key_is_asked_for(form_page: FormPage, send: Send, key: str | None) -> None:
    assert send(body_of(form_page), key=key).status_code == 422
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"mail": "nie-adres"}, "mail"),
        ({"kto": "Ola"}, "kto"),
        ({"pesel": {"pesel": "01610100011"}}, "pesel"),
        ({"opis": None}, "opis"),
        ({"zgoda": True}, "zgoda"),
        ({"zgoda": None}, "zgoda"),
        ({"obcy": "x"}, "obcy"),
        ({"obwod": ["1"]}, "obwod"),
        ({"objasnienie": "x"}, "objasnienie"),
        ({"powody": {"a": "b"}}, "powody"),
        ({"gatunek": "sosna"}, "gatunek"),
    ],
)
def test_wrong_answers_are_named_by_field_in_polish(form_page: FormPage, send: Send, answers: Any, field: str) -> None:
    response = send(body_of(form_page, answers=answers))
    assert response.status_code == 422
    assert set(response.json()["fields"]) == {field}
    assert not Letter.objects.exists()


def test_a_digest_in_an_answer_does_not_open_a_strangers_file(form_page: FormPage, send: Send) -> None:
    secret = documents_factory.attachment("Zaświadczenie kogoś innego.\n".encode())
    stolen = [{"sha256": secret.blob_sha256, "name": "x.txt", "size": secret.size, "type": secret.media_type}]
    response = send(body_of(form_page, answers={"pliki": stolen}))
    assert response.status_code == 422
    assert set(response.json()["fields"]) == {"pliki"}


@pytest.mark.parametrize(
    "attachments",
    [
        {"pliki": [{"name": "a.txt", "content": "###"}]},
        {"pliki": [attached(b"MZ\x90\x00" + b"\0" * 200, "a.txt")]},
        {"pliki": [attached(name=f"{n}.txt") for n in range(4)]},
        {"opis": [attached()]},
        {"pliki": [attached(b"", "a.txt")]},
    ],
)
def test_files_that_do_not_fit_are_named(form_page: FormPage, send: Send, attachments: Any) -> None:
    response = send(body_of(form_page, attachments=attachments))
    assert response.status_code == 422
    assert set(response.json()["fields"]) == set(attachments)
    assert not Letter.objects.exists()


def test_a_unit_that_does_not_offer_the_service_is_refused(form_page: FormPage, send: Send) -> None:
    assert send(body_of(form_page, unit="SP-1")).status_code == 422
    assert send(body_of(form_page, unit="")).status_code == 201  # there is one only


def test_a_request_over_the_limit_is_told_so(form_page: FormPage, send: Send) -> None:
    response = send(body_of(form_page, attachments={"pliki": [attached(b"a" * 5_000_000)]}))
    assert response.status_code == 413
