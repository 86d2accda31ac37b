"""Blobs never half-written; downloads that ask first and never run."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from documents import files
from documents.models import Blob, Document, DocumentVersion
from documents.services import cases, documents
from documents.store import Folder
from documents.views import attachment_header
from journal.errors import NotFound, Refused
from people.access import SYSTEM, Access
from people.models import Role
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def blob_dir(settings: Any) -> Path:
    return Path(settings.BLOB_DIR)


def _all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_stored_once_under_its_digest(blob_dir: Path) -> None:
    data = b"tresc" * 1000
    blob = files.store(data, media_type="text/plain")
    assert blob.pk == hashlib.sha256(data).hexdigest() and blob.size == len(data)
    assert files.store(io.BytesIO(data)).pk == blob.pk
    assert files.read_blob(blob) == data
    assert [path.name for path in _all_files(blob_dir)] == [blob.pk]
    assert blob.scan == Blob.Scan.UNSCANNED


def test_a_cut_off_upload_leaves_nothing(blob_dir: Path) -> None:
    with pytest.raises(Refused):
        files.store(b"polowa", expected_size=12)

    class Broken:
        def __init__(self) -> None:
            self.left = 2

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ECONNRESET, "gone")
            return b"x" * 1000

    with pytest.raises(Refused):
        files.store(Broken())
    assert _all_files(blob_dir) == []
    assert not Blob.objects.exists()


def test_a_full_disk_is_a_sentence_and_leaves_nothing(blob_dir: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, old[1]))
    try:
        with pytest.raises(Refused):
            files.store(b"x" * 1024 * 1024)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert _all_files(blob_dir) == []
    assert files.store(b"x" * 1024 * 1024).size == 1024 * 1024


def test_bytes_damaged_on_disk_are_noticed_and_a_lost_file_is_named(blob_dir: Path) -> None:
    blob = files.store(b"wazne")
    path = Folder(blob_dir).path(blob.pk)
    os.chmod(path, 0o600)
    path.write_bytes(b"wazNe")
    with pytest.raises(OSError):
        files.read_blob(blob)
    path.unlink()
    with pytest.raises(NotFound):
        files.read_blob(blob)
    assert files.store(b"wazne").pk == blob.pk
    assert files.read_blob(blob) == b"wazne"


def _signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def town() -> dict[str, Any]:
    return people.town(schools=1)


@pytest.fixture
def version(town: dict[str, Any]) -> DocumentVersion:
    make.file(town["OR"])
    return DocumentVersion.objects.get(document__kind="attachment")


def _url(version: DocumentVersion) -> str:
    return reverse("documents:download", args=[version.pk, version.file_name])


def test_download_headers(version: DocumentVersion, town: dict[str, Any]) -> None:
    client = _signed_in(people.member(town["OR"], Role.CLERK))
    response = client.get(_url(version), headers={"if-none-match": "*",
                                                  "if-modified-since": "Wed, 21 Oct 2099 07:28:00 GMT"})
    assert response.status_code == 200
    assert hashlib.sha256(b"".join(response.streaming_content)).hexdigest() == version.blob_id
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox;")
    assert "no-store" in response["Cache-Control"]
    assert response["ETag"] == f'"{version.blob_id}"' and "Last-Modified" not in response


def test_a_broken_off_download_goes_on_where_it_stopped(version: DocumentVersion, town: dict[str, Any]) -> None:
    client = _signed_in(people.member(town["OR"], Role.CLERK))
    whole = b"".join(client.get(_url(version)).streaming_content)
    rest = client.get(_url(version), headers={"range": "bytes=7-", "if-range": f'"{version.blob_id}"'})
    assert rest.status_code == 206 and rest["Content-Range"] == f"bytes 7-{len(whole) - 1}/{len(whole)}"
    assert b"".join(rest.streaming_content) == whole[7:] and rest["Content-Length"] == str(len(whole) - 7)
    other = client.get(_url(version), headers={"range": "bytes=7-", "if-range": '"another"'})
    assert other.status_code == 200 and b"".join(other.streaming_content) == whole
    behind = client.get(_url(version), headers={"range": f"bytes={len(whole)}-"})
    assert behind.status_code == 416 and behind["Content-Range"] == f"bytes */{len(whole)}"
    assert Client().get(_url(version), headers={"range": "bytes=0-0"}).status_code == 404


def test_the_web_server_in_front_may_send_the_bytes_once_the_right_was_asked(
    version: DocumentVersion, town: dict[str, Any], settings: Any
) -> None:
    settings.X_ACCEL_RECORDS = "/_records/"
    response = _signed_in(people.member(town["OR"], Role.CLERK)).get(_url(version))
    assert response["X-Accel-Redirect"] == f"/_records/{version.blob_id[:2]}/{version.blob_id}"
    assert response.content == b"" and response["Content-Disposition"].startswith("attachment; ")
    assert "X-Accel-Redirect" not in Client().get(_url(version))


def test_foreign_and_absent_are_the_same_404(version: DocumentVersion, town: dict[str, Any]) -> None:
    absent = reverse("documents:download", args=[999999, version.file_name])
    for client in (Client(), _signed_in(people.member(town["FN"], Role.CLERK)),
                   _signed_in(people.member(town["SP-1"], Role.HEAD)), _signed_in(people.citizen().user)):
        foreign, none = client.get(_url(version)), client.get(absent)
        assert foreign.status_code == none.status_code == 404
        without_nonce = [re.sub(rb'(nonce|value)="[^"]*"', b"", response.content) for response in (foreign, none)]
        assert without_nonce[0] == without_nonce[1]


def test_the_citizen_gets_only_what_is_public(town: dict[str, Any]) -> None:
    citizen = people.citizen()
    actor = Access(user_id=citizen.user.pk)
    case, _letter, _receipt = make.file(town["OR"], actor=actor, owner_id=citizen.user.pk, guest_factors=())
    own = DocumentVersion.objects.get(document__kind="attachment")
    note = documents.add(SYSTEM, case=case, blob=files.store(b"notatka"), title="Notatka", file_name="notatka.txt",
                         kind="note")
    client = _signed_in(citizen.user)
    assert client.get(_url(own)).status_code == 200
    assert client.get(_url(note)).status_code == 404
    documents.set_public(SYSTEM, document=note.document, public=True)
    assert client.get(_url(note)).status_code == 200
    cases.seal(SYSTEM, case=case, readers=[people.member(town["OR"], Role.HEAD)], reason="rodzina pracownika")
    assert client.get(_url(own)).status_code == 200  # sealing does not take a party's own file away


def test_html_and_svg_are_served_as_dead_attachments(town: dict[str, Any]) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    case, _letter, _receipt = make.file(town["OR"])
    version = documents.add(SYSTEM, case=case, blob=files.store(svg, media_type="image/svg+xml"),
                            title="<script>alert(1)</script>", file_name='x"\r\nSet-Cookie: a=b/<img>.svg')
    response = _signed_in(people.member(town["OR"], Role.CLERK)).get(_url(version))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment;")
    assert "Set-Cookie" not in response
    assert Document.objects.get(pk=version.document_id).title == "<script>alert(1)</script>"


@pytest.mark.parametrize("name", ["załącznik nr 1.pdf", 'a"; filename="evil.exe', "x\r\nSet-Cookie: a=b.txt",
                                  "..\\..\\boot.ini",
                                  "\u202egpj.exe", "💾" * 40, "", "a;b=c%20.txt", "ń" * 300])
def test_hostile_names_in_content_disposition(name: str) -> None:
    header = attachment_header(name)
    assert header.isascii() and "\r" not in header and "\n" not in header
    plain, _sep, coded = header.removeprefix('attachment; filename="').partition('"; filename*=UTF-8\'\'')
    assert plain and not set(plain) & set('"\\/;%\r\n')
    assert not set(coded) & set(' "\\/;\'()<>@,:?={}')
