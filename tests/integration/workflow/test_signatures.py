"""Only a good signature over what was filed, or an answer with the assurance asked for, clears the mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import files
from documents.filing import Attachment
from documents.models import Case, DocumentVersion
from documents.proof.xades import sign_enveloped
from journal import keyring
from journal.jobs import run_waiting
from journal.keyring import Keyring, Signer
from journal.models import Entry
from people.access import GUEST
from tests.factories import documents as filings
from tests.factories.workflow import Office
from workflow import intake, states
from workflow.models import Process, ServiceVersion, SupplementRequest
from workflow.services import assignment, supplements

pytestmark = pytest.mark.django_db


def called(town: Office) -> SupplementRequest:
    ServiceVersion.objects.filter(service__code="udostepnienie-danych").update(assurance=40)
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    items = [{"label": "podpis", "kind": "signature"}]
    return supplements.request_supplement(town.access("clerk"), case=case, items=items, days=7, reason="brak")


def answered(town: Office, call: SupplementRequest, data: bytes, **fields: int) -> SupplementRequest:
    blob = files.store(data, media_type="application/xml")
    sent = Attachment(blob.pk, "wniosek.xml", blob.media_type, blob.size)
    intake.receive(GUEST, filings.filing(town.unit, answers_request_id=call.pk, attachments=(sent,), **fields))
    call.refresh_from_db()
    return call


def filed_of(case: Case) -> bytes:
    version = DocumentVersion.objects.filter(document__case=case, document__kind="filed").order_by("id")[0]
    return files.read_blob(version.blob)


def missing(call: SupplementRequest) -> bool:
    return Process.objects.get(case=call.case).signature_missing


def stranger(folder: Path) -> Signer:
    return Keyring(folder / "keys").person(3, "Obcy Podpisujący", "", "Gdzie indziej")


def test_a_signed_filing_clears_the_mark_once_it_is_verified(town: Office) -> None:
    call = called(town)
    signer = keyring.person(town.clerk.pk, "Ola Przykładowa", "", "")
    answered(town, call, sign_enveloped(filed_of(call.case), signer))
    assert call.signatures == {"pending": True} and missing(call), "nothing is believed before it is verified"
    run_waiting()
    call.refresh_from_db()
    [found] = call.signatures["files"]
    assert call.signatures["accepted"] and (found["state"], found["who"]) == ("valid", "Ola Przykładowa")
    assert found["certificate"] and found["when"] and not missing(call)
    assert Entry.objects.get(action="supplement.signature_judged").data["accepted"]


@pytest.mark.parametrize("how", ["stranger", "changed", "other", "unsigned"])
def test_anything_else_is_taken_but_leaves_the_mark_and_the_call(how: str, town: Office, tmp_path: Path) -> None:
    call = called(town)
    filed = filed_of(call.case)
    ours = keyring.person(town.clerk.pk, "Ola Przykładowa", "", "")
    data = {
        "stranger": lambda: sign_enveloped(filed, stranger(tmp_path)),
        "changed": lambda: sign_enveloped(filed, ours).replace("szkoła".encode(), "szkołą".encode(), 1),
        "other": lambda: sign_enveloped(b"<pismo>co innego</pismo>", ours),
        "unsigned": lambda: filed,
    }[how]()
    answered(town, call, data)
    run_waiting()
    call.refresh_from_db()
    [found] = call.signatures["files"]
    assert found["state"] == ("unverified" if how == "stranger" else "invalid") and found["reasons"]
    assert call.answer_letter is not None and call.answer_letter.receipts.exists()
    assert missing(call) and not call.signatures["accepted"]
    case = Case.objects.get(pk=call.case_id)
    assert states.offered(case, signature_missing=True)[0] == "request_supplement"


def test_an_answer_with_the_assurance_asked_for_needs_no_file(town: Office) -> None:
    call = called(town)
    intake.receive(GUEST, filings.filing(town.unit, answers_request_id=call.pk, attachments=(), assurance=40))
    assert not missing(call)
