"""The catalogue of services: the index and the service card.

A card holds prose and points at its Service; form, fee, term, legal basis and assurance come from the service's record,
so that no page can contradict it (fields: domain.md 3.2, the city's own cards).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from cms_pages.models.portal import TEXT, plain
from journal.clock import db_now, warsaw_day
from people.models import Unit
from workflow.deadlines import Term
from workflow.models import ServiceOffer, ServiceVersion


class LifeEvent(models.TextChoices):
    """How people look for a service: what happened in their life."""

    FAMILY = "rodzina", _("Family and children")
    SCHOOL = "szkola", _("School and kindergarten")
    HOME = "dom", _("Home and surroundings")
    DOCUMENTS = "dokumenty", _("Documents and residence")
    BUILDING = "budowa", _("Building and land")
    BUSINESS = "firma", _("Business")
    TAXES = "podatki", _("Taxes and fees")
    TRANSPORT = "transport", _("Roads and vehicles")
    SAFETY = "bezpieczenstwo", _("Safety")
    CONTACT = "kontakt", _("Contact with the office")


class ServiceIndexPage(Page):
    """All services, by life event, unit and letter: `?zdarzenie=`, `?jednostka=`, `?litera=`."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    template = "portal/service_index.html"
    max_count = 1
    subpage_types = ["cms_pages.ServicePage"]
    content_panels = [*Page.content_panels, FieldPanel("lead")]

    class Meta:
        verbose_name = _("service catalogue")

    @staticmethod
    def life_events() -> list[tuple[str, Any]]:
        """Life events as (value, label)."""
        return [(event.value, event.label) for event in LifeEvent]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        pages = ServicePage.objects.live().child_of(self).order_by("title")
        event, unit, letter = (request.GET.get(name, "") for name in ("zdarzenie", "jednostka", "litera"))
        if event in LifeEvent.values:
            pages = pages.filter(life_event=event)
        chosen = Unit.objects.filter(slug=unit).first() if unit else None
        if chosen:
            pages = pages.filter(Q(service__offers__unit=chosen) | Q(service__offers__unit__body=chosen)).distinct()
        if letter and len(letter) == 1:
            pages = pages.filter(title__istartswith=letter)
        context.update(
            services=pages,
            events=self.life_events(),
            event=event,
            letter=letter,
            unit=chosen,
            units=Unit.objects.active().filter(offers__isnull=False).distinct().order_by("name"),
            letters=sorted(
                {t[0].upper() for t in ServicePage.objects.live().child_of(self).values_list("title", flat=True)}
            ),
        )
        return context


class ServicePageQuerySet(PageQuerySet):
    def offered_by(self, unit_id: int) -> ServicePageQuerySet:
        """Live cards of what a unit or a cell of it offers, by title."""
        return (
            self.live()
            .filter(Q(service__offers__unit_id=unit_id) | Q(service__offers__unit__body_id=unit_id))
            .distinct()
            .order_by("title")
        )


class ServicePage(Page):
    """A service card."""

    service = models.ForeignKey(
        "workflow.Service", on_delete=models.PROTECT, related_name="pages", verbose_name=_("service")
    )
    card_number = models.CharField(_("card number"), max_length=20, blank=True, help_text=_("For example Ob-17."))
    life_event = models.CharField(_("life event"), max_length=20, choices=LifeEvent.choices)
    lead = models.CharField(_("in one sentence"), max_length=300)
    who = RichTextField(_("who can use it"), features=TEXT, blank=True)
    documents_needed = RichTextField(_("required documents"), features=TEXT, blank=True)
    documents_shown = RichTextField(_("documents to show"), features=TEXT, blank=True)
    where_to_file = RichTextField(_("where to file"), features=TEXT, blank=True)
    how_settled = RichTextField(_("how it is settled"), features=TEXT, blank=True)
    appeal = RichTextField(_("appeal"), features=TEXT, blank=True)
    remarks = RichTextField(_("remarks"), features=TEXT, blank=True)
    #: Who answers for the text, and by when it must be read again.
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    review_on = models.DateField(_("review date"), null=True, blank=True)

    objects = PageManager.from_queryset(ServicePageQuerySet)()
    template = "portal/service.html"
    parent_page_types = ["cms_pages.ServiceIndexPage"]
    subpage_types = ["cms_pages.FormPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("service"),
        MultiFieldPanel([FieldPanel("card_number"), FieldPanel("life_event"), FieldPanel("lead")], _("Card")),
        FieldPanel("who"),
        FieldPanel("documents_needed"),
        FieldPanel("documents_shown"),
        FieldPanel("where_to_file"),
        FieldPanel("how_settled"),
        FieldPanel("appeal"),
        FieldPanel("remarks"),
        MultiFieldPanel([FieldPanel("approved_by"), FieldPanel("review_on")], _("Responsibility")),
    ]

    class Meta:
        verbose_name = _("service card")
        verbose_name_plural = _("service cards")

    @cached_property
    def current(self) -> ServiceVersion | None:
        """The service's values in force today."""
        day = warsaw_day(db_now())
        return (
            ServiceVersion.objects.filter(service_id=self.service_id, valid_from__lte=day)
            .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
            .order_by("-valid_from")
            .first()
        )

    @cached_property
    def offers(self) -> list[ServiceOffer]:
        """Units that offer it."""
        return list(
            ServiceOffer.objects.filter(service_id=self.service_id)
            .select_related("unit", "unit__body")
            .order_by("unit__name")
        )

    @cached_property
    def form_page(self) -> Page | None:
        """The live form, if there is one."""
        child = self.get_children().live().first()
        return child.specific if child else None

    def term_words(self) -> str:
        """How long it takes, in words ("1 month")."""
        return Term.parse(self.current.term).words() if self.current else ""

    def search_text(self) -> str:
        """Text for the portal's search."""
        return "\n".join(
            [
                self.lead,
                self.card_number,
                *(
                    plain(getattr(self, name))
                    for name in (
                        "who",
                        "documents_needed",
                        "documents_shown",
                        "where_to_file",
                        "how_settled",
                        "appeal",
                        "remarks",
                    )
                ),
            ]
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context.update(version=self.current, offers=self.offers, form_page=self.form_page, term=self.term_words())
        return context
