"""The calendar of deadlines of staff: made and revoked in the admin, read as a citizen's is (`mine.calendar`)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms_pages.mine import calendar
from cms_pages.models import CalendarFeed
from journal.errors import DomainError
from workflow.views import DeskView


class StaffCalendarView(DeskView):
    """Whether one has an address; a new one is shown once; a POST with `revoke` ends it."""

    template_name = "desk/calendar.html"
    page_title = gettext_lazy("Deadlines in a calendar")
    header_icon = "calendar-alt"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has = CalendarFeed.objects.filter(user_id=self.access.user_id or 0).exists()
        return super().get_context_data(**{"has_calendar": has, **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        try:
            if "revoke" not in request.POST:
                token = calendar.make(self.access, user=user)
                address = request.build_absolute_uri(reverse("cms_pages:calendar_feed", args=[token]))
                answer = self.render_to_response(self.get_context_data(address=address, has_calendar=True))
                answer["Cache-Control"] = "no-store, private"
                return answer
            calendar.revoke(self.access, user=user)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The calendar address does not work any more."))
        return redirect("staff_calendar")
