"""The pages of the keeping: checking a receipt, its files, the registers, the case action log."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents import files, guests, metryka, registers
from documents.models import Case, DocumentVersion, Receipt
from documents.services import cases
from journal.jobs import run_waiting
from people.access import SYSTEM, access_of
from people.models import Role
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db
CHECK = "/sprawdz-poswiadczenie/"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def town() -> dict[str, Any]:
    town = people.town(schools=1)
    make.plan_of(town["UM"])
    return town


@pytest.fixture
def receipt(town: dict[str, Any]) -> Receipt:
    receipt = make.file(town["OR"])[2]
    run_waiting()
    receipt.refresh_from_db()
    return receipt


def _document(receipt: Receipt) -> bytes:
    return files.read_blob(DocumentVersion.objects.get(document=receipt.document).blob)


def test_the_qr_code_leads_to_a_confirmed_receipt(receipt: Receipt) -> None:
    response = Client().get(CHECK, {"numer": receipt.number, "skrot": receipt.document_sha256})
    outcome = response.context["outcome"]
    assert outcome.valid and outcome.issuer == "Urząd Miasta" and outcome.is_demo
    assert receipt.number in response.content.decode()
    assert "Ola" not in response.content.decode()


def test_a_document_is_compared(receipt: Receipt) -> None:
    client = Client()
    good = SimpleUploadedFile("pismo.xml", _document(receipt))
    assert client.post(CHECK, {"number": receipt.number, "document": good}).context["outcome"].valid
    changed = SimpleUploadedFile("pismo.xml", _document(receipt) + b"\n")
    outcome = client.post(CHECK, {"number": receipt.number, "document": changed}).context["outcome"]
    assert not outcome.valid and outcome.happened_at is None
    assert not client.post(CHECK, {"number": "UPP-XX-1", "digest": "a" * 64}).context["outcome"].valid


def test_a_changed_receipt_is_found_out(receipt: Receipt) -> None:
    xml = files.read_blob(receipt.xml).replace(b"Ola Przyk", b"Ala Przyk")
    blob = files.store(xml, media_type="application/xml")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE documents_receipt DISABLE TRIGGER keep_facts")
        cursor.execute("UPDATE documents_receipt SET xml_id = %s", [blob.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE documents_receipt ENABLE TRIGGER keep_facts")
    outcome = Client().get(CHECK, {"numer": receipt.number, "skrot": receipt.document_sha256}).context["outcome"]
    assert not outcome.valid and outcome.reasons
    with files.local(blob) as path:
        path.unlink()
    outcome = Client().get(CHECK, {"numer": receipt.number, "skrot": receipt.document_sha256}).context["outcome"]
    assert not outcome.valid and outcome.reasons


@pytest.mark.parametrize("given", [{}, {"number": ""}, {"number": "UPP-1"}, {"number": "UPP-1", "digest": "zz"},
                                   {"number": "\0", "digest": "a" * 64}, {"number": "<b>", "digest": "x" * 200}])
def test_wrong_input_gets_a_sentence(given: dict[str, str]) -> None:
    response = Client().post(CHECK, given)
    assert response.status_code == 422 and response.context["form"].errors


def test_checks_are_limited(receipt: Receipt) -> None:
    client = Client()
    codes = [client.post(CHECK, {"number": "UPP-1", "digest": "a" * 64}).status_code for _n in range(21)]
    assert codes[:20] == [200] * 20 and codes[20] == 429


def test_an_unsigned_receipt_says_so(town: dict[str, Any]) -> None:
    receipt = make.file(town["OR"])[2]
    outcome = Client().get(CHECK, {"numer": receipt.number, "skrot": receipt.document_sha256}).context["outcome"]
    assert outcome.waiting and not outcome.valid
    url = reverse("documents:receipt_file", args=[receipt.number, "xml"])
    assert signed_in(people.member(town["OR"], Role.CLERK)).get(url).status_code == 404


def test_receipt_files_for_its_own_people_only(receipt: Receipt, town: dict[str, Any], rf: Any) -> None:
    urls = [reverse("documents:receipt_file", args=[receipt.number, form]) for form in ("xml", "pdf")]
    staff, foreign = people.member(town["OR"], Role.REGISTRY), people.member(town["FN"], Role.CLERK)
    assert [signed_in(staff).get(url).status_code for url in urls] == [200, 200]
    assert [signed_in(foreign).get(url).status_code for url in urls] == [404, 404]
    guest = Client()
    assert [guest.get(url).status_code for url in urls] == [404, 404]
    request = rf.get("/")
    request.session = guest.session
    guests.remember(request, receipt.case)
    request.session.save()
    guest.cookies["session" if "session" in guest.cookies else "sessionid"] = request.session.session_key
    assert [guest.get(url).status_code for url in urls] == [200, 200]
    assert guest.get("/poswiadczenia/UPP-UM-1.exe").status_code == 404
    assert guest.get("/poswiadczenia/%00.xml").status_code == 404


BOOK = "/admin/rejestry/ksiega-wplywow/"


def test_the_book_shows_and_exports_what_the_person_may_see(town: dict[str, Any]) -> None:
    make.file(town["OR"], subject='=HYPERLINK("http://zlo.example")')
    make.file(town["OR"], subject="Zwykłe pismo")
    make.file(town["FN"], subject="Obce pismo")
    client = signed_in(people.member(town["OR"], Role.REGISTRY))
    page = client.get(BOOK).content.decode()
    assert "Zwykłe pismo" in page and "Obce pismo" not in page
    choice = {"body": town["UM"].pk, "year": people.today().year}
    assert "Zwykłe pismo" in client.get(BOOK, {**choice, "druk": "1"}).content.decode()
    response = client.get(BOOK, {**choice, "csv": "1"})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 3
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row)
    assert rows[1][3].startswith("'=HYPERLINK")
    assert signed_in(people.member(town["OR"], Role.EDITOR)).get(BOOK).status_code in (302, 403)
    foreign = client.get(BOOK, {"body": town["SP-1"].pk, "year": people.today().year})
    assert "Zwykłe pismo" not in foreign.content.decode()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "|calc"])
def test_formula_cells(cell: str) -> None:
    assert registers.safe_cell(cell).startswith("'")
    assert registers.safe_cell("OR.5343.1.2026") == "OR.5343.1.2026" and registers.safe_cell("") == ""


@pytest.mark.parametrize("url", [BOOK, "/admin/rejestry/wplywajace/", "/admin/sprawy/"])
def test_lists_ask_the_same_number_of_questions_and_count_nothing(url: str, town: dict[str, Any]) -> None:
    user = people.member(town["OR"], Role.HEAD)
    client = signed_in(user)

    def ask() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return [query["sql"] for query in queries]

    make.file(town["OR"])
    ask()
    few = ask()
    for _n in range(7):
        make.file(town["OR"])
    many = ask()
    assert len(few) == len(many)
    assert not [sql for sql in many if "COUNT(" in sql and "LIMIT" not in sql]


def test_one_letter_with_its_files(town: dict[str, Any]) -> None:
    _case, letter, _receipt = make.file(town["OR"])
    run_waiting()
    url = reverse("incoming_letters:inspect", args=[letter.pk])
    page = signed_in(people.member(town["OR"], Role.REGISTRY)).get(url)
    assert page.status_code == 200 and "Cel zaświadczenia" in page.content.decode()
    assert signed_in(people.member(town["FN"], Role.REGISTRY)).get(url).status_code == 404


def test_the_case_action_log(town: dict[str, Any]) -> None:
    case: Case = make.file(town["OR"])[0]
    clerk = people.member(town["OR"], Role.CLERK, people.staff(post="Inspektor"))
    cases.register(access_of(clerk), case=case, class_symbol="5343")
    cases.seal(SYSTEM, case=case, readers=[clerk], reason="x")
    case.refresh_from_db()
    rows = metryka.rows(case)
    assert [row.number for row in rows] == [1, 2, 3, 4]
    registered = rows[2]
    assert (registered.person, registered.post) == (str(clerk), "Inspektor")
    assert case.reference in registered.action
    assert metryka.render_log(case).startswith(b"%PDF-")
    page = signed_in(clerk).get(reverse("case_metryka", args=[case.pk]))
    assert page.status_code == 200 and "Inspektor" in page.content.decode()
    assert signed_in(clerk).get(reverse("case_metryka_pdf", args=[case.pk])).status_code == 200
    other = signed_in(people.member(town["OR"], Role.CLERK))
    assert other.get(reverse("case_metryka", args=[case.pk])).status_code == 404
