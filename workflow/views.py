"""The clerk's desk in the Wagtail admin: the case in split view, and the single view that performs deeds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from documents import readings
from documents.models import Case
from journal.clock import db_now, warsaw_day
from journal.errors import DomainError
from people.access import Access
from workflow import conversation, presence, states
from workflow.casefile import CaseFile, frames, opened_for
from workflow.deeds import DEEDS
from workflow.forms import FORMS, DeedForm
from workflow.inbox.lists import neighbours
from workflow.panels import Panels, Typed
from workflow.services import assignment


def access_for_desk(request: HttpRequest) -> Access:
    """The access of a request, with the desk opened for the absent person that `?za=` names."""
    access: Access = request.access  # type: ignore[attr-defined]  # set by people.middleware
    named = request.GET.get("za", "")
    return access.in_place_of(int(named)) if named.isascii() and named.isdigit() and len(named) < 10 else access


class DeskView(WagtailAdminTemplateMixin, TemplateView):
    """Base of the desk's pages: staff with any position; asks Access, decides nothing itself."""

    header_icon = "tasks"
    base_title = gettext_lazy("Desk")

    @cached_property
    def access(self) -> Access:
        return access_for_desk(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.access.roles:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [{"url": reverse_lazy("wagtailadmin_home"), "label": pgettext("admin", "Home")}]
        title = self.get_page_title()
        if title != self.base_title:
            items.append({"url": reverse("desk:inbox"), "label": self.base_title})
        return [*items, {"url": "", "label": title}]


_WITH = ("unit", "body", "handler", "process__service_version__service", "classification")


class CaseMixin:
    """Finds a case that this access may see; a foreign or absent one is the same 404."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def seen(self, access: Access) -> Case | None:
        seen = Case.objects.visible_to(access).select_related(*_WITH).prefetch_related("parties")
        case = seen.filter(pk=self.kwargs["case_id"]).first()
        if case is None:
            # Who sends its letters sees the case's frame (`CaseFile.whole`).
            case = frames(access).select_related(*_WITH).filter(pk=self.kwargs["case_id"]).first()
        return case

    def find_case(self, access: Access) -> Case:
        case = self.seen(access)
        if case is None:
            raise Http404
        return case


class CaseView(CaseMixin, DeskView):
    """One case: its documents left, its data, deeds and history right."""

    template_name = "desk/case.html"
    bound: DeedForm | None = None
    bound_verb = ""
    message_form: conversation.MessageForm | None = None

    @cached_property
    def case(self) -> Case:
        return self.find_case(self.access)

    def get_page_title(self) -> str:
        return self.case.reference or _("Case without a reference")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        file = CaseFile(self.case, self.access)
        context.update(
            case=self.case,
            file=file,
            panels=Panels(file).offered(Typed(self.bound, self.bound_verb, self.request.GET.get("czyn", ""))),
            state=file.state,
            state_label=states.STATE_LABELS[file.state],
            public=states.PUBLIC[file.state],
            desk_place=opened_for(self.access),
            neighbours=neighbours(self.request, self.access, self.case, warsaw_day(db_now())),
        )
        if file.preview is not None:
            readings.note_version(self.access, file.preview)
        if file.whole:
            readings.note(self.access, self.case)
            presence.note(self.access, self.case)
            if any(each.user_id == self.access.user_id and each.seen_at is None for each in file.assignments):
                assignment.note_seen(self.access, case=self.case)
            context.update(looking=presence.others(self.access, self.case), ping=presence.PING)
            context["readings"] = readings.for_staff(self.case)
            context.update(conversation.shown(self.case, self.access))
            context["message_form"] = self.message_form or conversation.MessageForm(prefix="message")
        return context


class PresenceView(CaseMixin, DeskView):
    """Who else has the case open: asked by its page as long as that is open itself, which notes it too."""

    template_name = "desk/_looking.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = self.find_case(self.access)
        presence.note(self.access, case)
        return {"case": case, "looking": presence.others(self.access, case), "ping": presence.PING}


class DeedView(CaseMixin, View):
    """POST of one deed on a case. A refusal shows the case again with what was typed and the reason."""

    def post(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        access = access_for_desk(request)
        if verb not in DEEDS:
            raise Http404
        case = self.find_case(access)
        form = FORMS[verb](request.POST, case=case, prefix=verb)
        if form.is_valid():
            try:
                said = DEEDS[verb](access, case, form)
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                messages.success(request, said)
                # Who had only this to do in the case (the registry) sees it no more.
                place = opened_for(access)
                if self.seen(access):
                    return redirect(reverse("desk:case", args=[case.pk]) + place)
                return redirect("desk:inbox")
        page = CaseView(bound=form, bound_verb=verb)
        page.setup(request, case_id=case_id)
        response = page.get(request, case_id=case_id)
        response.status_code = 422
        return response

    def get(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        return redirect(f"{reverse('desk:case', args=[case_id])}?czyn={verb}")
