"""What the clerk experiences when a deed comes twice, too late or with the wrong words in it."""

from __future__ import annotations

import io
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser

from documents import files
from documents.models import Case, DocumentVersion, Letter
from documents.reading import reader
from journal.models import Entry
from people.access import GUEST
from people.models import Role, User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.bad_input.conftest import rows, signed_in
from workflow import intake
from workflow.models import Task
from workflow.services import assignment

pytestmark = pytest.mark.django_db


def filed(town: Office) -> Case:
    return intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case


def in_progress(town: Office) -> Case:
    case = filed(town)
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    assignment.register_case(town.access("clerk"), case=case)
    return case


def deed(case: Case, verb: str) -> str:
    return f"/admin/biurko/sprawa/{case.pk}/{verb}/"


def draft(client: Client, case: Case, body: str, subject: str = "Decyzja w sprawie") -> Any:
    return client.post(deed(case, "draft"), {"draft-kind": "decision", "draft-subject": subject, "draft-body": body})


def test_a_deed_done_twice_is_done_once_and_the_second_says_why(town: Office) -> None:
    case, head = filed(town), signed_in(town.head)
    data = {"assign-to_user": town.clerk.pk, "assign-instruction": "proszę załatwić pilnie"}
    assert head.post(deed(case, "assign"), data).status_code == 302
    clerk = signed_in(town.clerk)
    assert clerk.post(deed(case, "register"), {"register-class_symbol": ""}).status_code == 302
    before = rows()
    again = clerk.post(deed(case, "register"), {"register-class_symbol": "5345"})
    shown = again.content.decode()
    assert again.status_code == 422 and 'value="5345"' in shown and rows() == before
    (panel,) = [panel for panel in again.context["panels"] if panel.verb == "register"]
    (why,) = panel.form.non_field_errors()
    assert panel.open and str(why) in shown and re.search("[ąćęłńóśźż]", str(why)), "the reason, in Polish"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_one_wins_and_the_other_keeps_what_was_typed(town: Office) -> None:
    case = in_progress(town)
    second = people.member(town.unit, Role.CLERK)
    reasons = {town.clerk.pk: "Bo pierwszy referent czeka", second.pk: "Bo drugi referent czeka"}
    answers: dict[int, Any] = {}
    barrier = threading.Barrier(2)

    def suspend(client: Client, who: int) -> None:
        barrier.wait()
        try:
            answers[who] = client.post(
                deed(case, "suspend"), {"suspend-article": "art. 97 § 1 pkt 4 k.p.a.", "suspend-reason": reasons[who]}
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=suspend, args=(signed_in(user), user.pk)) for user in (town.clerk, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [302, 422]
    assert Entry.objects.filter(case_id=case.pk, action="case.suspended").count() == 1
    (loser,) = [who for who, answer in answers.items() if answer.status_code == 422]
    shown = answers[loser].content.decode()
    panel = answers[loser].context["panels"][0]
    assert reasons[loser] in shown and panel.form["reason"].value() == reasons[loser]
    assert panel.open and panel.form.non_field_errors()


def test_a_version_that_changed_meanwhile_is_not_approved(town: Office) -> None:
    case, clerk, head = in_progress(town), signed_in(town.clerk), signed_in(town.head)
    assert draft(clerk, case, "Udostępniam dane.").status_code == 302
    letter = Letter.objects.get(direction="out")
    clerk.post(deed(case, "send_for_approval"), {"send_for_approval-letter_id": letter.pk})
    task = Task.objects.get(verb="approve", done_at=None)
    before = rows()
    stale = head.post(deed(case, "approve"), {"approve-task_id": task.pk, "approve-version_id": 999999})
    assert stale.status_code == 422 and "zmieni" in stale.content.decode() and rows() == before
    foreign = head.post(deed(case, "approve"), {"approve-task_id": 999999, "approve-version_id": 1})
    assert foreign.status_code == 404 and rows() == before
    reason = "Proszę poprawić podstawę prawną"
    gone = head.post(deed(case, "return"), {"return-task_id": task.pk, "return-reason": ""})
    assert gone.status_code == 422 and rows() == before
    assert head.post(deed(case, "return"), {"return-task_id": task.pk, "return-reason": reason}).status_code == 302
    late = head.post(deed(case, "return"), {"return-task_id": task.pk, "return-reason": reason + " jeszcze raz"})
    assert late.status_code == 422 and reason + " jeszcze raz" in late.content.decode()


PAPER = "/admin/biurko/nowe-pismo/"


def paper(office: Office, **fields: Any) -> dict[str, Any]:
    return {"unit": office.unit.pk, "service": "pismo-ogolne", "subject": "Skan pisma", "sender_name": "Jan Papierowy",
            "sender_kind": "person", "channel": "paper", "key": "klucz-1", **fields}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_paper_letter_sent_twice_at_once_is_registered_once(town: Office) -> None:
    places: list[str] = []
    barrier = threading.Barrier(3)

    def press(client: Client) -> None:
        barrier.wait()
        try:
            scan = SimpleUploadedFile("skan.txt", b"Tresc pisma")
            places.append(client.post(PAPER, {**paper(town), "files": scan})["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(signed_in(town.registry),)) for _n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 3 and len(set(places)) == 1
    assert Letter.objects.count() == Case.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"letter_date": "2026-02-31"}, "dat"),
        ({"postcode": "4433"}, "00-000"),
        ({"email": "jan(at)x"}, "poprawny adres"),
        ({"subject": ""}, "wymagane"),
        ({"unit": "999999"}, "wyb"),
        ({"service": "nie-ma-takiej"}, "wyb"),
    ],
)
def test_a_wrong_field_at_the_paper_door_keeps_the_rest(town: Office, wrong: dict[str, str], said: str) -> None:
    client = signed_in(town.registry)
    before = rows()
    response = client.post(PAPER, paper(town, remarks="Koperta uszkodzona", **{"town": "Rybnik", **wrong}))
    shown = response.content.decode()
    assert response.status_code == 422 and said in str(response.context["form"].errors).lower()
    assert "Jan Papierowy" in shown and "Koperta uszkodzona" in shown and rows() == before


def test_a_scan_that_is_no_scan_registers_nothing(town: Office) -> None:
    client = signed_in(town.registry)
    before = rows()
    bad = SimpleUploadedFile("skan.pdf", b"<html><body onload=alert(1)>")
    good = SimpleUploadedFile("strona 1.txt", b"Pierwsza strona")
    response = client.post(PAPER, {**paper(town), "files": [bad, good]})
    assert response.status_code == 422 and "strona internetowa" in response.content.decode()
    assert "Jan Papierowy" in response.content.decode() and "strona 1.txt" in response.content.decode()
    response = client.post(PAPER, {**paper(town), "files": [good, bad]})
    assert response.status_code == 422
    after = rows()
    assert {k: v for k, v in after.items() if k != "documents_blob"} == {
        k: v for k, v in before.items() if k != "documents_blob"
    }


@contextmanager
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """A server on this machine that nobody may call: its address and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    line, _peer = server.accept()
                except TimeoutError:
                    continue
                with line:
                    heard.append(line.recv(300))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            stop.set()
            thread.join()


HOSTILE = """<p>Treść decyzji &amp; uzasadnienie</p>
<img src="{url}/img.png"><img src="file:///etc/passwd"><img src="/static/../../../etc/passwd">
<style>@import url("{url}/import.css"); p {{ background: url("{url}/bg.png") }} @font-face {{ font-family: x;
 src: url("{url}/font.woff2") }}</style>
<p style="background: url('{url}/inline.png'); list-style-image: url({url}/li.png)">Akapit</p>
<link rel="attachment" href="file:///etc/passwd"><link rel="attachment" href="{url}/attach"><link rel="stylesheet"
 href="{url}/link.css"><a rel="attachment" href="file:///etc/hostname">plik</a>
<svg xmlns="http://www.w3.org/2000/svg"><use href="{url}/use.svg#a"/><image href="{url}/svg.png"/></svg>
<object data="{url}/object"></object><embed src="{url}/embed"><iframe src="{url}/frame"></iframe>
<input type="image" src="{url}/input.png"><video poster="{url}/poster.png"></video><base href="{url}/">
<meta http-equiv="refresh" content="0;url={url}/meta"><script>fetch("{url}/script")</script>"""


def test_a_letter_fetches_nothing_from_outside_whatever_the_clerk_types(town: Office) -> None:
    case, clerk = in_progress(town), signed_in(town.clerk)
    with canary() as (url, heard):
        hostile = HOSTILE.format(url=url)
        response = draft(clerk, case, hostile, subject=f'Decyzja <img src="{url}/subject.png">')
        assert response.status_code == 302
        letter = Letter.objects.get(direction="out")
        revised = {"revise-letter_id": letter.pk, "revise-subject": "Decyzja", "revise-body": hostile + "<p>Dwa</p>"}
        assert clerk.post(deed(case, "revise"), revised).status_code == 302
        assert clerk.get(f"/admin/biurko/sprawa/{case.pk}/").status_code == 200
    assert heard == []
    versions = list(DocumentVersion.objects.filter(document__letter=letter).order_by("number"))
    assert len(versions) == 2
    for version in versions:
        data = files.read_blob(version.blob_id)
        with pikepdf.open(io.BytesIO(data)) as pdf:
            assert not pdf.attachments and not any("/AA" in page or "/Annots" in page for page in pdf.pages)
            assert "/OpenAction" not in pdf.Root and "/Names" not in pdf.Root or "/JavaScript" not in pdf.Root.Names
        with files.local(version.blob_id) as path:
            text = " ".join(reader.read(path, "application/pdf").pages)
        assert "Treść decyzji" in text and "root:" not in text


def test_the_login_that_ended_does_nothing_and_leads_back(town: Office) -> None:
    case = filed(town)
    head = signed_in(town.head)
    before = rows()
    del head.cookies["sessionid"]
    response = head.post(deed(case, "assign"), {"assign-to_user": town.clerk.pk})
    assert response.status_code == 302 and response["Location"].startswith("/konto/login/?next=")
    assert rows() == before


@pytest.mark.browser
@pytest.mark.servers("chromium")
@pytest.mark.django_db(transaction=True)
def test_what_was_typed_before_the_login_ended_is_put_back_for_the_same_person(
    town: Office, live_server: Any, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    case = in_progress(town)
    context = browser.new_context(**browser_context_args)
    page = context.new_page()

    def sign_in(user: User) -> None:
        page.fill("[name=login]", user.email)
        page.fill("[name=password]", people.PASSWORD)
        page.click("main form button[type=submit]")

    def type_and_send() -> None:
        page.fill("[name='suspend-reason']", "Czekamy na opinię biegłego <b>geologa</b>")
        context.clear_cookies(name="sessionid")
        page.locator(f"form[action='{deed(case, 'suspend')}'] button[type=submit]").click()
        page.wait_for_url("**/konto/login/**")

    page.goto(f"{live_server.url}/admin/biurko/sprawa/{case.pk}/?czyn=suspend")
    sign_in(town.clerk)
    page.wait_for_selector("[name='suspend-reason']")
    type_and_send()
    sign_in(town.clerk)
    page.wait_for_url("**czyn=suspend")
    assert page.input_value("[name='suspend-reason']") == "Czekamy na opinię biegłego <b>geologa</b>"
    assert "Przywróciliśmy to" in page.inner_text(f"form[action='{deed(case, 'suspend')}']")
    assert not Entry.objects.filter(action="case.suspended").exists()
    type_and_send()
    sign_in(town.head)  # somebody else at the same desk
    page.wait_for_selector("[name='suspend-reason']", state="attached")
    assert page.input_value("[name='suspend-reason']") == ""
    context.close()


def test_a_foreign_case_is_the_same_404_as_an_absent_one_for_every_deed(town: Office) -> None:
    case = in_progress(town)
    stranger = signed_in(people.member(town.units["SP-1"], Role.HEAD))
    before = rows()
    for verb in ("assign", "register", "draft", "approve", "close", "suspend", "bzdura"):
        answers = [stranger.post(f"/admin/biurko/sprawa/{pk}/{verb}/", {}) for pk in (case.pk, 99999999)]
        assert [answer.status_code for answer in answers] == [404, 404], verb
        assert answers[0].content == answers[1].content
    assert stranger.get(f"/admin/biurko/sprawa/{case.pk}/").status_code == 404
    assert signed_in(town.clerk).post(deed(case, "bzdura"), {}).status_code == 404
    assert rows() == before
