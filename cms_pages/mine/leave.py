"""The account's owner deletes it: told beforehand what goes and what stays, asked again who they are."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from cms_pages.mine.area import AccountView
from documents.models import Case
from journal.errors import DomainError
from people.holdings import holders, subject_of
from people.services import accounts


class LeaveForm(forms.Form):
    """Nobody deletes an account by a slip of the finger."""

    sure = forms.BooleanField(
        label=gettext_lazy("I know that this cannot be undone. Delete my account."),
        error_messages={"required": gettext_lazy("Tick the box if you want the account to be deleted.")},
    )


class LeaveView(AccountView):
    """What goes, what stays, what is in the way; then the deed. The deed asks for the password or a key again."""

    template_name = "account/delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject = subject_of(self.user)
        all_of_them = holders()
        kwargs.setdefault("form", LeaveForm())
        return super().get_context_data(
            goes=[words for holder in all_of_them for words in holder.goes(subject)],
            stays=[kept for holder in all_of_them for kept in holder.stays(subject)],
            obstacles=[obstacle for holder in all_of_them for obstacle in holder.obstacles(subject)],
            open_cases=list(Case.objects.of_citizen(self.user).open().order_by("-pk")[:50]),
            **kwargs,
        )

    @method_decorator(reauthentication_required)
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = LeaveForm(request.POST)
        if form.is_valid():
            try:
                accounts.delete(request.access, user=self.user)  # type: ignore[attr-defined]  # set by people.middleware
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                logout(request)
                return redirect("cms_pages:account_deleted")
        response = self.render_to_response(self.get_context_data(form=form))
        response.status_code = 422
        return response


class DeletedView(TemplateView):
    """The last page: the account is gone."""

    template_name = "account/deleted.html"
