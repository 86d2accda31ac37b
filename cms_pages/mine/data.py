"""The account's owner asks for all that is held of them, watches it being made, and fetches it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as said
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms_pages.mine.area import AccountView
from documents.views import sandboxed
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError, NotFound
from people.holdings import holders
from people.models import DataExport, User
from people.services import exports


class DataView(AccountView):
    """What the archive holds, the one that is made or ready, and the button that asks for it."""

    template_name = "account/my_data.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return render(request, "account/_data_export.html", self._state())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self._state(), areas=[holder.title for holder in holders()], **kwargs)

    def _state(self) -> dict[str, Any]:
        now, export = db_now(), exports.newest(self.user)
        ready = export is not None and exports.is_there(export, now)
        return {
            "export": export,
            "waiting": export is not None and exports.is_waiting(export, now),
            "ready": ready,
            "failed": export is not None and export.ready_at is None and not exports.is_waiting(export, now),
            "file_name": file_name(export) if export is not None and ready else "",
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            exports.ask(request.access, user=self.user)  # type: ignore[attr-defined]  # set by people.middleware
        except DomainError as error:
            said.error(request, str(error.message))
        else:
            said.success(request, _("We are making the archive. You may leave this page and come back."))
        return redirect("cms_pages:my_data")


def file_name(export: DataExport) -> str:
    """What the archive is called when it is fetched."""
    return f"moje-dane-{warsaw_day(export.asked_at):%Y-%m-%d}.zip"


@require_safe
@login_required
def fetch(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The archive, for its owner alone; 404 for another's, one that is not ready, and one that has expired."""
    assert isinstance(request.user, User)
    export = DataExport.objects.filter(pk=export_id, user=request.user).first()
    if export is None:
        raise Http404
    try:
        response = StreamingHttpResponse(exports.pieces(export))
    except NotFound as error:
        raise Http404 from error
    response["Content-Length"] = str(export.size)
    return sandboxed(response, file_name(export), "application/zip")
