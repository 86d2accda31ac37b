"""A form of one page that is sent from that page, without the page that shows all answers."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from cms_pages.forms.build import build_form_page, export_form
from cms_pages.models import Draft, FormPage, Submission
from documents.models import Case, Letter
from tests.factories.workflow import Office
from tests.integration.forms.conftest import card_of, start
from workflow.models import Service

pytestmark = pytest.mark.django_db
SPEC: dict[str, Any] = {"title": {"pl": "Krótki wniosek"}, "review": False, "steps": [{
    "id": "dane", "title": "Wniosek", "sections": [{"id": "s", "fields": [
        {"kind": "person", "id": "kto", "label": "Imię i nazwisko"},
        {"kind": "email", "id": "mail", "label": "E-mail"},
        {"kind": "long_text", "id": "opis", "label": "Treść", "max_length": 2000},
        {"kind": "files", "id": "pliki", "label": "Plik", "extensions": ["txt"], "max_files": 3, "required": False},
    ]}]}]}  # fmt: skip


@pytest.fixture
def short(town: Office) -> FormPage:
    return build_form_page(card_of(Service.objects.get(code="udostepnienie-danych")),
                           Service.objects.get(code="udostepnienie-danych"), SPEC)  # fmt: skip


def typed(**other: Any) -> dict[str, Any]:
    return {"_step": "dane", "_stamp": "0", "_action": "send", "f-kto-first_name": "Ola",
            "f-kto-last_name": "Przykładowa", "f-mail": "ola@example.org", "f-opis": "Proszę o zaświadczenie.",
            "f-pliki": SimpleUploadedFile("a.txt", f"Treść {uuid.uuid4()}".encode(), "text/plain"),
            **other}  # fmt: skip


def test_one_press_files_the_page_with_its_file(client: Client, short: FormPage) -> None:
    page = start(client, short)
    shown = client.get(page).content.decode()
    assert 'value="send"' in shown and "Wyślij do urzędu" in shown and 'value="next"' not in shown
    sent = client.post(page, typed())
    assert sent.status_code == 302 and sent["Location"].startswith("/potwierdzenie/")
    letter = Letter.objects.get()
    assert letter.attachment_count == 1 and {a["field"] for a in letter.answers} == {"kto", "mail", "opis", "pliki"}
    assert not Draft.objects.exists() and client.get(sent["Location"]).status_code == 200
    assert client.get(f"/moje-sprawy/{letter.case_id}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_moment_are_one_case(client: Client, short: FormPage) -> None:
    page, barrier, found = start(client, short), threading.Barrier(4), list[str]()

    def press() -> None:
        other = Client()
        other.cookies.update(client.cookies)
        barrier.wait()
        try:
            found.append(other.post(page, typed())["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1, found
    assert Case.objects.count() == 1 and Submission.objects.count() == 1 and Letter.objects.count() == 1


def test_what_does_not_fit_is_said_and_the_file_is_kept(client: Client, short: FormPage) -> None:
    page = start(client, short)
    answer = client.post(page, typed(**{"f-mail": "ola"}))
    assert answer.status_code == 422 and "a.txt" in answer.content.decode() and not Letter.objects.exists()
    draft = Draft.objects.get()
    assert draft.files["pliki"][0]["name"] == "a.txt" and draft.typed["dane"]["f-opis"] == ["Proszę o zaświadczenie."]
    again = typed(_stamp=str(answer.context["stamp"]))
    del again["f-pliki"]
    assert client.post(page, again)["Location"].startswith("/potwierdzenie/")
    assert Letter.objects.get().attachment_count == 1


def test_while_the_office_takes_nothing_all_is_kept(client: Client, short: FormPage, settings: Any) -> None:
    page = start(client, short)
    settings.OLDEST_PENDING_LIMIT = -1
    answer = client.post(page, typed())
    assert answer.status_code == 409 and "nie może teraz potwierdzać" in answer.content.decode()
    draft = Draft.objects.get()
    assert draft.answers["mail"] == "ola@example.org" and draft.files["pliki"] and not Case.objects.exists()


def test_another_tab_does_not_send_over_what_was_saved(client: Client, short: FormPage) -> None:
    page = start(client, short)
    client.post(page, typed(_action="save", **{"f-opis": "Z pierwszej karty."}))
    answer = client.post(page, typed())
    assert answer.status_code == 409 and answer.context["conflict"] and not Letter.objects.exists()
    assert Draft.objects.get().answers["opis"] == "Z pierwszej karty."


def test_only_one_page_goes_without_the_check(town: Office, short: FormPage) -> None:
    second = {"title": "Druga", "fields": [{"kind": "text", "label": "Coś"}]}
    two = {**SPEC, "slug": "dwie", "steps": [*SPEC["steps"], second]}
    with pytest.raises(ValidationError, match="jednej strony"):
        build_form_page(short.get_parent().specific, short.service, two)
    assert export_form(short.current_version)["review"] is False
