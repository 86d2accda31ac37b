"""Deeds on whom an account represents."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.pl import nip as nip_number
from stdnum.pl import pesel as pesel_number

from journal.clock import db_now
from journal.errors import NotAllowed, NotFound, Refused
from journal.record import record
from people.access import Access
from people.models import Represented, User

Kind, Basis = Represented.Kind, Represented.Basis
#: Bases that each kind may have.
BASES: dict[str, frozenset[str]] = {
    Kind.CHILD: frozenset({Basis.PARENT, Basis.GUARDIAN}),
    Kind.ORGANISATION: frozenset({Basis.REGISTER, Basis.ATTORNEY}),
    Kind.PERSON: frozenset({Basis.ATTORNEY, Basis.GUARDIAN}),
}
FIELDS = ("first_name", "last_name", "name", "pesel", "nip", "krs", "street", "house", "flat", "postcode", "town")
#: More of them than this are no household and no small firm.
MOST = 30


def _checked(kind: str, basis: str, valid_until: dt.date | None, fields: dict[str, Any]) -> dict[str, Any]:
    if basis not in BASES.get(kind, frozenset()):
        raise Refused(_("This basis does not fit whom you represent."))
    said = {name: " ".join(str(fields.get(name) or "").split()) for name in FIELDS}
    if kind == Kind.ORGANISATION:
        if not said["name"]:
            raise Refused(_("Give the name of the company or organisation."))
        said |= {"first_name": "", "last_name": "", "pesel": ""}
    else:
        if not said["first_name"] or not said["last_name"]:
            raise Refused(_("Give the first and the last name."))
        said |= {"name": "", "nip": "", "krs": ""}
    try:
        said["pesel"] = pesel_number.validate(said["pesel"]) if said["pesel"] else ""
        said["nip"] = nip_number.validate(said["nip"]) if said["nip"] else ""
    except WrongNumber as error:
        raise Refused(_("The PESEL or NIP number is wrong. Check its digits.")) from error
    if said["krs"] and not (said["krs"].isascii() and said["krs"].isdigit() and len(said["krs"]) == 10):
        raise Refused(_("A KRS number has ten digits."))
    return {**said, "kind": kind, "basis": basis, "valid_until": valid_until}


def _own(actor: Access, user: User) -> None:
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the citizen changes their own data."))


@transaction.atomic
def add(
    actor: Access, *, user: User, kind: str, basis: str, valid_until: dt.date | None = None, **fields: Any
) -> Represented:
    """Declare whom an account represents. Raises NotAllowed for anybody else, Refused for what cannot be. One entry:
    representation.added (without names)."""
    _own(actor, user)
    if len(Represented.objects.of(user).current().values_list("pk")[:MOST]) >= MOST:
        raise Refused(_("You represent %(n)d parties already; end one first.") % {"n": MOST})
    found = Represented.objects.create(owner=user, created_at=db_now(), **_checked(kind, basis, valid_until, fields))
    record(actor, "representation.added", found, data={"kind": kind, "basis": basis})
    return found


@transaction.atomic
def change(
    actor: Access, *, user: User, pk: int, kind: str, basis: str, valid_until: dt.date | None = None, **fields: Any
) -> Represented:
    """Correct what is known of one; what was filed before keeps its words. Raises as `add`, NotFound for another's or
    an ended one. One entry: representation.changed."""
    _own(actor, user)
    found = _current(user, pk)
    for name, value in _checked(kind, basis, valid_until, fields).items():
        setattr(found, name, value)
    found.save()
    record(actor, "representation.changed", found, data={"kind": kind, "basis": basis})
    return found


@transaction.atomic
def end(actor: Access, *, user: User, pk: int) -> Represented:
    """End it: nothing is filed in that name any more. Raises as `change`. One entry: representation.ended."""
    _own(actor, user)
    found = _current(user, pk)
    found.ended_at = db_now()
    found.save(update_fields=["ended_at"])
    record(actor, "representation.ended", found)
    return found


def _current(user: User, pk: int) -> Represented:
    found = Represented.objects.select_for_update().of(user).filter(pk=pk, ended_at__isnull=True).first()
    if found is None:
        raise NotFound(_("There is no such party in your account."))
    return found
