"""Pages that wait for approval longer than their approval allows: said on the page, in the report, and by one mail."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.models import Page, TaskState

from cms_pages.moderation import FourEyesTask
from documents.free_days import ONE_DAY, POLAND
from journal.clock import db_now, warsaw_day
from journal.mail import send_once
from journal.notify import Mail
from journal.outside import is_outside
from people.access import valid_now
from people.models import Membership, Role, User

#: Pages looked at in one run.
MOST = 500


def due_on(state: TaskState, days: int) -> dt.date:
    """The last day on which an approval is in time: so many working days (Poland) after it was asked for."""
    day = warsaw_day(state.started_at)
    for _n in range(days):
        day = POLAND.next_working(day + ONE_DAY)
    return day


@dataclass(frozen=True)
class Waiting:
    """A page that waits for another editor, and until when it should be looked at."""

    page: Page
    state: TaskState
    task: FourEyesTask
    due: dt.date


def waiting() -> Iterator[Waiting]:
    """All pages that wait for another editor's approval, those asked for first before the others."""
    states = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).select_related("workflow_state", "task")
    tasks = FourEyesTask.objects.in_bulk()
    rows = [state for state in states.order_by("started_at")[:MOST] if state.task_id in tasks]
    pages = Page.objects.in_bulk([int(state.workflow_state.object_id) for state in rows])
    for state in rows:
        page, task = pages.get(int(state.workflow_state.object_id)), tasks[state.task_id]
        if page is not None:
            yield Waiting(page, state, task, due_on(state, task.days))


def remind() -> int:
    """Tell everybody who may approve a page that has waited too long, once for each time it waits; how many mails. An
    address that is refused keeps no other from being told."""
    today, sent = warsaw_day(db_now()), 0
    late = [each for each in waiting() if each.due < today]
    if not late:
        return 0
    editors = Membership.objects.filter(valid_now(), role_group__role=Role.EDITOR, user__is_active=True)
    people = User.objects.filter(pk__in=editors.values("user_id")).exclude(email="").order_by("pk")
    for user in people:
        for each in late:
            if any(name == "approve" for name, _label, _modal in each.task.get_actions(each.page, user)):
                try:
                    sent += send_once(f"moderation-late:{each.state.pk}:{user.pk}", user.email, _mail(each, user))
                except smtplib.SMTPException as error:
                    if is_outside(error):
                        raise
    return sent


def _mail(each: Waiting, user: User) -> Mail:
    with translation.override(settings.LANGUAGE_CODE):
        return Mail(
            to=(user.email,), subject=_("A page waits for approval"),
            lines=(_("The page “%(title)s” has waited for another editor since %(day)s; it should have been looked at "
                     "until %(due)s.")
                   % {"title": each.page.draft_title or each.page.title,
                      "day": date_format(warsaw_day(each.state.started_at), "j.m.Y"),
                      "due": date_format(each.due, "j.m.Y")},),
            link=settings.SITE_URL.rstrip("/") + reverse("wagtailadmin_pages:edit", args=[each.page.pk]),
            link_text=_("Open the page"), language=settings.LANGUAGE_CODE,
        )  # fmt: skip
