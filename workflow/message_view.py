"""Messages of a case on the desk: answered by who handles the case."""

from __future__ import annotations

from django.contrib import messages as said
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from documents.services import messages
from journal.errors import DomainError
from workflow.casefile import opened_for
from workflow.conversation import MessageForm
from workflow.views import CaseMixin, CaseView, access_for_desk


class MessageView(CaseMixin, View):
    """POST of a message to the party, or (`read`) of the note that the party's messages were read."""

    def post(self, request: HttpRequest, case_id: int) -> HttpResponse:
        access = access_for_desk(request)
        case = self.find_case(access)
        place = reverse("desk:case", args=[case.pk]) + opened_for(access)
        form = MessageForm(request.POST, prefix="message")
        try:
            if "read" in request.POST:
                messages.read_by_office(access, case=case)
                said.success(request, _("Noted as read."))
                return redirect(place)
            if form.is_valid():
                messages.from_office(access, case=case, text=form.cleaned_data["text"])
                said.success(request, _("The message was sent."))
                return redirect(place)
        except DomainError as error:
            form.is_valid()
            form.add_error(None, str(error.message))
        page = CaseView(message_form=form)
        page.setup(request, case_id=case_id)
        response = page.get(request, case_id=case_id)
        response.status_code = 422
        return response

    def get(self, request: HttpRequest, case_id: int) -> HttpResponse:
        return redirect("desk:case", case_id=case_id)
