"""Messages within a case on the party's side: with the account, or as a guest who opened the case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as said
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from cms_pages.account import MyCaseView, PartyCaseMixin
from cms_pages.mine.area import PAGE, AccountView
from cms_pages.mine.conversation import MessageForm
from documents.models import Case, CaseMessage
from documents.services import messages
from journal.errors import DomainError
from people.limits import Limit

#: Messages of one case within an hour.
WITHIN_AN_HOUR = Limit("case-message", 10, 60 * 60)


class MessageView(PartyCaseMixin, View):
    """The party sends a message. It is no filing, and says so."""

    def post(self, request: HttpRequest, case_id: int) -> HttpResponse:
        case = self.find_case()
        form = MessageForm(request.POST, auto_id="wiadomosc_%s")
        status = 422
        if form.is_valid():
            if not WITHIN_AN_HOUR.take(str(case.pk)):
                form.add_error(None, _("Too many messages in a short time. Wait an hour and try again."))
                status = 429
            else:
                try:
                    messages.from_party(
                        request.access,  # type: ignore[attr-defined]  # set by people.middleware
                        case=case,
                        text=form.cleaned_data["text"],
                    )
                except DomainError as error:
                    form.add_error(None, str(error.message))
                else:
                    said.success(request, _("Your message has been sent. The clerk will answer here."))
                    return redirect(reverse("cms_pages:my_case", args=[case.pk]) + "#wiadomosci")
        page = MyCaseView()
        page.setup(request, case_id=case_id)
        response = page.get(request, case_id=case_id, message_form=form)
        response.status_code = status
        return response

    def get(self, request: HttpRequest, case_id: int) -> HttpResponse:
        return redirect("cms_pages:my_case", case_id=case_id)


class MyMessagesView(AccountView):
    """Cases of the account in which something was written, the newest message first."""

    template_name = "account/messages.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        unread = CaseMessage.objects.filter(case=OuterRef("pk")).unread_by_party()
        rows = (
            Case.objects.of_citizen(self.user)
            .annotate(newest_message=Max("messages__id"), unread=Exists(unread))
            .filter(newest_message__isnull=False)
            .select_related("unit")
        )
        before = self.before()
        if before is not None:
            rows = rows.filter(newest_message__lt=before)
        found = list(rows.order_by("-newest_message")[: PAGE + 1])
        newest = {row.pk: row for row in CaseMessage.objects.filter(pk__in=[_newest(case) for case in found])}
        for case in found:
            case.last = newest[_newest(case)]  # type: ignore[attr-defined]  # for the template
        return super().get_context_data(
            cases=found[:PAGE], following=_newest(found[PAGE - 1]) if len(found) > PAGE else None, **kwargs
        )


def _newest(case: Case) -> int:
    number: int = case.newest_message  # type: ignore[attr-defined]  # annotated above
    return number
