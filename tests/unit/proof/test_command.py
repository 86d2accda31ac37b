"""The command line: no database, no settings, exit codes that a script can use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(root: Path, *arguments: str | Path, how: str = "module") -> subprocess.CompletedProcess[str]:
    start = ["-m", "documents.proof.verify"] if how == "module" else [str(root / "site/manage.py"), "verify_receipt"]
    keep = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    if how == "manage":
        keep["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    command = [sys.executable, *start, *map(str, arguments)]
    return subprocess.run(command, cwd=root, env=keep, capture_output=True, text=True, check=False)


@pytest.fixture
def files(tmp_path: Path, upp_xml: bytes, upp_pdf: bytes, document: bytes) -> dict[str, Path]:
    contents = {
        "upp.xml": upp_xml,
        "upp.pdf": upp_pdf,
        "document.xml": document,
        "changed.xml": upp_xml.replace(b"RPW/12", b"RPW/13"),
        "other.xml": document + b" ",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    return {name: tmp_path / name for name in contents}


@pytest.mark.parametrize("how", ["module", "manage"])
def test_good_receipts_give_zero(how: str, files: dict[str, Path], ca_file: Path, root: Path) -> None:
    done = run(root, files["upp.xml"], files["upp.pdf"], "--document", files["document.xml"], "--ca", ca_file, how=how)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "UPP-UM-20261124-12" in done.stdout


def test_a_changed_element_gives_one_and_its_name(files: dict[str, Path], ca_file: Path, root: Path) -> None:
    done = run(root, files["changed.xml"], "--ca", ca_file)
    assert done.returncode == 1
    assert "InformacjaUzupelniajaca[2]" in done.stdout


def test_another_document_gives_one(files: dict[str, Path], ca_file: Path, root: Path) -> None:
    done = run(root, files["upp.xml"], "--ca", ca_file, "--document", files["other.xml"])
    assert done.returncode == 1
    assert "[document]" in done.stdout


def test_an_expired_seal_gives_one_sentence_and_no_traceback(files: dict[str, Path], ca_file: Path, root: Path) -> None:
    done = run(root, files["upp.pdf"], "--ca", ca_file, "--at", "2050-01-01")
    assert done.returncode == 1
    assert "[certificate]" in done.stdout
    assert done.stderr == ""


def test_a_question_that_cannot_be_answered_gives_two(files: dict[str, Path], root: Path, tmp_path: Path) -> None:
    assert run(root, files["upp.xml"], "--ca", tmp_path / "absent.pem").returncode == 2
    assert run(root, tmp_path / "absent.xml", "--ca", tmp_path / "absent.pem").returncode == 2
    assert "Traceback" not in run(root, tmp_path / "absent.xml").stderr
