"""Time that does not run, and new dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Case
from journal.clock import warsaw_day
from journal.errors import Refused
from journal.models import Audience
from journal.record import record
from people.access import Access
from workflow import process, states
from workflow.models import DeadlineExtension, Interval
from workflow.services import sealed

EXTENSION_ARTICLE = "art. 36 § 1 k.p.a."


@transaction.atomic
def extend_deadline(
    actor: Access, *, case: Case, new_day: dt.date, reason: str, happened_at: dt.datetime | None = None
) -> DeadlineExtension:
    """Set a new date for settling the case and tell every party why (art. 36 k.p.a.), each by a letter under the
    unit's seal that also says how to file a reminder (art. 37).

    Needs `handle_cases`. Raises Refused for a date that is past or not later, without a reason, or when there is no
    party to tell. Entries: those of the letter, and case.extended for the new date itself.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.EXTEND)
    if not reason.strip():
        raise Refused(_("Say why the case cannot be settled in time."))
    if case.due_on and new_day <= case.due_on:
        raise Refused(_("The new date must be later than the one there is."))
    moment = actor.moment(happened_at, case.unit)
    if new_day < warsaw_day(moment):
        raise Refused(_("The new date lies in the past."))
    told = sealed.send_to_all(
        actor,
        case=case,
        kind="extension",
        subject=_("Notice of a new date for settling the case"),
        content={"article": EXTENSION_ARTICLE, "reason": reason.strip(), "new_day": f"{new_day:%d.%m.%Y}"},
        moment=moment,
        happened_at=happened_at,
    )
    extension = DeadlineExtension.objects.create(
        case=case, new_day=new_day, notified_on=warsaw_day(moment), reason=reason
    )
    process.recount(case)
    process.touch(case)
    record(
        actor,
        "case.extended",
        case,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data={"new_day": new_day.isoformat(), "article": EXTENSION_ARTICLE, "letter": told[0].pk},
        detail={"reason": reason},
        happened_at=moment,
    )
    return extension


def _interval_entry(
    actor: Access, action: str, case: Case, interval: Interval, moment: dt.datetime, reason: str
) -> None:
    process.recount(case)
    process.touch(case)
    data: dict[str, Any] = {"interval": interval.pk, "article": interval.article}
    record(
        actor,
        action,
        case,
        case_id=case.pk,
        unit_id=case.unit_id,
        audience=Audience.PARTY,
        data=data,
        detail={"reason": reason},
        happened_at=moment,
    )


@transaction.atomic
def suspend(
    actor: Access, *, case: Case, article: str, reason: str, happened_at: dt.datetime | None = None
) -> Interval:
    """Suspend the case (art. 97 or 98 k.p.a.): its terms stand still until it is resumed. One entry: case.suspended."""
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.SUSPEND)
    if not reason.strip() or not article.strip():
        raise Refused(_("A suspension needs an article and a reason."))
    moment = actor.moment(happened_at, case.unit)
    interval = Interval.objects.create(
        case=case, kind=Interval.Kind.SUSPENDED, article=article, reason=reason, from_day=warsaw_day(moment)
    )
    _interval_entry(actor, "case.suspended", case, interval, moment, reason)
    return interval


@transaction.atomic
def resume(actor: Access, *, case: Case, reason: str = "", happened_at: dt.datetime | None = None) -> Interval:
    """Take a suspended case up again. One entry: case.resumed."""
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.RESUME)
    moment = actor.moment(happened_at, case.unit)
    interval = case.intervals.get(kind=Interval.Kind.SUSPENDED, until_day__isnull=True)
    interval.until_day = max(warsaw_day(moment), interval.from_day)
    interval.save(update_fields=["until_day"])
    _interval_entry(actor, "case.resumed", case, interval, moment, reason)
    return interval
