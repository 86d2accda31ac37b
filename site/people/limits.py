"""How often a stranger may try: so many times within a time, from one address of the network or for one thing.

Each try takes a slot that ends by itself. A slot is taken by `cache.add`, which is atomic in every backend, so tries
made at once are all counted, and a full limit opens again slot by slot.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest


@dataclass(frozen=True)
class Limit:
    """At most `most` tries within `seconds`."""

    name: str
    most: int
    seconds: int

    def take(self, who: str) -> str:
        """Count one try of `who`; gives its slot, or an empty text when there is none left."""
        digest = hashlib.sha256(who.encode(errors="replace")).hexdigest()[:32]
        for number in range(self.most):
            slot = f"limit:{self.name}:{digest}:{number}"
            if cache.add(slot, 1, self.seconds):
                return slot
        return ""


def give_back(*slots: str) -> None:
    """A try that was no wrong one does not count."""
    cache.delete_many([slot for slot in slots if slot])


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or the /64 network that one IPv6 subscriber has.

    `people.middleware.ClientAddressMiddleware` has put the client's address there when a proxy stands in front."""
    given = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
