"""Virus check against a real clamd with a database of one signature."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents.reading.scan import Scan, Verdict, client, is_alive, scan

# the usual test string, put together here so that no scanner takes this file for it
EICAR = "".join(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"]).encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A clamd of our own: (tcp url, unix url)."""
    program = shutil.which("clamd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    assert program
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "base").mkdir()
    (folder / "base" / "test.ndb").write_text(f"Obieg.Test:0:*:{EICAR.hex()}\n", encoding="ascii")
    digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    (folder / "base" / "test.hdb").write_text(f"{digest}:{len(EICAR)}:Obieg.Test\n", encoding="ascii")
    port = free_port()
    (folder / "clamd.conf").write_text(
        f"Foreground yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\nLocalSocket {folder}/s\nStreamMaxLength 1M\n"
        f"DatabaseDirectory {folder}/base\nPidFile {folder}/pid\n",
        encoding="ascii",
    )
    process = subprocess.Popen([program, "--config-file", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL)
    url = f"tcp://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while not is_alive(url):
            assert process.poll() is None, "clamd ended"
            assert time.monotonic() < until, "clamd did not start"
            time.sleep(0.2)
        yield url, f"unix:{folder}/s"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.servers("clamd")
def test_clean_infected_and_too_large(clamd: tuple[str, str]) -> None:
    for url in clamd:
        assert scan(io.BytesIO(b"dzie\xc5\x84 dobry"), url) == Scan(Verdict.CLEAN)
        found = scan(io.BytesIO(EICAR), url)
        assert found.verdict is Verdict.INFECTED
        assert "Obieg.Test" in found.name
    assert scan(io.BytesIO(bytes(2 * 1024 * 1024)), clamd[0]).verdict is Verdict.UNAVAILABLE


@pytest.mark.servers("clamd")
def test_the_whole_file_is_scanned_and_left_where_it_was(clamd: tuple[str, str]) -> None:
    file = io.BytesIO(EICAR)
    file.seek(40)
    assert scan(file, clamd[0]).verdict is Verdict.INFECTED
    assert file.tell() == 40


def test_without_a_scanner_a_file_is_unscanned() -> None:
    assert scan(io.BytesIO(EICAR), "") == scan(io.BytesIO(EICAR), None) == Scan(Verdict.UNSCANNED)


def test_a_scanner_that_is_down_is_unavailable(tmp_path: Path) -> None:
    for url in (f"tcp://127.0.0.1:{free_port()}", f"unix:{tmp_path}/none"):
        assert scan(io.BytesIO(EICAR), url).verdict is Verdict.UNAVAILABLE
        assert not is_alive(url)


@pytest.mark.parametrize("said", [b"", b"nonsense\n", b"stream: OK\xff\n", b"stream: lost ERROR\n"])
def test_a_confused_scanner_never_says_clean(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert scan(io.BytesIO(b"x"), url, timeout=5).verdict is Verdict.UNAVAILABLE
        thread.join(5)


@pytest.mark.parametrize("url", ["127.0.0.1:3310", "http://127.0.0.1", "tcp://", "unix:", "unix://host/path"])
def test_a_malformed_address_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ValueError, match="CLAMD_URL"):
        client(url, 1)
