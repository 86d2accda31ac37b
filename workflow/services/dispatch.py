"""The registry hands paper letters over to the post."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Delivery
from documents.services import deliveries
from journal.clock import db_now
from journal.errors import Refused
from people.access import Access
from workflow import process
from workflow.models import RouteStep, Task


@transaction.atomic
def post(actor: Access, *, task: Task, posted_on: dt.date, tracking_number: str = "") -> Delivery:
    """Record that a paper letter was posted. Needs `dispatch_letters`. One entry: delivery.posted (by documents)."""
    task, _case = process.locked_task(actor, task.pk)
    actor = actor.in_place_of(task.assignee_id)
    actor.require("dispatch_letters", task.unit_id)
    if task.verb != RouteStep.Verb.DISPATCH or task.letter_id is None:
        raise Refused(_("This task is not of that kind."))
    process.close_task(task, by=actor, outcome="dispatched", now=db_now())
    delivery = Delivery.objects.select_for_update().get(letter_id=task.letter_id)
    return deliveries.mark_posted(actor, delivery=delivery, posted_on=posted_on, tracking_number=tracking_number)
