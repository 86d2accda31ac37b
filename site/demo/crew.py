"""The people of the town: staff with roles in every unit, the accounts shown to visitors, citizens."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from demo import reading, town
from demo.progress import Show
from people.access import SYSTEM
from people.models import Citizen, Role, Unit, User
from people.services import citizens, memberships, users

#: Roles of the town began on this day, before its first letter.
SINCE = dt.date(2020, 1, 1)
ACCOUNTS = "accounts.toml"
_GENITIVE = {"Wydział": "Wydziału", "Biuro": "Biura", "Urząd": "Urzędu"}


@dataclass(frozen=True)
class Person:
    """A member of staff as they should be: account and (unit symbol, role, with units below)."""

    email: str
    first_name: str
    last_name: str
    post: str
    roles: tuple[tuple[str, str, bool], ...] = ()


@dataclass
class Names:
    """Names from the word list, the same ones every time."""

    seed: str
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  (a demo, no secret)

    def next(self) -> tuple[str, str]:
        """First name and surname, agreeing in gender."""
        words = reading.toml("town.toml")["names"]
        woman = self._random.random() < 0.55
        first = self._random.choice(words["women" if woman else "men"])
        surname = self._random.choice(words["surnames"]).split("/")[1 if woman else 0]
        return first, surname


def synthetic_pesel(born: dt.date, number: int) -> str:
    """A PESEL of the 2200s (month + 60), which nobody has: the fixtures' rule for identity numbers.

    Raises ValueError for another century. `number` 0-9999 is the serial part."""
    if born.year // 100 != 22:
        raise ValueError("demo people are born in the 2200s")
    digits = f"{born.year % 100:02}{born.month + 60:02}{born.day:02}{number:04}"
    check = -sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10
    return f"{digits}{check}"


def _address_part(text: str) -> str:
    plain = text.lower().translate(str.maketrans("ąćęłńóśźż", "acelnoszz"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _shown_staff() -> Iterator[Person]:
    for about in reading.toml(ACCOUNTS)["account"]:
        roles = tuple((symbol, role, bool(rest)) for symbol, role, *rest in about["roles"])
        yield Person(about["email"], about["first_name"], about["last_name"], about["post"], roles)


def _other_staff() -> Iterator[Person]:
    """A head and two clerks for every department, a head and a secretary for every other body, three more people in
    the office's registry, the mayor."""
    names = Names("staff")
    taken: set[str] = set()

    def person(domain: str, post: str, *roles: tuple[str, str, bool]) -> Person:
        while True:
            first, last = names.next()
            email = f"{_address_part(first)}.{_address_part(last)}@{domain}"
            if email not in taken:
                taken.add(email)
                return Person(email, first, last, post, roles)

    office = "um.example.test"
    yield person(office, "Prezydent Miasta", ("UM", Role.HEAD, False))
    yield person(office, "Sekretarz Miasta", ("UM", Role.CLERK, False), ("OR", Role.HEAD, False))
    departments = [row["symbol"] for row in reading.table("departments.csv")]
    for _n in range(2):
        yield person(office, "Referent w Kancelarii Ogólnej",
                     *((symbol, Role.REGISTRY, False) for symbol in ["UM", *departments]))
    for row in reading.table("departments.csv"):
        kind = "Kierownik" if row["name"].startswith(("Biuro", "Urząd")) else "Naczelnik"
        genitive = row["name"]
        for name in ("Wydział", "Biuro", "Urząd"):
            genitive = genitive.replace(f"{name} ", f"{_GENITIVE[name]} ")
        if row["symbol"] not in {"OR", "SO"}:
            yield person(office, f"{kind} {genitive}", (row["symbol"], Role.HEAD, False))
        yield person(office, "Inspektor", (row["symbol"], Role.CLERK, False))
        yield person(office, "Podinspektor", (row["symbol"], Role.CLERK, False))
    for row in reading.table("bodies.csv"):
        domain, symbol = row["email"].split("@")[1], row["symbol"]
        head = person(domain, row["head_post"], (symbol, Role.HEAD, False))
        clerk = person(domain, row["clerk_post"], (symbol, Role.CLERK, False), (symbol, Role.REGISTRY, False))
        if symbol != "SP-1":  # its people are among the accounts shown
            yield from (head, clerk)


def staff(show: Show) -> None:
    """Add the staff that is missing, with their roles since the town began.

    Hashing a password is slow on purpose, so everybody's is hashed once: the accounts are made without one, and get
    the common hash together (no deed: nobody's rights change by it)."""
    units = town.by_symbol()
    known = set(User.objects.values_list("email", flat=True))
    wanted = [*_shown_staff(), *_other_staff()]
    for person in show.walk("Pracownicy", wanted):
        if person.email not in known:
            _hire(person, units)
    about = reading.toml(ACCOUNTS)["operator"]
    if about["email"] not in known:
        boss = User.objects.create_superuser(about["email"], None, first_name=about["first_name"],
                                             last_name=about["last_name"])
        EmailAddress.objects.create(user=boss, email=boss.email, verified=True, primary=True)
    _common_password()


@transaction.atomic
def _hire(person: Person, units: dict[str, Unit]) -> None:
    user = users.create_staff(SYSTEM, email=person.email, first_name=person.first_name, last_name=person.last_name,
                              post=person.post)
    for symbol, role, subtree in person.roles:
        memberships.start(SYSTEM, user=user, unit=units[symbol], role=role, subtree=subtree, valid_from=SINCE)


def _common_password() -> None:
    unusable = "!"  # Django's mark of a password that nobody knows
    User.objects.filter(email__endswith="example.test", password__startswith=unusable).update(
        password=make_password(reading.toml(ACCOUNTS)["password"]))


def _neighbours() -> list[dict[str, Any]]:
    """Eight more citizens with accounts."""
    names, streets = Names("citizens"), reading.toml("town.toml")["names"]["streets"]
    found = []
    for number in range(8):
        first, last = names.next()
        found.append({
            "email": f"{_address_part(first)}.{_address_part(last)}{number}@poczta.example.test", "first_name": first,
            "last_name": last, "pesel_born": f"22{10 + number * 7}-0{number % 9 + 1}-1{number}",
            "street": streets[number * 4], "house": str(number * 3 + 1), "flat": str(number + 2),
            "confirmed": number % 2 == 0})
    return found


def people(show: Show) -> None:
    """Add the citizens' accounts that are missing; some of them were confirmed at the counter."""
    data = reading.toml("town.toml")
    office = town.office()
    assert office is not None
    wanted = [*reading.toml(ACCOUNTS)["citizen"], *_neighbours()]
    for number, about in enumerate(show.walk("Mieszkańcy z kontem", wanted)):
        if not Citizen.objects.filter(user__email=about["email"]).exists():
            _settle(about, number, office, data)
    _common_password()


@transaction.atomic
def _settle(about: dict[str, Any], number: int, office: Unit, data: dict[str, Any]) -> None:
    user, _made = User.objects.get_or_create(email=about["email"], defaults={"password": make_password(None)})
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    fields: dict[str, Any] = {
        "first_name": about["first_name"], "last_name": about["last_name"], "phone": f"600 555 {100 + number}",
        "pesel": synthetic_pesel(dt.date.fromisoformat(about["pesel_born"]), 1200 + number * 37),
        "street": about["street"], "house": about["house"], "flat": about["flat"],
        "postcode": data["office"]["postcode"], "town": data["town"]}
    citizens.register(SYSTEM, user=user, **fields)
    if about["confirmed"]:
        citizens.confirm_identity(SYSTEM, user=user, unit=office)
