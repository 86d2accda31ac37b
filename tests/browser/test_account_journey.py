"""The main job of a citizen with an account and of the office: filed, assigned, supplemented, decided, delivered."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from documents.models import Case, Delivery, Letter
from people.models import User
from tests.browser.conftest import City, work_off
from tests.browser.test_guest_journey import send_form
from tests.factories import people

pytestmark = [pytest.mark.browser, pytest.mark.servers("chromium"), pytest.mark.django_db(transaction=True)]
Look = Callable[..., None]
SignIn = Callable[[User], Page]


def do(page: Page, verb: str, **fields: str) -> None:
    """One deed on the case page: open its panel, fill it in, press its button."""
    form = page.locator(f"form[action$='/{verb}/']").first
    if not form.is_visible():
        form.locator("xpath=..").locator("summary").click()
    for name, text in fields.items():
        field = form.locator(f"[name='{verb}-{name}']")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def open_task(page: Page, city: City, tab: str, case: Case) -> None:
    """From the desk, two clicks to the case."""
    page.goto(f"{city.url}/admin/biurko/?tab={tab}")
    page.get_by_role("link", name=case.title).first.click()
    page.wait_for_url("**/sprawa/**")


def test_from_the_filing_to_the_decision_in_the_citizens_hands(
    city: City, sign_in: SignIn, look: Look, tmp_path: Path
) -> None:
    office = city.office
    citizen = sign_in(people.citizen(email="ola@example.org").user)
    send_form(citizen, city)
    work_off()
    case = Case.objects.get()
    assert case.owner_id is not None

    # The registry sees it in the register of incoming letters, with its number.
    registry = sign_in(office.registry)
    registry.goto(city.url + "/admin/rejestry/wplywajace/")
    expect(registry.get_by_text("RPW/1/").first).to_be_visible()
    look(registry, "40-register")

    # The head assigns it.
    head = sign_in(office.head)
    head.goto(city.url + "/admin/biurko/?tab=do-dekretacji")
    look(head, "41-head-desk")
    open_task(head, city, "do-dekretacji", case)
    look(head, "42-head-case")
    do(head, "assign", to_user=str(office.clerk), instruction="Proszę o załatwienie.")
    expect(head.get_by_text("Zadekretowano").first).to_be_visible()

    # The clerk finds it, registers the case, and misses something.
    clerk = sign_in(office.clerk)
    clerk.goto(city.url + "/admin/biurko/")
    look(clerk, "43-clerk-desk")
    open_task(clerk, city, "moje", case)
    do(clerk, "register")
    case.refresh_from_db()
    assert case.reference and case.reference.startswith("OR.5345.1.")
    expect(clerk.get_by_text(case.reference).first).to_be_visible()
    do(clerk, "request_supplement", missing="plik: Umowa najmu\nOd kiedy mieszkasz pod tym adresem?", days="6",
       reason="Brak dokumentu.")  # fmt: skip
    expect(clerk.get_by_text(re.compile("7 dni")).first).to_be_visible()  # refused: the law gives at least seven days
    assert clerk.input_value("[name=request_supplement-reason]") == "Brak dokumentu."
    look(clerk, "44-clerk-refused")
    do(clerk, "request_supplement", days="7")
    work_off()
    clerk.reload()
    look(clerk, "45-clerk-waiting")

    # The citizen is told, confirms the receipt of the call, and answers with a text and a file.
    citizen.goto(city.url + "/moje-sprawy/")
    look(citizen, "46-my-cases")
    citizen.get_by_role("link", name=re.compile("Pismo do odbioru")).first.click()  # its subject waits for the receipt
    citizen.get_by_role("button", name="Potwierdzam odbiór").click()
    work_off()
    citizen.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    look(citizen, "47-call")
    citizen.get_by_label("Od kiedy mieszkasz pod tym adresem?").fill("Od marca 2019 r.")
    citizen.get_by_role("button", name="Wyślij odpowiedź").click()
    expect(citizen.get_by_label("Od kiedy mieszkasz pod tym adresem?")).to_have_value("Od marca 2019 r.")  # kept
    look(citizen, "48-call-error")
    citizen.set_input_files(
        "main input[type=file]", {"name": "umowa.txt", "mimeType": "text/plain", "buffer": b"Umowa najmu\n"}
    )
    citizen.get_by_role("button", name="Wyślij odpowiedź").click()
    expect(citizen.get_by_text("dotarła do urzędu").first).to_be_visible()
    work_off()
    assert Letter.objects.filter(case=case, direction="in").count() == 2

    # The clerk drafts the decision; the head returns it; it is corrected, approved in that version, and signed.
    open_task(clerk, city, "moje", case)
    do(clerk, "draft", kind="decyzja", subject="Decyzja w sprawie zaświadczenia",
       body="Wydaję zaświadczenie.\n\nUzasadnienie.")  # fmt: skip
    html = Letter.objects.get(subject__startswith="Decyzja").content["html"]
    assert html.count("<p>") == 2, "an empty line parts paragraphs"
    do(clerk, "send_for_approval")
    look(clerk, "49-clerk-sent-for-approval")
    open_task(head, city, "do-akceptacji", case)
    look(head, "50-head-approval")
    do(head, "return", reason="Proszę podać podstawę prawną.")
    open_task(clerk, city, "moje", case)
    expect(clerk.get_by_text("Proszę podać podstawę prawną.").first).to_be_visible()
    do(clerk, "revise", body="Na podstawie art. 217 k.p.a. wydaję zaświadczenie.\n\nUzasadnienie.")
    do(clerk, "send_for_approval")
    open_task(head, city, "do-akceptacji", case)
    do(head, "approve")
    open_task(head, city, "do-podpisu", case)
    look(head, "51-head-signing")
    do(head, "sign")
    expect(head.get_by_text("RPK/").first).to_be_visible()
    work_off()

    # The citizen reads the notice, confirms the receipt, opens the signed letter.
    citizen.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    expect(citizen.get_by_role("heading", name=re.compile("Pismo do odbioru"))).to_be_visible()
    assert "Decyzja w sprawie" not in citizen.locator("main").inner_text(), "its subject waits for the receipt"
    assert citizen.get_by_role("link", name=re.compile("Otwórz pismo.*Decyzja")).count() == 0, "not before the receipt"
    look(citizen, "52-notice")
    citizen.get_by_role("button", name="Potwierdzam odbiór").click()
    work_off()
    citizen.goto(f"{city.url}/moje-sprawy/{case.pk}/")
    with citizen.expect_download() as waiting:
        citizen.get_by_role("link", name=re.compile("Otwórz pismo.*Decyzja")).click()
    letter = tmp_path / "decision.pdf"
    waiting.value.save_as(letter)
    assert letter.read_bytes().startswith(b"%PDF")
    if shutil.which("pdfsig"):
        said = subprocess.run(["pdfsig", str(letter)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in said, said
    assert Delivery.objects.get(letter__subject__startswith="Decyzja").received_at is not None

    # The case is closed, and its story reads in plain Polish on both sides.
    case.refresh_from_db()
    assert case.closed_at is not None
    story = citizen.locator("ol.ob-timeline").inner_text()
    for words in ("RPW/1/", case.reference or "", "uzupełni", "odbi"):
        assert words in story, story
    assert not re.search(r"\w+\.\w+ed\b|_", story), "no codes in the timeline"
    look(citizen, "53-closed")
    clerk.goto(f"{city.url}/admin/biurko/sprawa/{case.pk}/")
    look(clerk, "54-clerk-closed")
    with clerk.expect_download() as waiting:
        clerk.get_by_role("link", name="Drukuj jako PDF").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")
