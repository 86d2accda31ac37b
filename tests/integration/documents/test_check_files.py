"""Bytes that changed, that are gone, and that nobody named: `manage.py check_files` names each."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from documents import files, integrity
from documents.integrity import Fault, Progress, check
from documents.models import Document
from documents.store import Folder, current
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.VAR_DIR = tmp_path
    return Path(settings.BLOB_DIR)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    try:
        call_command("check_files", *arguments)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, capsys.readouterr().out


def path_of(sha256: str) -> Path:
    store = current()
    assert isinstance(store, Folder)
    return store.path(sha256)


def damage(sha256: str, content: bytes) -> Path:
    path = path_of(sha256)
    path.chmod(0o600)
    path.write_bytes(content)
    return path


def grow_old(path: Path) -> None:
    old = time.time() - 2 * integrity.YOUNG_SECONDS
    os.utime(path, (old, old))


def put(store: Path, content: bytes) -> Path:
    name = hashlib.sha256(content).hexdigest()
    path = store / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_whole_store_passes(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        files.store(f"pismo {number}".encode())
    code, said = run(capsys)
    assert code == 0 and " 5 " in said


def test_one_bit_flipped_on_disk_is_named_with_the_document_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    office = people.town()["UM"]
    _case, letter, _receipt = make.file(office, attachments=(make.attachment(b"decyzja", "Kowalski.pdf"),))
    blob = files.store(b"decyzja")
    document = Document.objects.get(versions__blob=blob)
    damage(blob.pk, b"decyzjb")
    code, said = run(capsys)
    assert code == 1 and blob.pk in said and f"document {document.pk} v1 ({letter.register_number})" in said
    assert "Kowalski" not in said, "an operator's screen shows no titles"


def test_a_missing_file_and_one_cut_short_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    gone, short = files.store(b"x" * 4000), files.store(b"y" * 4000)
    path_of(gone.pk).unlink()
    damage(short.pk, b"y" * 100)
    found = {finding.name: finding.fault for finding in list(check(Progress()))[-1].findings}
    assert found == {gone.pk: Fault.MISSING, short.pk: Fault.CHANGED}
    assert run(capsys)[0] == 1


def test_bytes_of_no_record_are_named_once_they_are_old_and_fail_nothing(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    young, old, foreign = put(store, b"w toku"), put(store, b"cofnieta"), store / "ab" / "notatki.txt"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("?")
    grow_old(old)
    code, said = run(capsys)
    assert code == 0 and old.name in said and "notatki.txt" in said and young.name not in said


def test_files_of_the_first_layout_are_found_where_they_lie(store: Path) -> None:
    blob = files.store(b"stary uklad")
    path = path_of(blob.pk)
    deeper = store / blob.pk[:2] / blob.pk[2:4] / blob.pk
    deeper.parent.mkdir()
    path.rename(deeper)
    done = list(check(Progress()))[-1]
    assert done.files == 1 and not done.findings


def test_a_broken_off_check_goes_on_and_says_everything_in_the_end(
    monkeypatch: pytest.MonkeyPatch, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    blobs = sorted((files.store(f"akta {number}".encode()) for number in range(40)), key=lambda blob: blob.pk)
    first, last = blobs[0], blobs[-1]
    path_of(first.pk).unlink()
    seen: list[str] = []
    judge = integrity._judge

    def break_off(store: Any, sha256: str, size: int) -> Any:
        seen.append(sha256)
        if sha256 == last.pk and seen.count(sha256) == 1:
            raise KeyboardInterrupt
        return judge(store, sha256, size)

    monkeypatch.setattr(integrity, "_judge", break_off)
    with pytest.raises(KeyboardInterrupt):
        run(capsys)
    before = len(seen)
    code, said = run(capsys)
    assert code == 1 and first.pk in said and " 39 " in said.rstrip().splitlines()[-1]
    assert len(seen) - before < 5, "what was checked before the break is not read again"
    assert not (Path(settings.VAR_DIR) / "check_files.json").exists()


def test_the_rows_are_read_in_as_many_queries_as_there_are_folders(django_assert_num_queries: Any) -> None:
    for number in range(30):
        files.store(f"akta {number}".encode())
    with django_assert_num_queries(len(integrity.FOLDERS)):
        list(check(Progress()))
