"""Virus check by a running clamd (ClamAV), over TCP or a Unix socket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO
from urllib.parse import urlsplit

from clamav_client.clamd import BufferTooLongError, ClamdError, ClamdNetworkSocket, ClamdUnixSocket


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"  # no clamd is configured
    UNAVAILABLE = "unavailable"  # one is, but it gave no answer: keep the file back and try again


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of a scan; `name` is the signature's name of an infected file, or why there was no answer."""

    verdict: Verdict
    name: str = ""


def client(url: str, timeout: float) -> ClamdNetworkSocket:
    """A client for `tcp://host:port` or `unix:/path` (also `unix:///path`). Raises ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "tcp" and parts.hostname:
        return ClamdNetworkSocket(host=parts.hostname, port=parts.port or 3310, timeout=timeout)
    if parts.scheme == "unix" and parts.path and not parts.netloc:
        return ClamdUnixSocket(path=parts.path, timeout=max(1, round(timeout)))
    raise ValueError("CLAMD_URL must look like tcp://host:3310 or unix:/path/to/clamd.sock")


def scan(file: BinaryIO, url: str | None, *, timeout: float = 60) -> Scan:
    """Scan an open file from its start; its position is kept. `url` empty: UNSCANNED. Never raises for a clamd that is
    down, slow or confused: UNAVAILABLE. ValueError for a malformed `url`."""
    if not url:
        return Scan(Verdict.UNSCANNED)
    connection = client(url, timeout)
    place = file.tell()
    file.seek(0)
    try:
        report = connection.instream(file)
    except BufferTooLongError:
        return Scan(Verdict.UNAVAILABLE, "file larger than clamd's StreamMaxLength")
    except (ClamdError, OSError, UnicodeDecodeError) as error:
        return Scan(Verdict.UNAVAILABLE, type(error).__name__)
    finally:
        file.seek(place)
    status, name = next(iter(report.values()), ("ERROR", ""))
    if status == "FOUND":
        return Scan(Verdict.INFECTED, name or "?")
    return Scan(Verdict.CLEAN) if status == "OK" else Scan(Verdict.UNAVAILABLE, name or "")


def is_alive(url: str, *, timeout: float = 5) -> bool:
    """Does the clamd at `url` answer? For health checks."""
    try:
        return client(url, timeout).ping() == "PONG"
    except (ClamdError, OSError):
        return False
