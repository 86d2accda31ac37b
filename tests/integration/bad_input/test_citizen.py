"""What the citizen experiences when something is wrong with what they send."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cms_pages.forms.build import export_form
from cms_pages.models import Draft, FormPage
from documents.models import Blob, Case, DocumentVersion
from journal import jobs
from tests.factories.workflow import Office
from tests.integration.bad_input.conftest import signed_in
from tests.integration.forms.conftest import hidden, start
from tests.integration.forms.sample import POSTS
from tests.integration.forms.test_filling import republish, send
from tests.unit.reading import corpus
from tests.unit.reading.test_scan import EICAR, clamd, free_port

__all__ = ["clamd"]
pytestmark = pytest.mark.django_db

Check = Callable[[], None]
Fill = Callable[..., str]


def plain(content: bytes) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode()))


def last_step(client: Client, page: FormPage) -> str:
    """The address of the page with the files."""
    url = start(client, page)
    for step in ("dane", "drzewo"):
        url = client.post(url, {**POSTS[step], **hidden(client, url)})["Location"]
    return url


@pytest.mark.parametrize(
    ("step", "wrong", "said"),
    [
        ("dane", {"f-pesel-number": "01610100011"}, "PESEL"),
        ("dane", {"f-pesel-number": "123"}, "11 cyfr"),
        ("dane", {"f-pesel-number": "0161010001a"}, "PESEL"),
        ("dane", {"f-adres-postcode": "4433"}, "44-330"),
        ("dane", {"f-mail": "ola(at)example.org"}, "e-mail"),
        ("dane", {"f-kto-first_name": ""}, "imię"),
        ("drzewo", {"f-kiedy-day": "31", "f-kiedy-month": "2"}, "nie ma takiego dnia"),
        ("drzewo", {"f-kiedy-day": "7", "f-kiedy-month": "13"}, "miesiąc"),
        ("drzewo", {"f-kiedy-day": "dziś"}, "da"),
        ("drzewo", {"f-obwod": "dużo"}, "liczb"),
        ("drzewo", {"f-obwod": "1e9"}, "liczb"),
        ("drzewo", {"f-gatunek": "sekwoja"}, "gatunek"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_named_in_polish_and_everything_typed_stays(
    step: str, wrong: dict[str, str], said: str, client: Client, form_page: FormPage, nothing_kept: Check
) -> None:
    url = start(client, form_page)
    if step == "drzewo":
        url = client.post(url, {**POSTS["dane"], **hidden(client, url)})["Location"]
    nothing_kept()
    response = client.post(url, {**POSTS[step], **hidden(client, url), **wrong})
    assert response.status_code == 422
    errors = " ".join(str(error) for error in response.context["errors"]).lower()
    assert said.lower() in errors, errors
    shown = response.content.decode()
    kept = {k: v for k, v in {**POSTS[step], **wrong}.items() if isinstance(v, str) and v and k != "f-gatunek"}
    assert all(f'value="{value}"' in shown for value in kept.values()), kept
    assert "ob-error-summary" in shown and ('aria-invalid="true"' in shown or "f-gatunek" in wrong)
    nothing_kept()
    again = client.get(url).content.decode()
    assert all(f'value="{value}"' in again for value in kept.values())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("zdjecie.jpg", b"<html><script>alert(1)</script></html>", "strona internetowa"),
        ("pismo.pdf", b"MZ\x90\x00\x03" + b"\0" * 300, "nie"),
        ("program.exe", b"MZ\x90\x00\x03" + b"\0" * 300, "nie"),
        ("pusty.pdf", b"", "pusty"),
        ("zamkniety.docx", corpus.docx()[:200], "nie"),
        ("rysunek.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "nie"),
    ],
)
def test_a_file_is_refused_by_its_content_and_the_rest_of_the_page_stays(
    name: str, content: bytes, said: str, client: Client, form_page: FormPage, nothing_kept: Check
) -> None:
    url = last_step(client, form_page)
    nothing_kept()
    data = {**POSTS["koniec"], **hidden(client, url), "f-pliki": SimpleUploadedFile(name, content)}
    response = client.post(url, data)
    assert response.status_code == 422
    errors = " ".join(str(error) for error in response.context["errors"])
    assert said in errors.lower() and name in errors
    assert "Drzewo &lt;b&gt;pochylone&lt;/b&gt;" in response.content.decode()
    assert not Draft.objects.get().files.get("pliki")
    nothing_kept()


def test_a_file_that_is_too_large_says_how_large_and_what_the_limit_is(
    client: Client, form_page: FormPage, nothing_kept: Check
) -> None:
    url = last_step(client, form_page)
    nothing_kept()
    large = SimpleUploadedFile("skan.pdf", b"%PDF-1.7\n" + bytes(26 * 1024 * 1024))
    response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": large})
    assert response.status_code == 422 and "„skan.pdf” jest za duży: 26 MB. Limit to 25 MB." in plain(response.content)
    nothing_kept()
    several = [SimpleUploadedFile(f"{n}.txt", f"Plik {n}".encode()) for n in range(4)]
    response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": several})
    assert response.status_code == 422 and "najwyżej 3" in plain(response.content)
    assert len(Draft.objects.get().files["pliki"]) == 3


@pytest.mark.servers("clamd")
def test_an_infected_file_is_named_and_kept_nowhere(
    client: Client, form_page: FormPage, nothing_kept: Check, clamd: tuple[str, str], settings: Any
) -> None:
    settings.CLAMD_URL = clamd[0]
    url = last_step(client, form_page)
    nothing_kept()
    infected = SimpleUploadedFile("faktura.txt", EICAR)
    response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": infected})
    assert response.status_code == 422 and "Plik zawiera wirusa" in plain(response.content)
    nothing_kept()
    assert not [f for f in settings.BLOB_DIR.rglob("*") if f.is_file()]
    clean = SimpleUploadedFile("faktura.txt", b"Faktura za drzewo")
    assert client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": clean}).status_code == 302
    assert Blob.objects.get(media_type="text/plain").scan == Blob.Scan.CLEAN


def test_a_scanner_that_does_not_answer_keeps_files_out_and_says_to_try_again(
    client: Client, form_page: FormPage, nothing_kept: Check, settings: Any
) -> None:
    settings.CLAMD_URL = f"tcp://127.0.0.1:{free_port()}"
    url = last_step(client, form_page)
    nothing_kept()
    file = SimpleUploadedFile("faktura.txt", b"Faktura za drzewo")
    response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": file})
    assert response.status_code == 422 and "Spróbuj za kilka minut" in plain(response.content)
    nothing_kept()


def test_without_a_scanner_the_clerk_reads_that_the_file_is_unscanned_and_a_broken_one_was_set_aside(
    client: Client, form_page: FormPage, town: Office, settings: Any, fill: Fill
) -> None:
    settings.CLAMD_URL = ""
    url = last_step(client, form_page)
    broken = SimpleUploadedFile("plan.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog broken")
    check = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-pliki": broken})["Location"]
    client.get(send(client, check))  # the confirmation opens the case to this browser
    jobs.run_waiting()
    version = DocumentVersion.objects.get(document__kind="attachment")
    assert (version.blob.scan, version.reading) == (Blob.Scan.UNSCANNED, DocumentVersion.Reading.SET_ASIDE)
    case = Case.objects.get()
    page = signed_in(town.head).get(f"/admin/biurko/sprawa/{case.pk}/")
    said = plain(page.content)
    assert page.status_code == 200 and "niesprawdzony" in said
    assert "uszkodzony" in said, "the clerk reads why the file's text is not found"
    from_browser = client.get(f"/moje-sprawy/{case.pk}/")
    assert from_browser.status_code == 200


def test_a_form_that_changes_meanwhile_keeps_the_answers_and_says_what_changed(
    client: Client, form_page: FormPage, fill: Fill, nothing_kept: Check
) -> None:
    check = fill(client, form_page)
    context = client.get(check).context
    spec = export_form(form_page.current_version)
    spec["steps"][1]["sections"][0]["fields"].append({"kind": "text", "id": "dzialka", "label": "Numer działki"})
    republish(form_page, spec)
    nothing_kept()
    data = {"_version": context["draft"].version.number, "_stamp": context["stamp"]}
    response = client.post(check, data, follow=True)
    said = plain(response.content)
    assert "zmieni" in said and "Numer działki" in said and Case.objects.count() == 0
    nothing_kept()
    assert Draft.objects.get().answers["mail"] == "Ola@example.org"


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_cut_off_leaves_nothing_behind(
    client: Client, form_page: FormPage, live_server: Any, nothing_kept: Check
) -> None:
    url = last_step(client, form_page)
    nothing_kept()
    sent = hidden(client, url)
    edge = "granica"
    token = client.cookies["csrftoken"].value
    fields = {**POSTS["koniec"], **{k: str(v) for k, v in sent.items()}, "csrfmiddlewaretoken": token}
    head = "".join(f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    head += f'--{edge}\r\nContent-Disposition: form-data; name="f-pliki"; filename="skan.txt"\r\n\r\n'
    whole = head.encode() + b"Tresc skanu. " * 5000 + f"\r\n--{edge}--\r\n".encode()
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    place = urlsplit(live_server.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as line:
        line.sendall((
            f"POST {url} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookies}\r\nContent-Length: {len(whole)}\r\n"
            f"Content-Type: multipart/form-data; boundary={edge}\r\nConnection: close\r\n\r\n").encode())  # fmt: skip
        line.sendall(whole[: len(whole) // 2])
        line.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert b" 400 " in answer.splitlines()[0] and "Przesyłanie zostało przerwane" in answer.decode()
    nothing_kept()
    assert not Draft.objects.get().files.get("pliki") and not Draft.objects.get().typed.get("koniec")
    assert client.get(url).status_code == 200


def test_a_request_without_its_token_is_refused_in_plain_words(
    form_page: FormPage, town: Office, nothing_kept: Check
) -> None:
    nothing_kept()
    strict = Client(enforce_csrf_checks=True)
    for url in (f"/wniosek/nowy/{form_page.pk}/", "/sprawdz-sprawe/", "/konto/login/"):
        response = strict.post(url, {"code": "x"})
        assert response.status_code == 403 and "Formularz był otwarty zbyt długo" in plain(response.content), url
    clerk = signed_in(town.head, enforce_csrf_checks=True)
    assert clerk.post("/admin/biurko/papier/", {"subject": "x"}).status_code in (403, 404)
    assert not Draft.objects.exists()
    nothing_kept()


TEXTS = {
    "emoji": "Drzewo 🌳👩‍👩‍👧 chore",
    "right to left": "\u202eewzrD\u202c שלום",
    "nul": "Drzewo\0chore",
    "controls": "Drzewo\x01\x02\x08chore",
    "markup": "</textarea><script>alert(1)</script>",
    "template": "{{ 7*7 }} {% load static %} [[adres]]",
    "sql": "'; DROP TABLE documents_case; --",
    "combining": "Z" + "\u0301" * 500 + "algo",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_taken_or_refused_but_never_an_error(
    text: str, client: Client, form_page: FormPage, fill: Fill, town: Office
) -> None:
    url = last_step(client, form_page)
    response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-opis": text})
    assert response.status_code in (302, 422)
    if response.status_code == 422:
        assert response.context["errors"] and "\0" not in response.content.decode()
        return
    where = send(client, response["Location"])
    jobs.run_waiting()
    assert client.get(where).status_code == 200
    case = Case.objects.get()
    page = signed_in(town.head).get(f"/admin/biurko/sprawa/{case.pk}/")
    assert page.status_code == 200 and "<script>alert(1)" not in page.content.decode()
    assert DocumentVersion.objects.filter(document__kind="filed_pdf").exists()


def test_five_megabytes_of_text_are_refused_in_words(client: Client, form_page: FormPage, nothing_kept: Check) -> None:
    url = last_step(client, form_page)
    nothing_kept()
    for size in (5_000, 5 * 1024 * 1024):
        response = client.post(url, {**POSTS["koniec"], **hidden(client, url), "f-opis": "drzewo " * (size // 7)})
        assert response.status_code in (400, 413, 422), size
        said = plain(response.content).replace("\u00a0", " ")
        assert re.search(r"najwyżej 2 ?000|Wysłano za dużo", said), size
    nothing_kept()


def test_a_wrong_address_is_an_ordinary_404(client: Client, form_page: FormPage, fill: Fill) -> None:
    send(client, fill(client, form_page))
    case = Case.objects.get()
    stranger = Client()
    for mine, absent in (
        (f"/moje-sprawy/{case.pk}/", "/moje-sprawy/99999999/"),
        (f"/moje-sprawy/{case.pk}/uzupelnij/", "/moje-sprawy/99999999/uzupelnij/"),
    ):
        pages = [stranger.post(url) if url.endswith("uzupelnij/") else stranger.get(url) for url in (mine, absent)]
        assert [page.status_code for page in pages] == [404, 404]
        assert plain(pages[0].content) == plain(pages[1].content)
    assert client.get("/moje-sprawy/999999999999999999999999/").status_code == 404
