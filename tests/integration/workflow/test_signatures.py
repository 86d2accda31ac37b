"""Only a good signature over what was filed, or an answer with the assurance asked for, clears the mark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from documents import files
from documents.filing import Attachment
from documents.models import Case, DocumentVersion
from documents.proof.pades import sign_pdf
from documents.proof.xades import sign_enveloped
from journal import keyring
from journal.errors import NotAllowed, NotFound, Refused
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


def answered(
    town: Office, call: SupplementRequest, data: bytes, media_type: str = "application/xml"
) -> SupplementRequest:
    blob = files.store(data, media_type=media_type)
    sent = Attachment(blob.pk, "wniosek." + media_type.rpartition("/")[2], blob.media_type, blob.size)
    intake.receive(GUEST, filings.filing(town.unit, answers_request_id=call.pk, attachments=(sent,)))
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


def test_the_readable_form_of_the_filing_may_be_what_is_signed(town: Office) -> None:
    call = called(town)
    run_waiting()
    shown = DocumentVersion.objects.get(document__letter__case=call.case, document__kind="filed_pdf")
    signer = keyring.person(town.clerk.pk, "Ola Przykładowa", "", "")
    pdf = sign_pdf(files.read_blob(shown.blob), signer, reason="", location="", field_name="P", visible=False)
    answered(town, call, pdf, media_type="application/pdf")
    run_waiting()
    call.refresh_from_db()
    assert call.signatures["accepted"] and not missing(call), call.signatures


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


def judged(town: Office, sign: Callable[[bytes], bytes]) -> SupplementRequest:
    """A call whose answer holds what `sign` makes of the filed document, judged."""
    call = called(town)
    answered(town, call, sign(filed_of(call.case)))
    run_waiting()
    call.refresh_from_db()
    return call


def unverified(town: Office, folder: Path) -> SupplementRequest:
    return judged(town, lambda filed: sign_enveloped(filed, stranger(folder)))


def press(town: Office, client: Client, call: SupplementRequest, **typed: str) -> tuple[int, str]:
    client.force_login(town.clerk)
    data = {"request_id": str(call.pk), "signature": "0", "reason": "Sprawdzono na liście TSL.", **typed}
    answer = client.post(
        reverse("desk:deed", args=[call.case_id, "accept_signature"]),
        {f"accept_signature-{name}": text for name, text in data.items()},
        follow=True,
    )
    return answer.status_code, answer.content.decode()


def test_the_clerk_accepts_a_good_signature_of_an_unknown_issuer_and_says_why(
    town: Office, tmp_path: Path, client: Client
) -> None:
    call = unverified(town, tmp_path)
    client.force_login(town.clerk)
    shown = client.get(reverse("desk:case", args=[call.case_id])).content.decode()
    assert "Uznaj podpis" in shown and "Obcy Podpisujący" in shown
    status, _again = press(town, client, call, reason="  ")
    assert status == 422 and missing(call)
    status, page = press(town, client, call)
    assert status == 200 and "Sprawdzono na liście TSL." in page and not missing(call)
    call.refresh_from_db()
    assert call.signatures["accepted"] and call.signatures["files"][0]["state"] == "unverified"
    entry = Entry.objects.get(action="supplement.signature_accepted")
    assert entry.user_id == town.clerk.pk
    assert "TSL" not in str(entry.data) and "TSL" in entry.detail.text, "a reason can be erased later"
    assert f"/{call.case_id}/accept_signature/" not in page, "what is accepted is not offered again"
    with pytest.raises(Refused):
        supplements.accept_signature(town.access("clerk"), request=call, file=0, reason="jeszcze raz")


@pytest.mark.parametrize("how", ["unsigned", "other"])
def test_an_invalid_signature_is_never_accepted(town: Office, client: Client, how: str, tmp_path: Path) -> None:
    call = judged(town, lambda filed: filed if how == "unsigned" else sign_enveloped(b"<p/>", stranger(tmp_path)))
    client.force_login(town.clerk)
    assert "accept_signature" not in client.get(reverse("desk:case", args=[call.case_id])).content.decode()
    status, _page = press(town, client, call)
    assert status == 422 and missing(call)
    with pytest.raises(Refused):
        supplements.accept_signature(town.access("clerk"), request=call, file=0, reason="bo tak")
    assert missing(call) and not Entry.objects.filter(action="supplement.signature_accepted").exists()


def test_only_who_handles_the_case_accepts(town: Office, tmp_path: Path) -> None:
    call = unverified(town, tmp_path)
    with pytest.raises((NotAllowed, NotFound)):
        supplements.accept_signature(town.access("registry"), request=call, file=0, reason="bo tak")
    with pytest.raises(NotFound):
        supplements.accept_signature(GUEST, request=call, file=0, reason="bo tak")
    assert missing(call)
