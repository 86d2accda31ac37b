"""The account's own pages beside the cases: letters to collect, forms begun, settings; and the days that are left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from cms_pages.forms.models import Draft
from cms_pages.models import CalendarFeed
from documents.models import Case, Delivery
from journal.clock import db_now, warsaw_day
from people.models import Assurance, Citizen, User
from workflow.models import SupplementRequest
from workflow.states import ENDED, State

PAGE = 20


class AccountView(LoginRequiredMixin, TemplateView):
    """A page of the account: whoever is not signed in is sent to sign in."""

    @property
    def user(self) -> User:
        """Who is signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def before(self) -> int | None:
        """The number behind which an older page of a list begins (`?przed=`); None on the first page."""
        text = self.request.GET.get("przed", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@dataclass(frozen=True)
class Countdown:
    """Whose time runs in a case, until which day, in words; `tone` as the component `deadline` knows it."""

    words: str
    day: dt.date
    tone: str


def countdown(case: Case, state: State, request: SupplementRequest | None, today: dt.date) -> Countdown | None:
    """The days that are left in a case: the party's, when the office has asked for something, else the office's.

    None for a case that is settled, that stands still, or whose time is not counted yet."""
    if state in ENDED or state in {State.DECISION_READY, State.DELIVERED}:
        return None
    if request is not None:
        if request.due_on is None:
            return None
        return Countdown(_yours((request.due_on - today).days), request.due_on, _tone((request.due_on - today).days))
    if case.due_on is None or state in {State.WAITING, State.SUSPENDED}:
        return None
    left = (case.due_on - today).days
    return Countdown(_theirs(left), case.due_on, "overdue" if left < 0 else "ok")


def _tone(left: int) -> str:
    return "overdue" if left < 0 else "soon" if left <= 3 else "ok"


def _yours(left: int) -> str:
    if left < 0:
        return _("The time for your answer has passed")
    if left == 0:
        return _("Answer today: it is the last day")
    return ngettext("%(n)d day left for your answer", "%(n)d days left for your answer", left) % {"n": left}


def _theirs(left: int) -> str:
    if left < 0:
        return ngettext("The office is %(n)d day late", "The office is %(n)d days late", -left) % {"n": -left}
    if left == 0:
        return _("The office's time ends today")
    return ngettext("The office has %(n)d day left", "The office has %(n)d days left", left) % {"n": left}


def count_down(cases: Iterable[Case]) -> None:
    """Give each case its `countdown`; the cases come from `states.with_state`. Two queries for all of them."""
    found = list(cases)
    waiting = SupplementRequest.objects.filter(case__in=found, answered_at__isnull=True, left_at__isnull=True)
    requests = {request.case_id: request for request in waiting}
    today = warsaw_day(db_now())
    for case in found:
        state = State(case.state)  # type: ignore[attr-defined]  # annotated by `with_state`
        case.countdown = countdown(case, state, requests.get(case.pk), today)  # type: ignore[attr-defined]  # template


class LettersView(AccountView):
    """Letters of the office to this account: first those that wait, then those that were collected, newest first."""

    template_name = "account/letters.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Delivery.objects.of_citizen(self.user)
        rows = mine.filter(first_notice_at__isnull=False).exclude(received_at__isnull=True, deemed_at__isnull=True)
        before = self.before()
        if before is not None:
            rows = rows.filter(pk__lt=before)
        with_letter = ("letter__case", "letter__body", "letter__signed_version")
        collected = list(rows.select_related(*with_letter).order_by("-pk")[: PAGE + 1])
        return super().get_context_data(
            waiting=[] if before else list(mine.waiting().select_related(*with_letter).order_by("pk")[:100]),
            collected=collected[:PAGE],
            following=collected[PAGE - 1].pk if len(collected) > PAGE else None,
            **kwargs,
        )


class DraftsView(AccountView):
    """Forms that were begun and not sent, with the day until which they are kept."""

    template_name = "account/drafts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = warsaw_day(db_now())
        drafts = list(
            Draft.objects.alive()
            .filter(owner=self.user)
            .select_related("version__page", "unit")
            .order_by("-updated_at")[:50]
        )
        for draft in drafts:
            left = (warsaw_day(draft.expires_at) - today).days
            draft.kept = (  # type: ignore[attr-defined]  # for the template
                ngettext("kept for %(n)d more day", "kept for %(n)d more days", left) % {"n": left}
                if left > 0
                else _("kept until the end of today")
            )
        return super().get_context_data(drafts=drafts, **kwargs)


class SettingsView(AccountView):
    """What can be set in the account, each with a way there."""

    template_name = "account/settings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        citizen = Citizen.objects.filter(user=self.user).first()
        kwargs.setdefault("has_calendar", CalendarFeed.objects.filter(user=self.user).exists())
        return super().get_context_data(
            confirmed=citizen is not None and citizen.assurance >= Assurance.CONFIRMED, **kwargs
        )
