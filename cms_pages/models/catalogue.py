"""The catalogue of services: the index and the service card.

A card holds prose and points at its Service; form, fee, term, legal basis and assurance come from the service's record,
so that no page can contradict it (fields: domain.md 3.2, the city's own cards).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from cms_pages import languages
from cms_pages import offers as standing
from cms_pages.edition import remembered
from cms_pages.library import LibraryChooser, address_of
from cms_pages.models.figures import HandlingTime
from cms_pages.models.text import EASY, TEXT, plain
from people.access import valid_now
from people.models import Membership, Unit
from workflow.deadlines import Term
from workflow.models import ServiceOffer, ServiceVersion, VisitDesk


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


class Audience(models.TextChoices):
    """Whom a service is for."""

    CITIZENS = "mieszkancy", _("residents")
    BUSINESS = "firmy", _("businesses")
    OTHERS = "organizacje", _("organisations and other bodies")


class ServiceIndexPage(Page):
    """All services, by life event, audience, unit and letter: `?zdarzenie=`, `?dla=`, `?jednostka=`, `?litera=`."""

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
        names = ("zdarzenie", "dla", "jednostka", "litera")
        event, audience, unit, letter = (request.GET.get(name, "")[:80] for name in names)
        chosen = Unit.objects.filter(slug=unit).first() if unit else None
        event = event if event in LifeEvent.values else ""
        audience = audience if audience in Audience.values else ""
        letter = letter if len(letter) == 1 else ""
        name = f"page-{self.pk}-{event}-{audience}-{chosen.pk if chosen else ''}-{letter}"
        context.update(
            remembered(request, name, lambda: self._lists(event, audience, chosen, letter)),
            events=self.life_events(),
            event=event,
            audiences=Audience.choices,
            audience=audience,
            letter=letter,
            unit=chosen,
        )
        return context

    def _lists(self, event: str, audience: str, unit: Unit | None, letter: str) -> dict[str, Any]:
        """Cards of a choice, and what may be chosen."""
        below = ServicePage.objects.child_of(self) | ServicePage.objects.child_of(languages.original(self))
        every = languages.readable(below.live(), self.locale_id)
        pages = every.order_by("away", "title")
        if event:
            pages = pages.filter(life_event=event)
        if audience:
            pages = pages.for_audience(audience)
        if unit:
            pages = pages.filter(Q(service__offers__unit=unit) | Q(service__offers__unit__body=unit)).distinct()
        if letter:
            pages = pages.filter(title__istartswith=letter)
        return {
            "services": list(pages.with_state()),
            "units": list(Unit.objects.active().filter(offers__isnull=False).distinct().order_by("name")),
            "letters": _in_alphabet({title[0].upper() for title in every.values_list("title", flat=True) if title}),
        }


def _in_alphabet(letters: set[str]) -> list[str]:
    """Letters in the order of the Polish alphabet, others after them."""
    return sorted(letters, key=lambda letter: (ALPHABET.find(letter) % 100, letter))


ALPHABET = "AĄBCĆDEĘFGHIJKLŁMNŃOÓPQRSŚTUVWXYZŹŻ"


class ServicePageQuerySet(PageQuerySet):
    def offered_by(self, unit_id: int, locale_id: int) -> ServicePageQuerySet:
        """Live cards of what a unit or a cell of it offers, to be read in a language, by title."""
        offered = ServiceOffer.objects.filter(Q(unit_id=unit_id) | Q(unit__body_id=unit_id)).values("service_id")
        found: ServicePageQuerySet = languages.readable(self.live().filter(service_id__in=offered), locale_id)
        return found.order_by("away", "title")

    def for_audience(self, audience: str) -> ServicePageQuerySet:
        """Cards for residents, businesses or others."""
        return self.filter(**{_AUDIENCE_FIELDS[audience]: True})

    def with_state(self) -> ServicePageQuerySet:
        """With what a list shows of each card: `current`, `state`, `median_days`, `live_form`; a fixed number of
        queries."""
        polish = Page.objects.filter(
            translation_key=OuterRef("translation_key"), locale__language_code=settings.LANGUAGE_CODE
        )
        here = Coalesce(Subquery(polish.values("path")[:1]), "path")
        below = Page.objects.filter(live=True, depth=OuterRef("depth") + 1, path__startswith=OuterRef("card_path"))
        return self.annotate(card_path=here).annotate(live_form=Exists(below.values("pk"))).select_related(
            "service", "locale"
        ).prefetch_related(
            Prefetch("service__versions", ServiceVersion.objects.order_by("-valid_from"), to_attr="all_versions"),
            Prefetch("service__offers", ServiceOffer.objects.select_related("unit", "load").order_by("unit__name"),
                     to_attr="all_offers"),
            Prefetch("service__handling_times", HandlingTime.objects.filter(unit__isnull=True), to_attr="town_times"),
        )  # fmt: skip

    def neglected(self) -> ServicePageQuerySet:
        """Live cards whose review day has passed or never was set, or whose owner is missing or gone."""
        today = standing.today()
        members = Membership.objects.filter(valid_now(), user_id=OuterRef("responsible_id"))
        # A translation has its Polish card's owner and review day.
        return self.live().filter(locale__language_code=settings.LANGUAGE_CODE).filter(
            Q(review_on__isnull=True) | Q(review_on__lt=today) | Q(responsible__isnull=True)
            | Q(responsible__is_active=False) | ~Exists(members)
        )  # fmt: skip


_AUDIENCE_FIELDS = {
    Audience.CITIZENS.value: "for_citizens",
    Audience.BUSINESS.value: "for_business",
    Audience.OTHERS.value: "for_others",
}


class ServicePage(RoutablePageMixin, Page):
    """A service card; `latwy-tekst/` is the same in words that are easy to read."""

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
    easy_text = RichTextField(
        _("easy-to-read text"), features=EASY, blank=True,
        help_text=_("Short sentences, one thought each, no hard words. It has a page of its own with large letters."),
    )  # fmt: skip
    sign_file = models.ForeignKey(
        "filer.File", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("film in Polish Sign Language, from the library"),
        help_text=_("An MP4 file marked public in the library. Nothing of it is loaded before the reader asks for it."),
    )  # fmt: skip
    sign_url = models.URLField(
        _("film in Polish Sign Language, elsewhere"), blank=True,
        help_text=_("An address on another site; the reader is told before leaving."),
    )  # fmt: skip
    for_citizens = models.BooleanField(_("for residents"), default=True)
    for_business = models.BooleanField(_("for businesses"), default=False)
    for_others = models.BooleanField(_("for organisations and other bodies"), default=False)
    #: Who answers for the text, and by when it must be read again.
    responsible = models.ForeignKey(
        "people.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=pgettext_lazy("service card", "owner"),
        limit_choices_to={"is_staff": True, "is_active": True},
        help_text=_("Who keeps the card true. A card without an owner is reported to the editors."),
    )  # fmt: skip
    approved_by = models.CharField(pgettext_lazy("service card", "approved by"), max_length=120, blank=True)
    review_on = models.DateField(_("review date"), null=True, blank=True)

    objects = PageManager.from_queryset(ServicePageQuerySet)()
    template = "portal/service.html"
    shown_with = ("service", "responsible")
    parent_page_types = ["cms_pages.ServiceIndexPage"]
    subpage_types = ["cms_pages.FormPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("service"),
        MultiFieldPanel([FieldPanel("card_number"), FieldPanel("life_event"), FieldPanel("lead")], _("Card")),
        MultiFieldPanel(
            [FieldPanel("for_citizens"), FieldPanel("for_business"), FieldPanel("for_others")], _("Whom it is for")
        ),
        FieldPanel("who"),
        FieldPanel("documents_needed"),
        FieldPanel("documents_shown"),
        FieldPanel("where_to_file"),
        FieldPanel("how_settled"),
        FieldPanel("appeal"),
        FieldPanel("remarks"),
        MultiFieldPanel(
            [FieldPanel("easy_text"), FieldPanel("sign_file", widget=LibraryChooser), FieldPanel("sign_url")],
            _("Easy to read and in sign language"),
        ),
        MultiFieldPanel(
            [FieldPanel("responsible"), FieldPanel("approved_by"), FieldPanel("review_on")], _("Responsibility")
        ),
    ]

    class Meta:
        verbose_name = _("service card")
        verbose_name_plural = _("service cards")

    @cached_property
    def current(self) -> ServiceVersion | None:
        """The service's values in force today."""
        return standing.in_force(standing.versions_of(self.service), standing.today())

    @cached_property
    def offers(self) -> list[ServiceOffer]:
        """Units that offer it."""
        known = getattr(self.service, "all_offers", None)
        if known is not None:
            return list(known)
        found = ServiceOffer.objects.filter(service_id=self.service_id).select_related("unit", "unit__body", "load")
        return list(found.order_by("unit__name"))

    @cached_property
    def state(self) -> standing.State:
        """How the service stands today, over all units that offer it."""
        return standing.together(self.offers, standing.today())

    @cached_property
    def median_days(self) -> int | None:
        """Median days from filing to the end in the last 90 days, over the town; None where too few cases ended."""
        known = getattr(self.service, "town_times", None)
        if known is None:
            known = HandlingTime.objects.filter(service_id=self.service_id, unit__isnull=True)
        return next((row.days for row in known), None)

    def neglect(self) -> list[str]:
        """Why the card asks for an editor: one sentence each; empty for a kept one. The same rule as `neglected`."""
        today, found = standing.today(), []
        if self.review_on is None:
            found.append(gettext("No review date is set."))
        elif self.review_on < today:
            day = date_format(self.review_on, "j E Y")
            found.append(gettext("The review date has passed: %(day)s.") % {"day": day})
        if self.responsible is None:
            found.append(gettext("The card has no owner."))
        elif (
            not self.responsible.is_active
            or not Membership.objects.filter(valid_now(), user_id=self.responsible_id).exists()
        ):
            found.append(gettext("The owner no longer works here: %(name)s.") % {"name": self.responsible})
        return found

    @cached_property
    def form_page(self) -> Page | None:
        """The live form, if there is one: one form serves all languages."""
        child = self.card.get_children().live().first()
        return child.specific if child else None

    @cached_property
    def card(self) -> Page:
        """The Polish card, to which the form belongs in all languages."""
        return languages.original(self)

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

    @path("latwy-tekst/", name="easy")
    def easy(self, request: HttpRequest) -> HttpResponse:
        """The card in words that are easy to read."""
        if not self.easy_text:
            raise Http404
        return self.render(request, template="portal/service_easy.html")

    @property
    def sign_film(self) -> str:
        """Address of the film in sign language in the library; empty where there is none that everybody may take."""
        return address_of(self.sign_file) if self.sign_file and self.sign_file.is_public else ""

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """The card and its easy text."""
        first = super().get_sitemap_urls(request)
        easy = first if self.easy_text else []
        return [*first, *({**entry, "location": f"{entry['location']}latwy-tekst/"} for entry in easy)]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context.update(remembered(request, f"page-{self.pk}", self._facts))
        context["easy_url"] = f"{self.get_url(request)}latwy-tekst/" if self.easy_text else ""
        return context

    def _facts(self) -> dict[str, Any]:
        """What the service's record, its units and its cases say today."""
        today = standing.today()
        visited = VisitDesk.objects.open_on(today).for_service(self.service_id).values("unit")
        times = {row.unit_id: row.days for row in HandlingTime.objects.filter(service_id=self.service_id)}
        rows = [(offer, standing.state_of(offer, today, live=True), times.get(offer.unit_id)) for offer in self.offers]
        return {
            "version": self.current,
            "offers": self.offers,
            "rows": rows,
            "state": standing.best([state for _offer, state, _days in rows]),
            "median_days": times.get(None),
            "form_page": self.form_page,
            "term": self.term_words(),
            "visit_units": list(Unit.objects.active().filter(pk__in=visited).order_by("name")[:30]),
            "revision_number": self.revisions.count() or 1,
        }
