"""Deeds on cases. Every public function is one transaction with one entry, unless its docstring says otherwise."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from documents import numbering, tracking
from documents.filing import Sender
from documents.models import (
    Case,
    CaseGroupObjectPermission,
    CaseUserObjectPermission,
    Party,
)
from documents.services.plan import end_class
from journal.clock import warsaw_day
from journal.errors import Conflict, NotFound, Refused
from journal.models import Audience
from journal.record import record
from journal.rows import insert
from people.access import Access, grant, revoke
from people.models import RoleGroup, Unit, User


def lock(case: Case | int) -> Case:
    """The case's row, locked until the transaction ends. Raises NotFound. For deeds here and above."""
    pk = case if isinstance(case, int) else case.pk
    found = Case.objects.select_for_update(of=("self",)).select_related("unit", "body").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such case."))
    return found


def require_open(case: Case) -> None:
    """Raise Conflict when the case is closed or crossed out."""
    if case.crossed_at is not None:
        raise Conflict(_("The case was crossed out of the case list; nothing more can be done in it."))
    if case.closed_at is not None:
        raise Conflict(_("The case is closed; nothing more can be done in it."))


def may_read(actor: Access, case: Case) -> bool:
    """Whether the actor sees the case (the one rule of `visible_to`)."""
    return Case.objects.visible_to(actor).filter(pk=case.pk).exists()


def require_handling(
    actor: Access, case: Case, permission: str = "handle_cases", *, unit_id: int | None = None
) -> None:
    """Raise NotFound when the actor may not see the case, NotAllowed when it may only be read. `unit_id`: where the
    permission is needed, if not in the case's unit."""
    if not actor.is_system and not may_read(actor, case):
        raise NotFound(_("There is no such case."))
    actor.require(permission, unit_id or case.unit_id)


def touch(case: Case, *fields: str) -> None:
    """Save the named fields and raise the version that the search index compares."""
    case.version = F("version") + 1
    case.save(update_fields=[*fields, "version"])
    case.refresh_from_db(fields=["version"])


@transaction.atomic
def open(
    actor: Access,
    *,
    unit: Unit,
    title: str,
    received_at: dt.datetime | None = None,
    owner_id: int | None = None,
    guest_factors: Sequence[str] = (),
    parties: Iterable[Party | Sender] = (),
    clearance: int = 0,
    happened_at: dt.datetime | None = None,
) -> Case:
    """What `enter` does, as a deed of its own. The office's own machinery brings in what happened earlier."""
    moment = actor.moment(happened_at or (received_at if actor.is_system else None), unit)
    return enter(actor, unit=unit, title=title, now=moment, received_at=received_at, owner_id=owner_id,
                 guest_factors=guest_factors, parties=parties, clearance=clearance)


def enter(
    actor: Access,
    *,
    unit: Unit,
    title: str,
    now: dt.datetime,
    received_at: dt.datetime | None = None,
    owner_id: int | None = None,
    guest_factors: Sequence[str] = (),
    parties: Iterable[Party | Sender] = (),
    clearance: int = 0,
    due_on: dt.date | None = None,
) -> Case:
    """A new case without reference, with a fresh tracking code. Entry `case.opened`.

    Anybody may open a case by filing: a guest, or a citizen for themselves (`owner_id`). Staff need `register_letters`
    or `handle_cases` in the unit. `guest_factors` are plain (e-mail, ISO date) and kept hashed; `parties` (as filed, or
    unsaved rows) become the case's. `received_at` (default now) may lie before the deed: a letter is registered after
    it came. Inside the caller's transaction; `now`: the moment of the deed. Raises NotAllowed, Refused (empty title,
    unit closed).
    """
    require_opening(actor, unit, owner_id)
    if not title.strip():
        raise Refused(_("Give the case a title."))
    if unit.closed_on is not None and unit.closed_on < warsaw_day(now):
        raise Refused(_("This unit is closed and takes no cases."))
    code = tracking.new_code()
    case = insert(Case(
        unit=unit, body=unit.body or unit, title=title.strip()[:250], tracking_code=code,
        guest_factors=[tracking.hash_factor(code, factor) for factor in guest_factors if factor],
        owner_id=owner_id, received_at=received_at or now, clearance=clearance, due_on=due_on,
    ))  # fmt: skip
    people = [party if isinstance(party, Party) else party_of(party, user_id=owner_id) for party in parties]
    for party in people:
        party.case = case
        insert(party)
    record(actor, "case.opened", case, case_id=case.pk, unit_id=unit.pk, audience=Audience.STAFF,
           data={"clearance": clearance} if clearance else {}, happened_at=now, body_id=case.body_id)
    return case


def no_data() -> str:
    """What stands in the register where a filing says nothing; in the office's language, whoever files."""
    with translation.override("pl"):
        return _("no data")


def party_of(sender: Sender, *, user_id: int | None = None) -> Party:
    """An unsaved Party with what a filing says of its sender; "no data" where it names nobody."""
    fields = dataclasses.asdict(sender)
    fields["name"] = (sender.name.strip() or sender.email or no_data())[:200]
    return Party(user_id=user_id, **fields)


def require_opening(actor: Access, unit: Unit, owner_id: int | None) -> None:
    """Anybody may file: as a guest, for their own account, or (a citizen signed in) in a guest's case that they opened.
    Staff who file for somebody need a right in the unit. Raises NotAllowed."""
    if actor.is_system or (owner_id is None and not actor.roles):
        return
    if owner_id is not None and owner_id == actor.user_id:
        return
    actor.require_any(("register_letters", "handle_cases"), unit)


@transaction.atomic
def register(actor: Access, *, case: Case, class_symbol: str, at_intake: bool = False,
             happened_at: dt.datetime | None = None) -> Case:
    """Give the case its reference (*znak sprawy*): unit symbol, end class of the body's plan in force that day, number,
    year of the registration in Europe/Warsaw. Entry `case.registered`. Needs `handle_cases` in the case's unit.
    `at_intake`: the service gives the reference at once, in intake's own transaction, whoever files.

    Raises Conflict when it has one already (never renumbered), Refused when the class is none or no end class.
    """
    case = lock(case)
    if at_intake:
        happened_at = happened_at or (case.received_at if actor.is_system else None)
    else:
        require_handling(actor, case)
    moment = actor.moment(happened_at, case.unit_id)
    require_open(case)
    if case.reference is not None:
        raise Conflict(_("The case already has its reference: %(reference)s.") % {"reference": case.reference})
    day = warsaw_day(moment)
    try:
        found = end_class(case.body, class_symbol, day)
    except NotFound as error:
        raise Refused(error.message) from error
    number = numbering.next_value(numbering.case_scope(case.unit, found.symbol, day.year))
    case.classification, case.year, case.number = found, day.year, number
    case.reference = numbering.case_reference(case.unit.symbol, found.symbol, number, day.year)
    case.registered_at = moment
    touch(case, "classification", "year", "number", "reference", "registered_at")
    record(actor, "case.registered", case, case_id=case.pk, unit_id=case.unit_id, audience=Audience.PARTY,
           data={"reference": case.reference, "class": found.symbol}, happened_at=moment)
    return case


@transaction.atomic
def share(actor: Access, *, case: Case, reader: User | Group, reason: str = "") -> Case:
    """Open one case to one person or role group. Entry `case.shared`. Needs `handle_cases` in its unit and sight of
    the case. Sharing twice is Conflict."""
    case = lock(case)
    require_handling(actor, case)
    if _shares(case, reader).exists():
        raise Conflict(_("The case is already shared with this reader."))
    grant("read_case", reader, case)
    touch(case)
    record(actor, "case.shared", case, case_id=case.pk, unit_id=case.unit_id, data=_reader(reader),
           detail={"reason": reason} if reason else None)
    return case


def open_to_position(actor: Access, *, case: Case, role: str, unit: Unit) -> None:
    """Let a position outside the case's unit, to which the case's route leads, read the case. Called within a deed that
    has locked the case and required its right. Entry `case.shared` for each role group that could not read it before.
    """
    groups = RoleGroup.objects.filter(
        models.Q(unit=unit) | models.Q(subtree=True, unit__in=unit.get_ancestors()), role=role
    ).select_related("group")
    for held in groups:
        if _shares(case, held.group).exists():
            continue
        grant("read_case", held.group, case)
        touch(case)
        record(actor, "case.shared", case, case_id=case.pk, unit_id=case.unit_id, data=_reader(held.group))


@transaction.atomic
def unshare(actor: Access, *, case: Case, reader: User | Group) -> Case:
    """Take a share back. Entry `case.unshared`. Raises Conflict when there is none."""
    case = lock(case)
    require_handling(actor, case)
    if not _shares(case, reader).exists():
        raise Conflict(_("The case is not shared with this reader."))
    if case.sealed and _share_count(case) == 1:
        raise Refused(_("A sealed case must keep at least one reader."))
    revoke("read_case", reader, case)
    touch(case)
    record(actor, "case.unshared", case, case_id=case.pk, unit_id=case.unit_id, data=_reader(reader))
    return case


@transaction.atomic
def seal(actor: Access, *, case: Case, readers: Sequence[User | Group], reason: str) -> Case:
    """Close the case to everybody but the named readers (and the acting person). Entry `case.sealed`. Needs
    `handle_cases` and `assign` in its unit (a head), and a reason."""
    case = lock(case)
    require_handling(actor, case, "assign")
    if case.sealed:
        raise Conflict(_("The case is already sealed."))
    if not reason.strip():
        raise Refused(_("Give the reason for sealing."))
    named: list[User | Group] = list(readers)
    if actor.user_id is not None and all(not isinstance(r, User) or r.pk != actor.user_id for r in named):
        named.append(User.objects.get(pk=actor.user_id))
    if not named:
        raise Refused(_("A sealed case must keep at least one reader."))
    for reader in named:
        if not _shares(case, reader).exists():
            grant("read_case", reader, case)
    case.sealed = True
    touch(case, "sealed")
    record(actor, "case.sealed", case, case_id=case.pk, unit_id=case.unit_id,
           data={"readers": [_reader(reader) for reader in named]}, detail={"reason": reason})
    return case


@transaction.atomic
def unseal(actor: Access, *, case: Case, reason: str) -> Case:
    """Open a sealed case to its unit again; shares stay. Entry `case.unsealed`. Needs to be one of its readers and
    `assign` in its unit."""
    case = lock(case)
    require_handling(actor, case, "assign")
    if not case.sealed:
        raise Conflict(_("The case is not sealed."))
    case.sealed = False
    touch(case, "sealed")
    record(actor, "case.unsealed", case, case_id=case.pk, unit_id=case.unit_id, detail={"reason": reason})
    return case


@transaction.atomic
def close(actor: Access, *, case: Case, outcome: str, happened_at: dt.datetime | None = None) -> Case:
    """Close the case; `outcome` says how it was settled, for the case list. Entry `case.closed`. Needs `handle_cases`.
    Raises Conflict when closed or crossed, Refused without reference or outcome."""
    case = lock(case)
    require_handling(actor, case)
    moment = actor.moment(happened_at, case.unit_id)
    require_open(case)
    if case.reference is None:
        raise Refused(_("Register the case before you close it."))
    if not outcome.strip():
        raise Refused(_("Say how the case was settled."))
    case.closed_at, case.outcome = moment, outcome.strip()[:80]
    touch(case, "closed_at", "outcome")
    record(actor, "case.closed", case, case_id=case.pk, unit_id=case.unit_id, audience=Audience.PARTY,
           detail={"outcome": case.outcome}, happened_at=moment)
    return case


@transaction.atomic
def cross(actor: Access, *, case: Case, reason: str, happened_at: dt.datetime | None = None) -> Case:
    """Cross a wrongly opened case out of the case list: its number stays used. Entry `case.crossed`. Needs
    `handle_cases` and a reason."""
    case = lock(case)
    require_handling(actor, case)
    moment = actor.moment(happened_at, case.unit_id)
    require_open(case)
    if not reason.strip():
        raise Refused(_("Give the reason for crossing the case out."))
    case.crossed_at = moment
    touch(case, "crossed_at")
    record(actor, "case.crossed", case, case_id=case.pk, unit_id=case.unit_id, detail={"reason": reason},
           happened_at=moment)
    return case


def _shares(case: Case, reader: User | Group) -> models.QuerySet[Any]:
    found: models.QuerySet[Any]
    if isinstance(reader, User):
        found = CaseUserObjectPermission.objects.filter(content_object=case, user=reader)
    else:
        found = CaseGroupObjectPermission.objects.filter(content_object=case, group=reader)
    return found


def _share_count(case: Case) -> int:
    """How many shares there are; beyond two it does not matter."""
    return sum(len(model.objects.filter(content_object=case)[:2])
               for model in (CaseUserObjectPermission, CaseGroupObjectPermission))


def _reader(reader: User | Group) -> dict[str, int]:
    return {"user": reader.pk} if isinstance(reader, User) else {"group": reader.pk}
