"""What is held of a person. Each app registers its holders in `AppConfig.ready()`; nothing here knows the apps above.

The same registry answers the person who asks for their data (GDPR art. 15 and 20), says before an account is deleted
what goes and what stays and why (art. 17, with 17(3)(b) and (d)), and deletes. A holder says only what the person may
see by the rules of the portal: a letter not yet collected is not in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.utils.functional import Promise

from people.models import User

Text = str | Promise
#: What a fact may hold; dates are written as ISO 8601 in JSON and in words on the page.
Value = str | int | bool | dt.date | dt.datetime | None


@dataclass(frozen=True)
class Subject:
    """Whose data: the account and the addresses that it has proven to own, in lower case."""

    user: User
    emails: tuple[str, ...] = ()


def subject_of(user: User) -> Subject:
    """The subject of an account."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return Subject(user, tuple(sorted({address.lower() for address in confirmed})))


@dataclass(frozen=True)
class Fact:
    """One thing that is known: `key` for machines (never changes), `label` for people."""

    key: str
    label: Text
    value: Value


@dataclass(frozen=True)
class Record:
    """What belongs together, e.g. one case."""

    title: Text
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class HeldFile:
    """A file, given piece by piece; `name` within its area, `size` in bytes."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Kept:
    """What stays when the account is deleted, by which rule, how long."""

    what: Text
    why: Text
    until: Text


@dataclass(frozen=True)
class Obstacle:
    """Why the account cannot be deleted now, and the address where that is settled."""

    text: Text
    url: str = ""


class Holder:
    """What one app holds of a person in one area. Everything has a default: nothing."""

    #: Name of the area's files, in the language of the portal's addresses; never changes.
    name: str
    title: Text
    position = 100

    def records(self, subject: Subject) -> Iterable[Record]:
        """What is known, one record after another (never a list of all)."""
        return ()

    def files(self, subject: Subject) -> Iterable[HeldFile]:
        """The files, one after another."""
        return ()

    def goes(self, subject: Subject) -> list[Text]:
        """Sentences about what is deleted with the account."""
        return []

    def stays(self, subject: Subject) -> list[Kept]:
        """What outlives the account."""
        return []

    def obstacles(self, subject: Subject) -> list[Obstacle]:
        """What must be settled before."""
        return []

    def erase(self, subject: Subject) -> None:
        """Delete what goes, inside the transaction of the deed; the user's row is already locked."""


_holders: dict[str, Holder] = {}


def register(*holders: Holder) -> None:
    """Register what an app holds. Raises ValueError for a name that is taken."""
    for holder in holders:
        if holder.name in _holders:
            raise ValueError(f"holder {holder.name!r} is registered twice")
        _holders[holder.name] = holder


def holders() -> list[Holder]:
    """All of them, in the order of the archive."""
    return sorted(_holders.values(), key=lambda holder: (holder.position, holder.name))


def facts(*given: tuple[str, Text, Value]) -> tuple[Fact, ...]:
    """Facts of (key, label, value); what is empty is left out."""
    return tuple(Fact(key, label, value) for key, label, value in given if value is not None and value != "")
