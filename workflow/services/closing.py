"""How a case ends."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Case, Letter
from documents.services import cases
from journal.clock import warsaw_day
from journal.errors import Refused
from people.access import SYSTEM, Access
from workflow import process, states
from workflow.services.decisions import SETTLING


@transaction.atomic
def close_case(actor: Access, *, case: Case, outcome: str, happened_at: dt.datetime | None = None) -> Case:
    """Close a settled case; says how it was settled. Needs `handle_cases`. Raises Refused for one whose time has passed
    and whose party was told of no new date. One entry: case.closed (by documents)."""
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.CLOSE)
    if not outcome.strip():
        raise Refused(_("Say how the case was settled."))
    moment = actor.moment(happened_at, case.unit)
    if case.delivered_at is None:
        process.require_told(case, warsaw_day(moment))
    process.cancel_tasks(case, by=actor, now=moment)
    return cases.close(actor, case=case, outcome=outcome, happened_at=happened_at)


@transaction.atomic
def cross_out(actor: Access, *, case: Case, reason: str, happened_at: dt.datetime | None = None) -> Case:
    """Cross out a case that was opened by mistake; its number stays used and its tasks end. Needs `handle_cases`.
    One entry: case.crossed (by documents)."""
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.CROSS)
    process.cancel_tasks(case, by=actor, now=actor.moment(happened_at, case.unit))
    return cases.cross(actor, case=case, reason=reason, happened_at=happened_at)


def delivered(letter: Letter, moment: dt.datetime) -> None:
    """A settling letter was delivered: the case is delivered and closes. Called by the follower; idempotent."""
    if letter.case_id is None or letter.kind not in SETTLING:
        return
    case = process.locked_case(letter.case_id)
    if case.delivered_at is not None or not states.allowed(states.case_state(case), states.Verb.DELIVER):
        return
    case.delivered_at = moment
    case.save(update_fields=["delivered_at"])
    process.cancel_tasks(case, by=SYSTEM, now=moment)
    cases.close(SYSTEM, case=case, outcome=letter.kind, happened_at=moment)
