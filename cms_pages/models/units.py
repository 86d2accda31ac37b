"""The directory of units and a unit's page: facts from the unit's record, the prose and the plan from the editors."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from cms_pages import languages, opening
from cms_pages.edition import remembered
from cms_pages.models.catalogue import ServicePage
from cms_pages.models.events import EventPage
from cms_pages.models.news import NewsPage
from cms_pages.models.text import TEXT, plain
from journal.clock import db_now
from people.models import Unit
from workflow.models import VisitDesk

#: The plan of the town is this wide and high; a place on it is a pair of these.
PLAN_WIDTH, PLAN_HEIGHT = 1000, 600


class UnitIndexPage(Page):
    """The directory of the town's units: by kind, or by the words typed (`?q=`)."""

    template = "portal/unit_index.html"
    max_count = 1
    subpage_types = ["cms_pages.UnitPage"]

    class Meta:
        verbose_name = _("unit directory")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        words = request.GET.get("q", "")[:80]
        now = localtime(db_now())
        pages = languages.readable(
            (UnitPage.objects.child_of(self) | UnitPage.objects.child_of(languages.original(self))).live(),
            self.locale_id,
        ).select_related("unit", "unit__body").order_by("unit__path")
        for word in words.split()[:6]:
            pages = pages.filter(
                models.Q(title__icontains=word)
                | models.Q(unit__street__icontains=word)
                | models.Q(unit__category__icontains=word)
            )
        groups: dict[str, list[UnitPage]] = {}
        for page in pages:
            page.standing = opening.standing(page.unit, now)
            groups.setdefault(page.unit.category, []).append(page)
        context.update(groups=groups, words=words)
        return context


class UnitPage(Page):
    """One unit: its contacts and hours come from the unit's record, the prose is the editors'."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="pages", verbose_name=_("unit"))
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    photo = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("photo"),
    )  # fmt: skip
    plan_x = models.PositiveSmallIntegerField(
        _("place on the plan: from the left"), null=True, blank=True, validators=[MaxValueValidator(PLAN_WIDTH)]
    )
    plan_y = models.PositiveSmallIntegerField(
        _("place on the plan: from the top"), null=True, blank=True, validators=[MaxValueValidator(PLAN_HEIGHT)]
    )
    map_image = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("own map"), help_text=_("Shown instead of the town's plan."),
    )  # fmt: skip
    directions = models.TextField(
        _("how to get there"), blank=True, help_text=_("Stops, entrance, ramp, lift: in words, for everybody.")
    )
    template = "portal/unit.html"
    shown_with = ("unit__body", "photo")
    parent_page_types = ["cms_pages.UnitIndexPage"]
    subpage_types = ["cms_pages.NewsPage", "cms_pages.EventPage", "cms_pages.ContentPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("unit"),
        FieldPanel("lead"),
        FieldPanel("photo"),
        FieldPanel("body"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("plan_x"), FieldPanel("plan_y")]),
                FieldPanel("map_image"),
                FieldPanel("directions"),
            ],
            _("Where it is"),
            help_text=_("The plan is 1000 wide and 600 high; 500 and 300 is its middle."),
        ),
    ]

    class Meta:
        verbose_name = _("unit page")

    @property
    def unit_symbol(self) -> str:
        return self.unit.symbol

    def search_text(self) -> str:
        """Text for the portal's search."""
        return "\n".join([self.lead, plain(self.body), f"{self.unit.street} {self.unit.town}", self.directions])

    @property
    def delivery_address(self) -> str:
        """The unit's electronic delivery address, else its body's."""
        return self.unit.edelivery or (self.unit.body.edelivery if self.unit.body else "")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        now = localtime(db_now())
        context.update(
            **remembered(request, f"page-{self.pk}", lambda: self._lists(now.date())),
            standing=opening.standing(self.unit, now),
            week=opening.week(self.unit, now.date()),
            coming=opening.coming(self.unit, now.date(), dt.timedelta(days=30)),
        )
        return context

    def _lists(self, today: dt.date) -> dict[str, Any]:
        """What the unit offers, says and invites to, and what it consists of."""
        cells = UnitPage.objects.live().filter(unit__body=self.unit_id).exclude(unit=self.unit_id)
        is_body = self.unit.kind == Unit.Kind.BODY
        return {
            "services": list(ServicePage.objects.offered_by(self.unit_id, self.locale_id).with_state()),
            "news": list(NewsPage.objects.live().public().child_of(self).order_by("-first_published_at")[:3]),
            "events": list(EventPage.objects.of_unit(self.unit_id).coming()[:3]),
            "receives": VisitDesk.objects.open_on(today).filter(unit=self.unit_id).exists(),
            "cells": list(languages.readable(cells, self.locale_id).order_by("unit__path")) if is_body else [],
        }
