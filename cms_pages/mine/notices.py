"""Where the account hears of what happens: a table of kinds and channels, and the telephone for text messages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as said
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cms_pages.mine.area import AccountView
from journal import sms
from journal.errors import DomainError
from people.models import NoticeChoice, ProvenPhone
from people.notices import KINDS
from people.services import notices


class NoticesView(AccountView):
    """`/moje-sprawy/ustawienia/powiadomienia/`: GET shows; POST keeps the choices, asks for a code, takes one, or
    forgets the telephone (`what`)."""

    template_name = "account/notices.html"
    error = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = {row.kind: row for row in NoticeChoice.objects.filter(user=self.user)}
        phone = ProvenPhone.objects.filter(user=self.user).first()
        rows = [
            {"code": code, "kind": kind, "email": chosen[code].email if code in chosen else True,
             "sms": chosen[code].sms if code in chosen else False}
            for code, kind in KINDS.items()
        ]  # fmt: skip
        return super().get_context_data(
            rows=rows, phone=phone, masked=f"{phone.number[:3]} ••• ••• {phone.number[-3:]}" if phone else "",
            texts=sms.available(), error=self.error, typed=self.request.POST.get("number", ""),
            code_error=self.error if self.request.POST.get("what") == "code" else "",
            phone_error=self.error if self.request.POST.get("what") == "phone" else "", **kwargs,
        )  # fmt: skip

    def post(self, request: HttpRequest) -> HttpResponse:
        actor, what = request.access, request.POST.get("what", "")  # type: ignore[attr-defined]  # set by middleware
        try:
            match what:
                case "phone":
                    notices.ask_phone(actor, user=self.user, number=request.POST.get("number", ""))
                    told = _("We have sent you a code by text message. Type it below.")
                case "code":
                    notices.confirm_phone(actor, user=self.user, code=request.POST.get("code", ""))
                    told = _("Your telephone number is confirmed. Choose what to hear of by text message.")
                case "drop":
                    notices.drop_phone(actor, user=self.user)
                    told = _("The telephone number was removed.")
                case _:
                    chosen = {code: (f"email-{code}" in request.POST, f"sms-{code}" in request.POST) for code in KINDS}
                    notices.choose(actor, user=self.user, choices=chosen)
                    told = _("Your choice is kept.")
        except DomainError as error:
            self.error = str(error.message)
            return self.render_to_response(self.get_context_data(), status=422)
        said.success(request, told)
        return redirect("cms_pages:my_notices")
