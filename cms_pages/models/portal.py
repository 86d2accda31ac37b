"""The front door of the portal, and plain content."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, Site
from wagtail.url_routing import RouteResult

from cms_pages import languages
from cms_pages.edition import remembered
from cms_pages.models.catalogue import ServiceIndexPage, ServicePage
from cms_pages.models.events import EventIndexPage, EventPage
from cms_pages.models.news import NewsIndexPage, NewsPage, NoticeIndexPage, NoticePage
from cms_pages.models.settings import PortalSettings
from cms_pages.models.text import TEXT, plain
from cms_pages.models.units import UnitIndexPage


class HomePage(Page):
    """The front door: search, most used services, life events, news, events, notices."""

    lead = models.CharField(_("lead"), max_length=250, blank=True)
    template = "portal/home.html"
    max_count = 3
    subpage_types = [
        "cms_pages.ServiceIndexPage",
        "cms_pages.NewsIndexPage",
        "cms_pages.NoticeIndexPage",
        "cms_pages.EventIndexPage",
        "cms_pages.UnitIndexPage",
        "cms_pages.IntranetPage",
        "cms_pages.ContentPage",
        "cms_pages.GuidePage",
        "cms_pages.FaqPage",
        "cms_pages.FileListPage",
        "cms_pages.AccessibilityStatementPage",
        "cms_pages.PrivacyPage",
        "cms_pages.BipIndexPage",
    ]
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        InlinePanel("featured", label=_("most used services"), max_num=8),
    ]

    class Meta:
        verbose_name = _("home page")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """The page at an address of its own language. A page of all languages (a form) is there below every one."""
        try:
            found: Any = super().route(request, path_components)
        except Http404:
            polish = languages.original(self)
            if polish.pk == self.pk:
                raise
            found = polish.specific.route(request, path_components)
        page = found[0]
        if page.locale.language_code != languages.active() and not getattr(page, "speaks_all_languages", False):
            raise Http404
        return found

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context.update(remembered(request, f"page-{self.pk}", lambda: self._lists(request)))
        return context

    def _lists(self, request: HttpRequest) -> dict[str, Any]:
        """What the front door lists."""
        site = Site.find_for_request(request)
        below = {page.specific_class: page for page in self.get_children().live()}
        services = below.get(ServiceIndexPage)
        chosen = [row.service_page_id for row in self.featured.all()]
        keys = ServicePage.objects.filter(pk__in=chosen).values("translation_key")
        cards = languages.readable(ServicePage.objects.live().filter(translation_key__in=keys), self.locale_id)
        featured = dict(ServicePage.objects.filter(pk__in=chosen).values_list("pk", "translation_key"))
        by_key = {card.translation_key: card for card in cards.with_state()}
        news = NewsPage.objects.live().public().descendant_of(self).select_related("image")
        notices = below.get(NoticeIndexPage)
        return {
            "featured": [by_key[featured[pk]] for pk in chosen if featured.get(pk) in by_key],
            "service_index": services.specific if services else None,
            "unit_index": below.get(UnitIndexPage),
            "news": list(news.order_by("-first_published_at")[:3]),
            "news_index": below.get(NewsIndexPage),
            "events": list(EventPage.objects.coming().descendant_of(self)[:4]),
            "event_index": below.get(EventIndexPage),
            "notices": list(NoticePage.objects.child_of(notices).hanging()[:4]) if notices else [],
            "notice_index": notices,
            "hero": PortalSettings.for_request(request).hero if site else None,
        }


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
