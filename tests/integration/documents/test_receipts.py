"""Receipts end to end: promised in the transaction, signed by the job, believed by judges that are not ours."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from documents import files
from documents.models import DocumentVersion, Receipt
from documents.proof.verify import verify_files, verify_receipt
from documents.services import receipts
from journal import keyring
from journal.jobs import run_waiting
from journal.models import Entry
from people.models import Unit
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return people.town(schools=0)["OR"]


@pytest.fixture
def signed(unit: Unit) -> Receipt:
    _case, _letter, receipt = make.file(unit)
    run_waiting()
    receipt.refresh_from_db()
    return receipt


def test_the_receipt_attests_the_exact_filed_document(signed: Receipt) -> None:
    filed = DocumentVersion.objects.get(document=signed.document)
    document = files.read_blob(filed.blob)
    assert hashlib.sha256(document).hexdigest() == signed.document_sha256
    assert b"szko\xc5\x82a" in document
    anchors = keyring.trust_anchors()
    verdict = verify_receipt(files.read_blob(signed.xml), anchors=anchors, document=document)
    assert verdict.valid, verdict.reasons
    assert verdict.receipt.receipt_id == signed.number
    assert verdict.receipt.sender.identifier == "01610100010"
    both = verify_files([("a.xml", files.read_blob(signed.xml)), ("a.pdf", files.read_blob(signed.pdf))],
                        anchors=anchors, document=document)
    assert [v.reasons for _name, v in both] == [(), ()]
    changed = verify_receipt(files.read_blob(signed.xml), anchors=anchors, document=document + b" ")
    assert not changed.valid


@pytest.mark.servers("xmlsec1", "pdfsig")
def test_other_judges_agree(signed: Receipt, tmp_path: Path) -> None:
    xml, pdf, ca = tmp_path / "upp.xml", tmp_path / "upp.pdf", tmp_path / "ca.pem"
    xml.write_bytes(files.read_blob(signed.xml))
    pdf.write_bytes(files.read_blob(signed.pdf))
    from cryptography.hazmat.primitives.serialization import Encoding

    ca.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in keyring.trust_anchors()))
    said = subprocess.run(["xmlsec1", "--verify", "--id-attr:Id", "SignedProperties", "--id-attr:Id", "KeyInfo",
                           "--trusted-pem", str(ca), str(xml)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    said = subprocess.run(["pdfsig", "-nocert", str(pdf)], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in said.stdout, said.stdout


def test_signing_twice_changes_nothing(signed: Receipt) -> None:
    before = (signed.xml_id, signed.pdf_id, signed.signed_at)
    receipts.sign_receipt(receipt_id=signed.pk)
    signed.refresh_from_db()
    assert (signed.xml_id, signed.pdf_id, signed.signed_at) == before
    assert Entry.objects.filter(action="receipt.signed", object_id=str(signed.pk)).count() == 1


def test_a_rolled_back_filing_leaves_no_row_no_job_no_number(unit: Unit) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        make.file(unit)
        raise Undone
    assert not Receipt.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    _case, letter, receipt = make.file(unit)
    assert letter.number == 1
    assert receipt.number.endswith("-1")
    assert receipts.oldest_unsigned_age() > 0


def test_filing_in_a_readable_form_and_its_text_for_search(unit: Unit) -> None:
    _case, letter, _receipt = make.file(unit)
    run_waiting()
    pdf = DocumentVersion.objects.get(document__letter=letter, document__kind="filed_pdf")
    assert files.read_blob(pdf.blob).startswith(b"%PDF-")
    filed = DocumentVersion.objects.get(document__letter=letter, document__kind="filed")
    assert "Cel zaświadczenia: szkoła" in filed.pages.get().text
    attached = DocumentVersion.objects.get(document__letter=letter, document__kind="attachment")
    assert attached.reading == "read"
    assert "Zalacznik" in attached.pages.get().text
