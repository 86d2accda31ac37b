"""Pages of the portal that are not service cards: home, news, unit pages, plain content."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page

#: What editors may use in running text; no images from elsewhere, no embeds.
TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "hr"]


class HomePage(Page):
    """The front door: search, most used services, life events, news."""

    lead = models.CharField(_("lead"), max_length=250, blank=True)
    template = "portal/home.html"
    max_count = 3
    subpage_types = [
        "cms_pages.ServiceIndexPage",
        "cms_pages.NewsIndexPage",
        "cms_pages.UnitIndexPage",
        "cms_pages.ContentPage",
    ]
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        InlinePanel("featured", label=_("most used services"), max_num=8),
    ]

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["featured"] = [
            f.service_page for f in self.featured.select_related("service_page") if f.service_page.live
        ]
        context["news"] = NewsPage.objects.live().public().descendant_of(self).order_by("-first_published_at")[:3]
        index = self.get_children().filter(content_type__model="serviceindexpage").live().first()
        context["service_index"] = index.specific if index else None
        unit_index = self.get_children().type(UnitIndexPage).live().first()
        context["unit_index"] = unit_index
        return context


class FeaturedService(Orderable):
    """One of the most used services, chosen by the editors."""

    page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="featured")
    service_page = models.ForeignKey("cms_pages.ServicePage", on_delete=models.CASCADE, related_name="+")
    panels = [FieldPanel("service_page")]


class ContentPage(Page):
    """Plain content: accessibility statement, privacy, help."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/content.html"
    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]

    class Meta:
        verbose_name = _("content page")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}"


class NewsIndexPage(Page):
    """News, newest first."""

    template = "portal/news_index.html"
    max_count = 1
    subpage_types = ["cms_pages.NewsPage"]

    class Meta:
        verbose_name = _("news index")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["news"] = NewsPage.objects.live().public().child_of(self).order_by("-first_published_at")[:50]
        return context


class NewsPage(Page):
    """One piece of news."""

    lead = models.CharField(_("lead"), max_length=300)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/news.html"
    parent_page_types = ["cms_pages.NewsIndexPage"]
    subpage_types: list[str] = []
    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]

    class Meta:
        verbose_name = _("news")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}"


class UnitIndexPage(Page):
    """The directory of the town's units."""

    template = "portal/unit_index.html"
    max_count = 1
    subpage_types = ["cms_pages.UnitPage"]

    class Meta:
        verbose_name = _("unit directory")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        pages = UnitPage.objects.live().child_of(self).select_related("unit").order_by("unit__path")
        groups: dict[str, list[UnitPage]] = {}
        for page in pages:
            groups.setdefault(page.unit.category, []).append(page)
        context["groups"] = groups
        return context


class UnitPage(Page):
    """One unit: its contacts come from the unit's record, the prose is the editors'."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="pages", verbose_name=_("unit"))
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/unit.html"
    parent_page_types = ["cms_pages.UnitIndexPage"]
    content_panels = [*Page.content_panels, FieldPanel("unit"), FieldPanel("lead"), FieldPanel("body")]

    class Meta:
        verbose_name = _("unit page")

    @property
    def unit_symbol(self) -> str:
        return self.unit.symbol

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}\n{self.unit.street} {self.unit.town}"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        service_pages = FeaturedService._meta.get_field("service_page").related_model
        context["services"] = list(service_pages.objects.offered_by(self.unit_id))
        return context


def plain(html: str) -> str:
    """Running text without tags."""
    return strip_tags(html.replace("</p>", "</p>\n").replace("</li>", "</li>\n"))


@register_setting
class PortalSettings(BaseSiteSetting):
    """What the town says of itself on every page."""

    town_name = models.CharField(_("name of the town"), max_length=80, default="Miasto Obiegowo")
    contact = models.TextField(_("contact"), blank=True)
    alert = models.CharField(_("alert shown on every page"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("portal")
