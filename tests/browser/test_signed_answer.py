"""A call for a signature: the citizen answers with a signed file, the clerk reads what the check found and decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from documents import files
from documents.models import DocumentVersion
from documents.proof.xades import sign_enveloped
from journal.keyring import Keyring
from people.access import access_of
from people.models import User
from tests.browser.conftest import City, work_off
from tests.browser.test_account_journey import do
from tests.factories import documents as filings
from tests.factories import people
from workflow import intake
from workflow.models import ServiceVersion, SupplementRequest
from workflow.services import assignment, supplements

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
FOUND = {"who": "Ola Przykładowa", "certificate": "Wystawca Testowy CA, 4f2a", "when": "2026-11-25T10:05:00+00:00"}


def called(city: City, citizen: User) -> SupplementRequest:
    """A weak filing of the citizen, and the clerk's call for a signature under it."""
    office = city.office
    ServiceVersion.objects.filter(service__code="udostepnienie-danych").update(assurance=40)
    fields = {"service_code": "udostepnienie-danych", "owner_id": citizen.pk, "attachments": ()}
    case = intake.receive(access_of(citizen), filings.filing(office.unit, **fields)).case
    assignment.assign(office.access("head"), case=case, to_user=office.clerk)
    assignment.register_case(office.access("clerk"), case=case)
    items = [{"label": "Podpis pod wnioskiem", "kind": "signature"}, {"label": "Numer działki"}]
    call = supplements.request_supplement(
        office.access("clerk"), case=case, items=items, days=7, reason="Wniosek nie jest podpisany."
    )
    work_off()
    return call


def test_a_signed_answer_is_checked_and_the_clerk_decides_on_an_unknown_issuer(
    city: City, sign_in: Callable[[User], Page], look: Callable[..., None], tmp_path: Path
) -> None:
    person = people.citizen(email="ola@example.org").user
    call = called(city, person)
    case = call.case
    mine = f"{city.url}/moje-sprawy/{case.pk}/"

    citizen = sign_in(person)
    citizen.goto(mine)
    citizen.get_by_role("button", name="Potwierdzam odbiór").click()
    work_off()
    citizen.goto(mine)
    expect(citizen.get_by_label("Podpis pod wnioskiem")).to_be_visible()
    look(citizen, "signed-answer-0-signature-asked")
    citizen.get_by_role("button", name="Wyślij odpowiedź").click()
    look(citizen, "signed-answer-1-signature-missing")
    filed = DocumentVersion.objects.get(document__letter__case=case, document__kind="filed")
    signed = sign_enveloped(
        files.read_blob(filed.blob), Keyring(tmp_path / "keys").person(3, "Ola Przykładowa", "", "")
    )
    upload = {"name": "wniosek-podpisany.xml", "mimeType": "application/xml", "buffer": signed}
    citizen.set_input_files("main input[type=file]", upload)  # type: ignore[arg-type]  # a dict of the three
    citizen.get_by_label("Numer działki").fill("712/4")
    citizen.get_by_role("button", name="Wyślij odpowiedź").click()
    expect(citizen.get_by_text("Sprawdzamy podpis").first).to_be_visible()
    look(citizen, "signed-answer-2-signature-being-checked")

    clerk = sign_in(city.office.clerk)
    page = f"{city.url}/admin/biurko/sprawa/{case.pk}/"
    clerk.goto(page)
    look(clerk, "signed-answer-3-clerk-being-checked")
    work_off()
    clerk.reload()
    expect(clerk.get_by_text("wystawca niezweryfikowany").first).to_be_visible()
    look(clerk, "signed-answer-4-clerk-unverified")
    do(clerk, "accept_signature", reason="Wystawca jest na liście zaufanych (TSL), sprawdzono dziś.")
    expect(clerk.get_by_text("wystawca uznany przez referenta").first).to_be_visible()
    expect(clerk.get_by_text("sprawdzono dziś").first).to_be_visible()
    look(clerk, "signed-answer-5-clerk-accepted")
    work_off()
    citizen.goto(mine)
    expect(citizen.get_by_text(re.compile("Urząd uznał podpis")).first).to_be_visible()
    look(citizen, "signed-answer-6-timeline")

    # The other results, as the check writes them.
    valid = {"state": "valid", "file": "wniosek.pdf", "reasons": [], **FOUND}
    broken = {"state": "invalid", "file": "skan-bardzo-długa-nazwa-pliku-od-wnioskodawcy-wersja-ostateczna.pdf",
              "reasons": ["W pliku nie ma podpisu."], "who": "", "certificate": "", "when": ""}  # fmt: skip
    call.refresh_from_db()
    call.signatures = {"accepted": True, "files": [valid, broken]}
    call.save(update_fields=["signatures"])
    clerk.goto(page)
    expect(clerk.get_by_text("Podpis zweryfikowany").first).to_be_visible()
    expect(clerk.get_by_text("W pliku nie ma podpisu.").first).to_be_visible()
    look(clerk, "signed-answer-7-clerk-valid-and-invalid")
