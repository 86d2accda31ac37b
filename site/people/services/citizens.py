"""Deeds on citizens' accounts."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.pl import pesel as pesel_number

from journal.clock import db_now
from journal.errors import Conflict, NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import Assurance, Citizen, Unit, User
from people.services import identity

#: What the citizen may change; assurance never is among them.
FIELDS = frozenset({"pesel", "birth_date", "street", "house", "flat", "postcode", "town", "language"})
NAMES = frozenset({"first_name", "last_name", "phone"})
#: Proven at the counter; when the citizen changes one of them, the proof is gone.
PROVEN = frozenset({"pesel", "birth_date", "first_name", "last_name"})


@transaction.atomic
def register(actor: Access, *, user: User, **fields: object) -> Citizen:
    """Make a user with a confirmed e-mail address a citizen. Done once: the second time answers what there is."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff:
        raise Refused(_("A staff account cannot be a citizen's account."))
    found = Citizen.objects.filter(user=user).first()
    if found:
        return found
    citizen = Citizen(user=user)
    _write(citizen, user, fields)
    citizen.save()
    record(actor, "citizen.registered", citizen, data={"user": user.pk})
    return citizen


@transaction.atomic
def update_profile(actor: Access, *, user: User, **fields: object) -> Citizen:
    """Change what an account knows of its citizen, by the citizen. Whoever changes proven data (name, PESEL) is no
    longer confirmed: the document that was seen said something else.

    Raises NotAllowed for anybody else; Refused for a wrong PESEL."""
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the citizen changes their own data."))
    citizen = _locked(user)
    before = _proven(citizen)
    _write(citizen, citizen.user, fields)
    lowered = citizen.assurance >= Assurance.CONFIRMED and _proven(citizen) != before
    if lowered:
        _lower(citizen)
    citizen.save()
    data = {"user": user.pk, "fields": sorted(fields), **({"lowered": True} if lowered else {})}
    record(actor, "citizen.changed", citizen, data=data)
    return citizen


@transaction.atomic
def confirm_identity(actor: Access, *, user: User, unit: Unit, code: str = "", **fields: object) -> Citizen:
    """Note that the citizen showed an identity document in the office; `fields` are data read from it, `code` is what
    the account shows (`identity.make_code`), so that no other account is confirmed by mistake; only the system does
    without.

    Needs `register_letters` in the unit (the registry's counter). The account must hold first and last name and PESEL
    afterwards. Raises NotAllowed; Refused when they are missing or wrong, for a wrong code, or when another
    account proved the same PESEL."""
    actor.require("register_letters", unit)
    citizen = _locked(user)
    if not actor.is_system:
        identity.spend(code, user)
    _write(citizen, citizen.user, fields)
    if not (citizen.pesel and citizen.user.first_name and citizen.user.last_name):
        raise Refused(_("First name, last name and PESEL must be copied from the identity document."))
    if Citizen.objects.filter(pesel=citizen.pesel, assurance__gte=Assurance.CONFIRMED).exclude(pk=citizen.pk).exists():
        raise Refused(_("Another account has already been confirmed with this PESEL."))
    citizen.assurance = max(citizen.assurance, Assurance.CONFIRMED)
    citizen.confirmed_at, citizen.confirmed_by_id, citizen.confirmed_in = db_now(), actor.user_id, unit
    citizen.save()
    record(actor, "citizen.confirmed", citizen, unit_id=unit.pk, data={"user": user.pk})
    return citizen


@transaction.atomic
def revoke_confirmation(actor: Access, *, user: User) -> Citizen:
    """Take a confirmation back, e.g. one given to the wrong account. Needs `register_letters` in the unit that gave it
    (in any unit where none is noted). Entry `citizen.unconfirmed`.

    Raises NotAllowed, Refused when it is no citizen's account, Conflict when nothing is confirmed."""
    citizen = _locked(user)
    unit = citizen.confirmed_in
    if unit is not None:
        actor.require("register_letters", unit)
    elif not actor.is_system and not actor.anywhere("register_letters"):
        raise NotAllowed(_("You have no permission to do this in this unit."))
    if citizen.assurance < Assurance.CONFIRMED:
        raise Conflict(_("The identity of this account is not confirmed."))
    _lower(citizen)
    citizen.save()
    record(actor, "citizen.unconfirmed", citizen, unit_id=unit.pk if unit else None, data={"user": user.pk})
    return citizen


def _lower(citizen: Citizen) -> None:
    citizen.assurance = Assurance.ACCOUNT
    citizen.confirmed_at = citizen.confirmed_by = citizen.confirmed_in = None


def _proven(citizen: Citizen) -> tuple[object, ...]:
    return tuple(getattr(citizen.user if name in NAMES else citizen, name) for name in sorted(PROVEN))


def _locked(user: User) -> Citizen:
    citizen = Citizen.objects.select_for_update(of=("self",)).select_related("user").filter(user=user).first()
    if citizen is None:
        raise Refused(_("This is not a citizen's account."))
    return citizen


def _write(citizen: Citizen, user: User, fields: dict[str, object]) -> None:
    unknown = fields.keys() - FIELDS - NAMES
    if unknown:
        raise TypeError(f"unknown fields of a citizen: {sorted(unknown)}")
    for key, value in fields.items():
        owner = user if key in NAMES else citizen
        setattr(owner, key, value.strip() if isinstance(value, str) else value)
    if citizen.pesel:
        citizen.birth_date = _birth_date(citizen)
    if fields.keys() & NAMES:
        user.save(update_fields=sorted(fields.keys() & NAMES))


def _birth_date(citizen: Citizen) -> dt.date:
    """The birth date that the PESEL says (Act on population records, art. 15). Raises Refused for a wrong number."""
    try:
        citizen.pesel = pesel_number.validate(citizen.pesel)
    except WrongNumber as error:
        raise Refused(_("This PESEL is wrong: check the digits.")) from error
    born: dt.date = pesel_number.get_birth_date(citizen.pesel)
    return born
