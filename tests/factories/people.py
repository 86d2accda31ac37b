"""People for tests, made through the deeds only."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from allauth.account.models import EmailAddress

from journal.clock import db_now, warsaw_day
from people.access import SYSTEM, Access, access_of
from people.models import Citizen, Membership, Role, Unit, User
from people.services import citizens, identity, memberships, units, users

_count = itertools.count(1)
PASSWORD = "Prawidlowe-haslo-7"


def today() -> dt.date:
    """Today in Warsaw by the database clock."""
    return warsaw_day(db_now())


def town(schools: int = 2) -> dict[str, Unit]:
    """A small town: the office `UM` with departments `OR` and `FN`, and schools `SP-1`.. as bodies below it."""
    office = units.add(SYSTEM, parent=None, kind=Unit.Kind.BODY, symbol="UM", name="Urząd Miasta")
    made = {"UM": office}
    for symbol, name in (("OR", "Wydział Organizacyjny"), ("FN", "Wydział Finansowy")):
        made[symbol] = units.add(SYSTEM, parent=office, kind=Unit.Kind.CELL, symbol=symbol, name=name)
    for number in range(1, schools + 1):
        made[f"SP-{number}"] = units.add(
            SYSTEM, parent=office, kind=Unit.Kind.BODY, symbol=f"SP-{number}", name=f"Szkoła Podstawowa nr {number}"
        )
    return made


def staff(name: str = "", *, password: str | None = PASSWORD, **fields: Any) -> User:
    """A staff account without any role."""
    number = next(_count)
    return users.create_staff(
        SYSTEM,
        email=f"{name or 'osoba'}{number}@um.example.org",
        password=password,
        first_name=fields.pop("first_name", "Anna"),
        last_name=fields.pop("last_name", f"Testowa {number}"),
        **fields,
    )


def member(unit: Unit, role: str = Role.CLERK, user: User | None = None, **fields: Any) -> User:
    """A member of staff in a role of a unit (a new person unless one is given)."""
    user = user or staff()
    join(unit, role, user, **fields)
    return user


def join(unit: Unit, role: str, user: User, **fields: Any) -> Membership:
    """The membership that puts a person into a role."""
    return memberships.start(SYSTEM, user=user, unit=unit, role=role, **fields)


def actor(unit: Unit, role: str, **fields: Any) -> Access:
    """The access of a new person in a role."""
    return access_of(member(unit, role, **fields))


def citizen(**fields: Any) -> Citizen:
    """A citizen with a confirmed address."""
    email = fields.pop("email", f"obywatel{next(_count)}@example.org")
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return citizens.register(Access(user_id=user.pk), user=user, **fields)


def identity_code(citizen: Citizen) -> str:
    """The code that the citizen shows at the counter."""
    code, _kept = identity.make_code(Access(user_id=citizen.user_id), user=citizen.user)
    return code
