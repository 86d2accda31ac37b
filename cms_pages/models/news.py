"""News, and notices that hang on the board between two days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from cms_pages.models.text import TEXT, plain
from journal.clock import db_now, warsaw_day

#: How many are shown in a list.
LISTED = 50


class NewsIndexPage(Page):
    """News of the town and of its units, newest first."""

    template = "portal/news_index.html"
    max_count = 1
    subpage_types = ["cms_pages.NewsPage"]

    class Meta:
        verbose_name = _("news index")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        news = NewsPage.objects.live().public().descendant_of(self.get_parent())
        context["news"] = news.select_related("image").order_by("-first_published_at")[:LISTED]
        return context


class NewsPage(Page):
    """One piece of news; below a unit's page it is that unit's news, and stands in the town's list too."""

    lead = models.CharField(_("lead"), max_length=300)
    image = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("picture"),
        help_text=_("Describe the picture in its own record; empty text: it only decorates."),
    )  # fmt: skip
    image_caption = models.CharField(_("caption of the picture"), max_length=200, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/news.html"
    shown_with = ("image",)
    parent_page_types = ["cms_pages.NewsIndexPage", "cms_pages.UnitPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        MultiFieldPanel([FieldPanel("image"), FieldPanel("image_caption")], _("Picture")),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("news")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}"


class NoticeIndexPage(Page):
    """The board of notices: what hangs there today."""

    template = "portal/notice_index.html"
    max_count = 1
    subpage_types = ["cms_pages.NoticePage"]

    class Meta:
        verbose_name = _("board of notices")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["notices"] = NoticePage.objects.child_of(self).hanging()[:LISTED]
        return context


class NoticeQuerySet(PageQuerySet):
    def hanging(self) -> NoticeQuerySet:
        """Live notices whose days include today (Europe/Warsaw), those posted last first."""
        today = warsaw_day(db_now())
        return (
            self.live()
            .filter(posted_from__lte=today, posted_until__gte=today)
            .select_related("unit")
            .order_by("-posted_from", "-pk")
        )


class NoticePage(Page):
    """A notice (obwieszczenie): hangs from a day until a day, both included, and then comes down by itself."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("posted by"))
    reference = models.CharField(_("case reference"), max_length=60, blank=True)
    posted_from = models.DateField(_("first day on the board"))
    posted_until = models.DateField(_("last day on the board"))
    lead = models.CharField(_("lead"), max_length=300)
    body = RichTextField(_("text"), features=TEXT, blank=True)

    objects = PageManager.from_queryset(NoticeQuerySet)()
    template = "portal/notice.html"
    parent_page_types = ["cms_pages.NoticeIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("unit"),
        FieldPanel("reference"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("posted_from"), FieldPanel("posted_until")])],
            _("Days on the board"),
            help_text=_("The notice appears on the first day and comes down after the last one by itself."),
        ),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]
    #: The days above are the schedule; the panel of scheduled publishing would contradict them.
    settings_panels = [FieldPanel("owner")]

    class Meta:
        verbose_name = pgettext_lazy("official board", "notice")
        verbose_name_plural = _("notices")

    def clean(self) -> None:
        super().clean()
        if not (self.posted_from and self.posted_until):
            return
        if self.posted_until < self.posted_from:
            raise ValidationError({"posted_until": gettext("The last day is before the first one.")})
        self.go_live_at = _midnight(self.posted_from)
        self.expire_at = _midnight(self.posted_until + dt.timedelta(days=1))
        if self.expire_at <= db_now():
            raise ValidationError({"posted_until": gettext("The last day on the board has already passed.")})

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.reference}\n{self.lead}\n{plain(self.body)}"


def _midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day in Europe/Warsaw."""
    return dt.datetime.combine(day, dt.time(), tzinfo=get_default_timezone())
