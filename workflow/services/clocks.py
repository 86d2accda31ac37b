"""Time that does not run, and new dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from documents.models import Case
from journal.clock import DbToday, db_now, warsaw_day
from journal.errors import Refused
from journal.models import Audience
from journal.record import record
from people.access import SYSTEM, Access
from workflow import process, states
from workflow.models import DeadlineExtension, Interval
from workflow.services import sealed

#: Cases noted in one run; the next run goes on.
AT_ONCE = 1000

@transaction.atomic
def extend_deadline(
    actor: Access, *, case: Case, new_day: dt.date, reason: str, happened_at: dt.datetime | None = None
) -> DeadlineExtension:
    """Set a new date for settling the case and tell every party why, each by a letter under the unit's seal; by which
    article, until when at most, and whether it also says how to file a reminder (art. 37 k.p.a.), is told by the law of
    the service (`workflow.regimes`).

    Needs `handle_cases`. Raises Refused for a date that is past, not later, or later than that law allows; without a
    reason, or when there is no party to tell. Entries: those of the letter, and case.extended for the new date itself.
    """
    case = process.handled_case(actor, case.pk)
    states.require(case, states.Verb.EXTEND)
    if not reason.strip():
        raise Refused(_("Say why the case cannot be settled in time."))
    if case.due_on and new_day <= case.due_on:
        raise Refused(_("The new date must be later than the one there is."))
    moment = actor.moment(happened_at, case.unit)
    today = warsaw_day(moment)
    if new_day < today:
        raise Refused(_("The new date lies in the past."))
    law = process.regime_of(case, today)
    counted = process.count(case, as_of=today)
    last = process.last_new_day(case, counted, law)
    if last is not None and new_day > last:
        raise Refused(
            _("By law the new date is no later than %(day)s (%(article)s).")
            % {"day": f"{last:%d.%m.%Y}", "article": law.delay_article}
        )
    told = sealed.send_to_all(
        actor,
        case=case,
        kind="extension",
        subject=_("Notice of a new date for settling the case"),
        content={"article": law.delay_article, "reason": reason.strip(), "new_day": f"{new_day:%d.%m.%Y}",
                 "reminder": law.reminder},  # fmt: skip
        moment=moment,
        happened_at=happened_at,
    )
    extension = DeadlineExtension.objects.create(
        case=case, new_day=new_day, notified_on=today, reason=reason
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
        data={"new_day": new_day.isoformat(), "article": law.delay_article, "letter": told[0].pk},
        detail={"reason": reason},
        happened_at=moment,
    )
    return extension


def note_overdue() -> int:
    """Note every open case whose time has passed, once for each due day, so that its clerk and head are told; how many.
    An entry for each: case.overdue. Time that stands still passes nothing."""
    late = Case.objects.open().filter(
        ~Exists(Interval.objects.filter(case=OuterRef("pk"), until_day__isnull=True)), due_on__lt=DbToday(),
        left_at=None, transferred_at=None, withdrawn_at=None, delivered_at=None, decision_ready_at=None,
    )  # fmt: skip
    late = late.exclude(process__overdue_noted_for=F("due_on")).order_by("due_on", "pk")
    return sum(_note_one(pk) for pk in list(late.values_list("pk", flat=True)[:AT_ONCE]))


@transaction.atomic
def _note_one(case_id: int) -> bool:
    case = process.locked_case(case_id)
    if case.due_on is None or case.due_on >= warsaw_day(db_now()) or case.process.overdue_noted_for == case.due_on:
        return False
    case.process.overdue_noted_for = case.due_on
    case.process.save(update_fields=["overdue_noted_for"])
    record(SYSTEM, "case.overdue", case, case_id=case.pk, unit_id=case.unit_id,
           data={"due_on": case.due_on.isoformat()})  # fmt: skip
    return True


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
