"""HTML and SVG in every text field and file name: shown as text everywhere, run nowhere."""

from __future__ import annotations

import re
from email.message import Message
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser

from cms_pages.models import FormPage
from documents import files
from documents.models import Case, DocumentVersion, Letter
from documents.reading import reader
from documents.services import documents as keeping
from journal import follow, jobs, seal
from people.access import SYSTEM, access_of
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.bad_input.conftest import signed_in
from tests.integration.forms.conftest import hidden, start
from tests.integration.forms.sample import POSTS
from tests.integration.forms.test_filling import send
from workflow.services import assignment, decisions

ACT = "window.__run=1,alert(1)"
SCRIPT = f"<script>{ACT}</script>"
IMAGE = f"\"'><img src=x onerror={ACT}>"
SVG = f"<svg/onload={ACT}>"
LINK = f'<a href="javascript:{ACT}">tu</a>'
#: As much of it as each field takes.
POST: dict[str, dict[str, Any]] = {
    "dane": {**POSTS["dane"], "f-kto-first_name": f"Ola {SVG}", "f-kto-last_name": IMAGE[:60],
             "f-adres-street": SCRIPT, "f-adres-town": IMAGE},
    "drzewo": {**POSTS["drzewo"], "f-gatunek": "inny", "f-jaki": f"{SCRIPT}{IMAGE}"},
    "koniec": {**POSTS["koniec"], "f-opis": f"</textarea>{SCRIPT}{IMAGE}{SVG}{LINK}"},
}  # fmt: skip
FILE_NAME = f"plan {SVG}{IMAGE}.txt"
PICTURE = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script>
<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:alert(1)"/></foreignObject></svg>"""


class Live(HTMLParser):
    """Finds what of ours would run: an element or attribute that came from a text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") and ACT in (value or ""):
                self.found.append(f"<{tag} {name}>")
            if name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith(
                "javascript:"
            ):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self.rawdata[: self.rawdata.find(data)].rstrip().endswith("<script>") and ACT in data:
            self.found.append("<script>")


def assert_dead(page: str) -> None:
    """Nothing of the payload is markup."""
    for live in (SCRIPT, SVG, "<img src=x", LINK):
        assert live not in page, live
    parser = Live()
    parser.feed(page)
    assert not parser.found


def hear() -> None:
    for _turn in range(3):
        jobs.run_waiting()
        seal.seal_round()
        for name in follow.names():
            follow.run_until_idle(name)


def file_it(client: Client, page: FormPage) -> Case:
    """A whole filing full of markup, over HTTP."""
    url = start(client, page)
    for _n in range(10):
        if "/krok/" not in url:
            break
        sent = hidden(client, url)
        data = {**POST[sent["_step"]], **sent}
        if sent["_step"] == "koniec":
            data["f-pliki"] = SimpleUploadedFile(FILE_NAME, b"Plan dzialki")
        response = client.post(url, data)
        assert response.status_code == 302, response.context["errors"]
        url = response["Location"]
    assert_dead(client.get(url).content.decode())
    where = send(client, url)
    assert_dead(client.get(where).content.decode())
    return Case.objects.get()


def work(office: Office, case: Case) -> Letter:
    """The office answers in the same vein."""
    head, clerk = access_of(office.head), access_of(office.clerk)
    assignment.assign(head, case=case, to_user=office.clerk, instruction=f"proszę {SCRIPT}{SVG}")
    assignment.register_case(clerk, case=case)
    letter = decisions.draft_letter(
        clerk, case=case, kind="decision", subject=f"Decyzja {SVG}", body=f"<p>Tak</p>{SCRIPT}{IMAGE}{SVG}{LINK}"
    )
    task = decisions.send_for_approval(clerk, letter=letter)
    decisions.return_letter(head, task=task, reason=f"Źle {IMAGE}{SCRIPT}")
    return letter


def staff_pages(case: Case) -> list[str]:
    letter = case.letters.get(direction="in")
    return [
        "/admin/", "/admin/biurko/", "/admin/biurko/?tab=do-dekretacji", "/admin/biurko/?tab=czekaja",
        f"/admin/biurko/sprawa/{case.pk}/", "/admin/rejestry/ksiega-wplywow/", "/admin/rejestry/wplywajace/",
        f"/admin/rejestry/wplywajace/inspect/{letter.pk}/", "/admin/sprawy/", "/admin/szukaj/?q=Ola",
        "/admin/szukaj/?q=plan", f"/admin/szukaj/?q=%3Cscript%3E{ACT}%3C/script%3E+Ola",
    ]  # fmt: skip


@pytest.mark.django_db
def test_markup_is_text_on_the_portal_at_the_desk_in_pdf_and_by_mail(
    client: Client, form_page: FormPage, town: Office
) -> None:
    case = file_it(client, form_page)
    hear()
    work(town, case)
    hear()
    for url in (f"/moje-sprawy/{case.pk}/", f"/szukaj/?q={SCRIPT}", f"/sprawdz-sprawe/?kod={SVG}",
                f"/sprawdz-poswiadczenie/?numer={IMAGE}"):  # fmt: skip
        response = client.get(url)
        assert response.status_code == 200, url
        assert_dead(response.content.decode())
    shown = 0
    for who in (town.head, town.clerk, town.registry):
        staff = signed_in(who)
        for url in staff_pages(case):
            response = staff.get(url)
            assert response.status_code in (200, 302, 403, 404), (url, response.status_code)
            if response.status_code == 200:
                assert_dead(response.content.decode())
                shown += "onload" in response.content.decode() or "onerror" in response.content.decode()
    assert shown >= 8, "the payload is on the pages, as text"
    filed = DocumentVersion.objects.get(document__kind="filed_pdf")
    with files.local(filed.blob_id) as path:
        text = "".join(reader.read(path, "application/pdf").pages)
    assert re.sub(r"\s", "", SCRIPT) in re.sub(r"\s", "", text), "in the PDF the text stands as it was typed"
    letter = DocumentVersion.objects.filter(document__letter__direction="out").latest("number")
    with files.local(letter.blob_id) as path:
        text = "".join(reader.read(path, "application/pdf").pages)
    assert "alert" not in text.partition("Tak")[2], "what a clerk types as markup is taken out of the letter"
    assert mail.outbox
    for message in mail.outbox:
        whole: Message = message.message()
        for part in whole.walk():
            if part.get_content_type() == "text/html":
                assert_dead(part.get_payload(decode=True).decode())
        assert "\n" not in message.subject and SCRIPT not in message.subject


@pytest.mark.django_db
def test_files_are_downloads_that_no_browser_opens(client: Client, form_page: FormPage, town: Office) -> None:
    file_it(client, form_page)
    case = Case.objects.get()
    blob = files.store(PICTURE, media_type="image/svg+xml")
    made = keeping.add(
        SYSTEM, case=case, blob=blob, title=f"Rysunek {SVG}", file_name=f"rysunek {SVG}.svg", public=True
    )
    for version in DocumentVersion.objects.filter(document__kind__in=["attachment", "filed"]):
        name = version.file_name
        assert not re.search(r'[<>"\x00-\x1f]', name)
        response = signed_in(town.head).get(f"/pliki/{version.pk}/{name}")
        assert response.status_code == 200, name
        assert response["Content-Disposition"].startswith("attachment;") and "<" not in response["Content-Disposition"]
        assert response["X-Content-Type-Options"] == "nosniff"
        policy = response["Content-Security-Policy"]
        assert "sandbox" in policy and "default-src 'none'" in policy and "script-src" not in policy
    assert client.get(f"/pliki/{made.pk}/x")["Content-Disposition"].startswith("attachment;")
    assert Client().get(f"/pliki/{made.pk}/x").status_code == 404
    citizen = people.citizen()
    assert signed_in(citizen.user).get(f"/pliki/{made.pk}/x").status_code == 404


@pytest.mark.browser
@pytest.mark.servers("chromium")
@pytest.mark.django_db(transaction=True)
def test_in_a_real_browser_nothing_of_it_runs(
    form_page: FormPage, town: Office, live_server: Any, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    client = Client()
    case = file_it(client, form_page)
    hear()
    work(town, case)
    hear()
    ran: list[str] = []

    def visit(cookies: Client, urls: list[str]) -> int:
        context = browser.new_context(**browser_context_args)
        context.add_cookies([
            {"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in cookies.cookies.items()
        ])  # fmt: skip
        page = context.new_page()
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        seen = 0
        for url in urls:
            page.goto(live_server.url + url, wait_until="load")
            for details in page.locator("details").all():
                details.evaluate("d => d.open = true")
            if page.evaluate("window.__run === 1"):
                ran.append(url)
            seen += "onload" in page.inner_text("body") or "onerror" in page.inner_text("body")
        context.close()
        return seen

    seen = visit(client, [f"/moje-sprawy/{case.pk}/", f"/szukaj/?q={SVG}", f"/sprawdz-sprawe/?kod={SVG}"])
    seen += visit(signed_in(town.head), staff_pages(case))
    assert not ran
    assert seen >= 5, "the payload stands on the pages as text"
