"""A child process contains whatever a reader does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from documents.reading.sandbox import ROOT, Reason, Result, run_limited

HOSTILE = "tests.unit.reading.hostile"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("treść", encoding="utf-8")
    return path


def run(source: Path, function: str, **options: object) -> Result:
    settings: dict[str, object] = {"seconds": 20, "memory_mb": 400, "output_mb": 4} | options
    return run_limited(f"{HOSTILE}:{function}", source, **settings)  # type: ignore[arg-type]  # options vary by test


def children(source: str) -> set[str]:
    """Process ids of the readers of a file."""
    return {pid for pid in os.listdir("/proc") if pid.isdecimal() and f'"path": "{source}"' in _command(pid)}


def _command(pid: str) -> str:
    try:
        return Path("/proc", pid, "cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def test_the_child_reads_the_file_in_a_folder_and_environment_of_its_own(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    result = run(source, "looks_around")
    assert result.ok
    assert result.value["content"] == "treść"
    assert set(result.value["environ"]) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"}
    assert result.value["cwd"] != os.getcwd()
    assert not Path(result.value["cwd"]).exists()


@pytest.mark.parametrize("function", ["sleeps", "loops"])
def test_a_reader_that_never_ends_is_killed(source: Path, function: str) -> None:
    before = set(Path(tempfile.gettempdir()).glob("reading-*"))
    result = run(source, function, seconds=1)
    assert result.reason is Reason.TIMEOUT
    assert result.value is None
    assert not children(str(source))
    assert set(Path(tempfile.gettempdir()).glob("reading-*")) <= before


def test_a_memory_hog_meets_its_limit(source: Path) -> None:
    result = run(source, "hogs", memory_mb=200)
    assert result.reason is Reason.MEMORY
    assert run(source, "takes_all_memory", memory_mb=200).value <= 200


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("crashes", Reason.BROKEN),
        ("raises", Reason.BROKEN),
        ("writes_much", Reason.TOO_LARGE),
        ("answers_much", Reason.TOO_LARGE),
        ("answers_nonsense", Reason.BROKEN),
        ("starts_program", Reason.BROKEN),
        ("forks", Reason.BROKEN),
        ("no_such_function", Reason.BROKEN),
    ],
)
def test_whatever_happens_ends_in_a_reason(source: Path, function: str, reason: Reason) -> None:
    result = run(source, function)
    assert result.reason is reason
    assert result.value is None
    assert "PESEL" not in result.detail
    assert "Kowalski" not in result.detail


def test_programs_and_processes_are_refused_by_name(source: Path) -> None:
    assert run(source, "starts_program").detail == "PermissionError"
    assert run(source, "forks").detail == "PermissionError"


def test_no_connection_leaves_the_child(source: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        result = run_limited(f"{HOSTILE}:connects", source, arguments={"port": server.getsockname()[1]}, seconds=20)
        assert (result.reason, result.detail) == (Reason.BROKEN, "PermissionError")
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_file_itself_is_not_changed(source: Path) -> None:
    assert run(source, "writes_outside").detail == "PermissionError"
    assert source.read_text(encoding="utf-8") == "treść"


def test_a_reader_does_not_outlive_its_worker(source: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from documents.reading.sandbox import run_limited; "
        f"run_limited('{HOSTILE}:sleeps', sys.argv[2], seconds=60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(source)])
    try:
        until = time.monotonic() + 20
        while not (started := children(str(source))):
            assert time.monotonic() < until, "the reader did not start"
            time.sleep(0.05)
        time.sleep(0.5)  # the child ties itself to its parent only once it runs
    finally:
        worker.kill()
        worker.wait(10)
    while children(str(source)) & started:
        assert time.monotonic() < until, "the reader lives on"
        time.sleep(0.05)


def test_a_missing_file_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "none", "sleeps")
