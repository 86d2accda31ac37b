"""Filling in, from the first page to the receipt; and what people and attackers do on the way."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from cms_pages.forms.build import export_form, stream_data
from cms_pages.models import Draft, FormPage, FormVersion, Submission
from documents.models import Case, DocumentVersion, Letter, Receipt
from journal import jobs
from journal.clock import db_now
from tests.factories import people
from tests.integration.forms.conftest import hidden, start
from tests.integration.forms.sample import POSTS

pytestmark = pytest.mark.django_db

Fill = Callable[..., str]


def send(client: Client, check: str) -> str:
    """Press "send" on the check page; the address of the confirmation."""
    context = client.get(check).context
    response = client.post(check, {"_version": context["draft"].version.number, "_stamp": context["stamp"]})
    assert response.status_code == 302, response.content
    return str(response["Location"])


def test_a_guest_files_and_has_the_receipt_at_once(client: Client, form_page: FormPage, fill: Fill) -> None:
    check = fill(client, form_page)
    shown = client.get(check).content.decode()
    assert "01610100010" in shown and "Drzewo &lt;b&gt;pochylone&lt;/b&gt;" in shown and "Budowa" not in shown
    where = send(client, check)
    assert where.startswith("/potwierdzenie/")
    text = client.get(where).content.decode()
    receipt, letter = Receipt.objects.get(), Letter.objects.get()
    assert receipt.number in text and letter.case.tracking_code in text and letter.register_number in text
    assert re.search(r"\d\d:\d\d:\d\d", text)
    assert "hx-get" in text and ".pdf" not in text
    jobs.run_waiting()
    text = client.get(where + "upo/").content.decode()
    assert f"/poswiadczenia/{receipt.number}.pdf" in text and "hx-get" not in text
    assert client.get(f"/poswiadczenia/{receipt.number}.xml").status_code == 200
    assert letter.correspondent.name == "Ola Przykładowa" and letter.correspondent.pesel == "01610100010"
    assert {a["field"] for a in letter.answers} >= {"kto", "gatunek", "opis"} and not Draft.objects.exists()
    assert len(letter.case.guest_factors) == 2
    assert Client().get(where).status_code == 404
    assert Client().get(f"/poswiadczenia/{receipt.number}.pdf").status_code == 404


def test_a_shared_browser_forgets_what_a_guest_sent(client: Client, form_page: FormPage, fill: Fill) -> None:
    confirmation = send(client, fill(client, form_page))
    assert client.get(confirmation).status_code == 200
    Submission.objects.update(submitted_at=db_now() - dt.timedelta(hours=25))
    assert client.get(confirmation).status_code == 404


def test_an_account_files_with_its_details_filled_in(client: Client, form_page: FormPage, fill: Fill) -> None:
    citizen = people.citizen()
    citizen.pesel, citizen.town, citizen.postcode, citizen.house = "01610100010", "Jastrzębie-Zdrój", "44-330", "5"
    citizen.save()
    client.force_login(citizen.user)
    first = client.get(start(client, form_page)).content.decode()
    assert citizen.user.email in first and "01610100010" in first and "44-330" in first
    where = send(client, fill(client, form_page))
    case = Case.objects.get()
    assert case.owner_id == citizen.user_id and case.process.assurance == citizen.assurance
    assert client.get(where).status_code == 200 and client.get(f"/moje-sprawy/{case.pk}/").status_code == 200


def test_sending_twice_is_one_case(client: Client, form_page: FormPage, fill: Fill) -> None:
    check = fill(client, form_page)
    context = client.get(check).context
    data = {"_version": context["draft"].version.number, "_stamp": context["stamp"]}
    first, second = client.post(check, data), client.post(check, data)
    assert first["Location"] == second["Location"] and Case.objects.count() == 1
    again = {"_step": "dane", "f-mail": "inny@example.org"}
    late = client.post(check.replace("sprawdz/", "krok/1/"), again, follow=True)
    assert "został już wysłany" in late.content.decode() and Letter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_are_one_case(client: Client, form_page: FormPage, fill: Fill) -> None:
    check = fill(client, form_page)
    context = client.get(check).context
    data = {"_version": context["draft"].version.number, "_stamp": context["stamp"]}
    found: list[str] = []
    barrier = threading.Barrier(4)

    def press() -> None:
        other = Client()
        other.cookies.update(client.cookies)
        barrier.wait()
        try:
            found.append(other.post(check, data)["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1, found
    assert Case.objects.count() == 1 and Submission.objects.count() == 1 and Letter.objects.count() == 1


def test_no_page_can_be_skipped_and_nothing_foreign_is_kept(client: Client, form_page: FormPage) -> None:
    first = start(client, form_page)
    assert client.get(first.replace("krok/1", "krok/4"))["Location"] == first
    ahead = {"_step": "koniec", "f-zgoda": "on", "f-opis": "x"}
    assert client.post(first.replace("krok/1", "krok/4"), ahead)["Location"] == first
    assert client.get(first.replace("krok/1", "krok/99"))["Location"] == first
    assert client.get(first.replace("krok/1/", "sprawdz/"))["Location"] == first
    sent = hidden(client, first)
    client.post(first, {**POSTS["dane"], **sent, "f-zgoda": "on", "f-koszt": "1", "unit": "1", "is_staff": "1",
                        "status": "closed", "owner": "1"})  # fmt: skip
    draft = Draft.objects.get()
    assert set(draft.answers) == {"kto", "pesel", "adres", "mail", "tel"} and draft.owner_id is None
    second = first.replace("krok/1", "krok/2")
    client.post(second, {**POSTS["drzewo"], **hidden(client, second), "f-gatunek": "sekwoja", "f-obwod": ["1", "2"]})
    assert "gatunek" not in Draft.objects.get().answers


def test_a_hidden_branch_loses_its_answers(client: Client, form_page: FormPage, fill: Fill) -> None:
    posts = {**POSTS, "drzewo": {**POSTS["drzewo"], "f-powody": ["budowa"]}}
    check = fill(client, form_page, posts)
    assert "1 200,50" in client.get(check).content.decode().replace("\u00a0", " ")
    second = check.replace("sprawdz/", "krok/2/")
    client.post(second, {**POSTS["drzewo"], **hidden(client, second), "_back": "check"})
    assert "koszt" not in Draft.objects.get().answers
    assert "1 200,50" not in client.get(check).content.decode().replace("\u00a0", " ")


def test_nothing_typed_is_lost_when_it_does_not_fit(client: Client, form_page: FormPage) -> None:
    first = start(client, form_page)
    response = client.post(first, {**POSTS["dane"], **hidden(client, first), "f-pesel-number": "123",
                                   "f-kto-first_name": "<svg onload=alert(1)>Ola"})  # fmt: skip
    text = response.content.decode()
    assert response.status_code == 422 and "ob-error-summary" in text and "Błąd: " in text
    assert "<svg onload" not in text and "&lt;svg onload=alert(1)&gt;Ola" in text
    assert 'value="Leśna"' in client.get(first).content.decode()  # also after coming back by the address


def test_files_are_kept_at_once_and_refused_by_content(client: Client, form_page: FormPage) -> None:
    url = start(client, form_page)
    for step in ("dane", "drzewo"):
        url = client.post(url, {**POSTS[step], **hidden(client, url)})["Location"]
    bad = SimpleUploadedFile("zdjecie.png", b"<html><script>alert(1)</script></html>")
    good = SimpleUploadedFile("plan <b>.txt", b"Plan dzialki\n")
    response = client.post(url, {**hidden(client, url), "f-pliki": [good, bad]})
    text = response.content.decode()
    assert response.status_code == 422 and "plan _b_.txt" in text and "strona internetowa" in text
    assert len(Draft.objects.get().files["pliki"]) == 1
    sha = Draft.objects.get().files["pliki"][0]["sha256"]
    client.post(url, {**hidden(client, url), "_action": "files", "rename-pliki": sha, f"rename_{sha}": "mapa.exe"})
    assert Draft.objects.get().files["pliki"][0]["name"].endswith(".txt")
    check = client.post(url, {**POSTS["koniec"], **hidden(client, url)})["Location"]
    send(client, check)
    assert DocumentVersion.objects.filter(blob_id=sha, document__letter__isnull=False).exists()
    assert Letter.objects.get().attachment_count == 1


def test_login_that_ended_loses_nothing_and_shows_nothing(client: Client, form_page: FormPage) -> None:
    citizen = people.citizen()
    client.force_login(citizen.user)
    first = start(client, form_page)
    sent = hidden(client, first)
    del client.cookies["sessionid"]
    response = client.post(first, {**POSTS["dane"], **sent})
    assert response.status_code == 302 and response["Location"].startswith("/konto/")
    assert client.get(first).status_code == 302  # nothing is shown without login
    client.force_login(people.citizen().user)
    assert client.get(first).status_code == 404  # nor to somebody else on the same machine
    client.force_login(citizen.user)
    assert 'value="Leśna"' in client.get(first).content.decode()


def test_a_guest_comes_back_by_the_link_on_another_device(client: Client, form_page: FormPage) -> None:
    first = start(client, form_page)
    client.post(first, {**POSTS["dane"], **hidden(client, first)})
    other = Client()
    assert other.get(first).status_code == 404
    saved = first.replace("krok/1/", "zapisz/")
    assert client.post(saved, {"email": "zle"}).status_code == 422
    client.post(saved, {"email": "ola@example.org"})
    jobs.run_waiting()
    (message,) = mail.outbox
    assert "Leśna" not in str(message.body) and "01610100010" not in str(message.body)
    link = re.search(r"https?://[^/\s]+(/wniosek/wroc/\S+)", str(message.body))
    assert link is not None
    assert other.get(link[1]).status_code == 200 and Draft.objects.get().token_hash
    assert "krok/2" in other.post(link[1], follow=True).redirect_chain[-1][0]
    assert client.get(first).status_code == 404  # the draft has moved to the other device
    assert other.post("/wniosek/wroc/abc:def:ghi/").status_code == 404


def test_a_form_changed_while_it_is_filled_in(client: Client, form_page: FormPage, fill: Fill) -> None:
    check = fill(client, form_page)
    context = client.get(check).context
    spec = export_form(form_page.current_version)
    fields = spec["steps"][1]["sections"][0]["fields"]
    fields.append({"kind": "text", "id": "dzialka", "label": "Numer działki"})
    del spec["steps"][0]["sections"][0]["fields"][4]  # the telephone
    republish(form_page, spec)
    data = {"_version": context["draft"].version.number, "_stamp": context["stamp"]}
    response = client.post(check, data, follow=True)
    text = response.content.decode()
    assert "krok/2" in response.redirect_chain[-1][0] and Case.objects.count() == 0
    assert "Nowe pytanie: Numer działki" in text and "Telefon" in text and 'value="120,5"' in text
    url = response.redirect_chain[-1][0]
    client.post(url, {**POSTS["drzewo"], "f-dzialka": "12/3", **hidden(client, url)})
    send(client, check)
    assert Submission.objects.get().version.number == 2
    assert "tel" not in {a["field"] for a in Letter.objects.get().answers}


def test_two_tabs_ask_before_one_overwrites_the_other(client: Client, form_page: FormPage) -> None:
    first = start(client, form_page)
    one, two = hidden(client, first), hidden(client, first)
    client.post(first, {**POSTS["dane"], **one})
    response = client.post(first, {**POSTS["dane"], **two, "f-mail": "druga@example.org"})
    assert response.status_code == 409 and "w innej karcie" in response.content.decode()
    assert Draft.objects.get().answers["mail"] == "Ola@example.org"
    client.post(first, {**POSTS["dane"], **two, "f-mail": "druga@example.org", "_action": "overwrite"})
    assert Draft.objects.get().answers["mail"] == "druga@example.org"


def test_the_unit_is_chosen_among_those_that_offer_it(client: Client, letter_page: FormPage, town: object) -> None:
    url = start(client, letter_page)
    assert url.endswith("/jednostka/")
    foreign = town.units["FN"].pk
    assert client.post(url, {"unit": str(foreign)}).status_code == 422
    response = client.post(url, {"unit": str(town.units["SP-1"].pk)})
    assert "krok/1" in response["Location"]


def test_a_version_never_changes(form_page: FormPage) -> None:
    version = FormVersion.objects.get()
    for attack in (lambda: FormVersion.objects.filter(pk=version.pk).update(checksum="x"), version.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


def republish(form_page: FormPage, spec: dict[str, object]) -> None:
    form_page.refresh_from_db()
    form_page.steps = form_page._meta.get_field("steps").to_python(stream_data(spec["steps"]))
    form_page.save_revision().publish()
