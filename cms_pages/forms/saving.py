"""A draft between two sittings: saved, come back to by the link from the mail, thrown away."""

from __future__ import annotations

import secrets
import uuid as uuids

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cms_pages.forms import drafts, jobs
from cms_pages.forms.views import DraftView, FormView
from people.limits import Limit, address_of

#: Links by e-mail that one address of the network may ask for.
LINKS = Limit("form-link", 10, 60 * 60)


class SaveView(DraftView):
    """“Save and come back later”: until when it is kept, and for a guest a link by e-mail."""

    def get(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        self.find(uuid)
        return self._show()

    def post(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        draft = self.find(uuid)
        email = request.POST.get("email", "").strip()[:254]
        try:
            validate_email(email)
        except ValidationError:
            return self._show(email, _("Enter an e-mail address like name@example.pl."), status=422)
        if not LINKS.take(address_of(request)):
            return self._show(email, _("Too many links were asked for. Try again in an hour."), status=429)
        draft.email = email.lower()
        draft.save(update_fields=["email"])
        jobs.send_link.defer(draft_id=str(draft.pk), request=secrets.token_hex(16))
        return self._show(email, sent=True)

    def _show(self, email: str = "", error: str = "", *, sent: bool = False, status: int = 200) -> HttpResponse:
        context = self.context(email=email or self.draft.email, error=error, sent=sent,
                               until=date_format(localtime(self.draft.expires_at), "j E Y"),
                               go_on_url=reverse("cms_pages:form_go_on", args=[self.draft.pk]))  # fmt: skip
        return render(self.request, "forms/saved.html", context, status=status)


class ResumeView(FormView):
    """The link from the e-mail. The page asks for a press of a button, since mail programs open links by themselves."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return render(request, "forms/resume.html", {"token": token})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        draft = drafts.resume(request, token)
        return redirect("cms_pages:form_go_on", uuid=draft.pk)


class DeleteView(DraftView):
    """The citizen throws the draft away."""

    def post(self, request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
        draft = drafts.find(request, uuid)
        url = draft.version.page.get_url(request) or "/"
        draft.delete()
        messages.success(request, _("The form in progress has been deleted."))
        return redirect(url)
