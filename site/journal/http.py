"""One question to a machine whose address somebody typed in: never to one of our own network, and never for long.

The place that was looked at is the place that is asked, not what the name says a moment later; nothing is followed;
the whole takes at most `PATIENCE` seconds, however slowly the other side drips.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

#: Seconds for one question, from its first byte to the end of what is read of the answer.
PATIENCE = 15
#: How much of an answer is read.
READ = 2_000


class Forbidden(ValueError):
    """The address is none that may be asked: no web address, or a machine of our own network."""


class Unreachable(OSError):
    """Nobody answered, or not in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    #: The beginning of what was said.
    text: str = ""


def place_of(address: str, allowed: Sequence[str] = ()) -> tuple[str, int]:
    """The IP address and port behind a web address. `allowed`: networks (CIDR) of our own that may be asked too, also
    without TLS. Raises Forbidden, and Unreachable for a name that nobody knows."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Forbidden(address) from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise Forbidden(address)
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host}: {error}") from error
    for place in found:
        if not _may_ask(ipaddress.ip_address(place), allowed):
            raise Forbidden(f"{host} is {place}")
    return found[0], port


def is_ours(place: str, allowed: Sequence[str]) -> bool:
    """Whether an IP address lies in one of our own networks that may be asked."""
    return any(ipaddress.ip_address(place) in ipaddress.ip_network(net) for net in allowed)


def _may_ask(place: ipaddress.IPv4Address | ipaddress.IPv6Address, allowed: Sequence[str]) -> bool:
    if isinstance(place, ipaddress.IPv6Address) and place.ipv4_mapped:
        place = place.ipv4_mapped
    return (place.is_global and not place.is_multicast) or is_ours(str(place), allowed)


def ask(
    method: str, address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
    allowed: Sequence[str] = (), patience: float = PATIENCE,
) -> Answer:  # fmt: skip
    """What the machine answered. Redirects are answers as any other. Raises Forbidden and Unreachable."""
    place, port = place_of(address, allowed)
    parts = urlsplit(address)
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, port, timeout=patience)
    late = threading.Timer(patience, _hang_up, [connection])
    late.daemon = True
    late.start()
    try:
        connection.sock = socket.create_connection((place, port), patience)
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
            connection.default_port = 443  # so that the Host header names no port where none was typed
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(method, target, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(READ).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{host}: {error or type(error).__name__}") from error
    finally:
        late.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.close()
