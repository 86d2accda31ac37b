"""The funnel of a service in the Wagtail admin: begun, sent, assigned, registered, settled; and where people stop.

Sums only: of the circulation for the units whose board a person sees (`workflow.figures`), of forms for the whole town.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms_pages.editors_report import may_read
from cms_pages.forms.models import Draft, FormStop, FormVersion, Submission
from journal.clock import WARSAW, db_now, warsaw_day
from workflow.figures import boards, draw
from workflow.models import Service, ServiceOffer
from workflow.views import DeskView

#: How far back is looked, in days: the choices and the usual one.
SPANS = (30, 90, 365)
USUAL = 90
#: Places of a form that are listed, those where most people stop.
PLACES = 20


class FunnelView(DeskView):
    """`?usluga=<code>&dni=<days>`: the picture, the same as a table, and the questions at which people stop."""

    template_name = "desk/funnel.html"
    page_title = gettext_lazy("How far the cases of a service come")
    header_icon = "table"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not boards.units_of(self.access) and not may_read(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def units(self) -> frozenset[int]:
        return boards.units_of(self.access) | self.access.units.get("edit_content", frozenset())

    @cached_property
    def services(self) -> list[Service]:
        offered = ServiceOffer.objects.filter(unit_id__in=self.units).values("service_id")
        return list(Service.objects.filter(pk__in=offered).order_by("title"))

    @cached_property
    def service(self) -> Service | None:
        """The one asked for, else the one with most cases."""
        asked = self.request.GET.get("usluga") or boards.most_filed(self.units, self.since)
        return next((each for each in self.services if each.code == asked), self.services[0] if self.services else None)

    @cached_property
    def days(self) -> int:
        asked = self.request.GET.get("dni", "")
        return int(asked) if asked in {str(span) for span in SPANS} else USUAL

    @cached_property
    def since(self) -> dt.date:
        return warsaw_day(db_now()) - dt.timedelta(days=self.days)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context.update(services=self.services, service=self.service, days=self.days, spans=SPANS)
        if self.service is not None:
            found = boards.stages(self.service.pk, self.units, self.since)
            form = self._form(self.service, self.since)
            stages = [
                (_("form begun"), form["begun"]), (_("form sent"), form["sent"]), (_("case filed"), found["filed"]),
                (_("given to a clerk"), found["assigned"]), (_("registered"), found["registered"]),
                (_("settled"), found["settled"]),
            ]  # fmt: skip
            context.update(
                stages=stages, form=form, figures=found, places=self._places(self.service, self.since),
                funnel=draw.funnel(
                    stages, name="lejek", title=_("From the form to the end of the case"),
                    description=_("A bar for each stage; in brackets how many of those above came so far."),
                ),
            )  # fmt: skip
        return context

    @staticmethod
    def _form(service: Service, since: dt.date) -> dict[str, int]:
        """Forms of the service begun since a day: sent, given up, still being filled in. Three sums."""
        moment = dt.datetime.combine(since, dt.time(), tzinfo=WARSAW)
        of_service = FormVersion.objects.filter(page__service=service).values("pk")
        sent = Submission.objects.filter(version__in=of_service, submitted_at__gte=moment).count()
        open_ = Draft.objects.filter(version__in=of_service, created_at__gte=moment).count()
        stops = FormStop.objects.filter(version__in=of_service, day__gte=since)
        given_up = stops.aggregate(n=Sum("count"))["n"] or 0
        return {"begun": sent + open_ + given_up, "sent": sent, "open": open_, "given_up": given_up}

    @staticmethod
    def _places(service: Service, since: dt.date) -> list[tuple[str, str, int]]:
        """(step, question, how many gave up there), most first, by the words of the newest version."""
        of_service = FormVersion.objects.filter(page__service=service)
        newest = of_service.order_by("-pk").first()
        if newest is None:
            return []
        words = {(step.id, item.id): (step.title, item.label) for step, _section, item in newest.spec.walk()}
        titles = {step.id: step.title for step in newest.spec.steps}
        rows = FormStop.objects.filter(version__in=of_service.values("pk"), day__gte=since).values("step", "field")
        found = []
        for row in rows.annotate(n=Sum("count")).order_by("-n")[:PLACES]:
            step, label = words.get((row["step"], row["field"]), (titles.get(row["step"]), None))
            older = _("a question of an older form") if row["field"] else _("all answered")
            page = step.in_language("pl") if step else _("the page for checking")
            found.append((page, label.in_language("pl") if label else older, row["n"]))
        return found
