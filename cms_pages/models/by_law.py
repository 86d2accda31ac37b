"""What a public body owes its readers by law: the accessibility statement and the privacy notices.

Statement: structure and ids of "Warunki techniczne publikacji i struktura dokumentu elektronicznego deklaracji
dostępności", version 2.0 of 31 July 2024, under art. 12 pkt 7 of the act of 4 April 2019 (Dz. U. 2023 poz. 1440);
reviewed every year by 31 March (art. 11 of the act).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import Page

from cms_pages import privacy
from cms_pages.models.catalogue import ServicePage
from cms_pages.models.portal import HomePage
from cms_pages.models.text import TEXT, plain
from journal.clock import db_now, warsaw_day
from people.models import Unit

#: A statement is a form: no headings of its own inside the parts.
PLAIN = ["bold", "italic", "ol", "ul", "link"]
#: Every year by this day (month, day), and from when editors are reminded.
REVIEW_BY, REMIND_FROM = (3, 31), (3, 1)

#: Where a complaint goes after the body's own answer (art. 18 of the act).
COMMISSIONER = "https://bip.brpo.gov.pl/"


def review_due(checked_on: dt.date) -> dt.date:
    """By when a statement made or last reviewed on a day must be reviewed: 31 March of the next year."""
    return dt.date(checked_on.year + 1, *REVIEW_BY)


class Standing(models.TextChoices):
    """The three answers of the act."""

    FULL = "zgodna", _("fully compliant")
    PART = "czesciowo", _("partly compliant")
    NONE = "niezgodna", _("not compliant")


class Review(models.TextChoices):
    """Whether the yearly review of the statement is done."""

    DONE = "done", _("reviewed")
    SOON = "soon", _("review due soon")
    LATE = "late", _("review overdue")


class AccessibilityStatementPage(Page):
    """Fills itself: who, address, dates and contact come from the records; editors say what does not work yet."""

    unit = models.ForeignKey(
        "people.Unit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("public body"),
        help_text=_("Empty: the body at the top of the directory."),
    )
    site_published_on = models.DateField(
        _("site published on"), null=True, blank=True, help_text=_("Empty: the day the home page was first published.")
    )
    site_changed_on = models.DateField(
        _("last important change of the site"), null=True, blank=True,
        help_text=_("Empty: the day the home page was last published."))  # fmt: skip
    standing = models.CharField(_("compliance"), max_length=10, choices=Standing.choices, default=Standing.PART)
    gaps = RichTextField(
        _("content that is not accessible"),
        features=PLAIN,
        blank=True,
        help_text=_("A list: what does not work, why, when it will, and how to get the information meanwhile."),
    )
    burden = RichTextField(_("excessive costs"), features=PLAIN, blank=True)
    burden_url = models.URLField(_("assessment of the excessive costs"), blank=True)
    exempt = RichTextField(_("content exempt from the act"), features=PLAIN, blank=True)
    made_on = models.DateField(
        _("statement made on"), null=True, blank=True, help_text=_("Empty: the day this page was first published.")
    )
    reviewed_on = models.DateField(_("statement last reviewed on"), null=True, blank=True)
    examiner = models.CharField(
        _("examined by"), max_length=200, blank=True, help_text=_("Who examined the site; empty: self-assessment.")
    )
    report_url = models.URLField(_("report of the examination"), blank=True)
    features = RichTextField(_("aids and limits"), features=PLAIN, blank=True)
    shortcuts = RichTextField(_("keyboard shortcuts"), features=PLAIN, blank=True)
    contact_name = models.CharField(_("who answers"), max_length=160, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True, help_text=_("Empty: the body's."))
    contact_phone = models.CharField(_("phone"), max_length=40, blank=True, help_text=_("Empty: the body's."))
    architecture = RichTextField(_("access to the building"), features=PLAIN, blank=True)
    communication = RichTextField(_("access to information and communication"), features=PLAIN, blank=True)
    apps = RichTextField(_("mobile applications"), features=PLAIN, blank=True)

    template = "portal/statement.html"
    max_count = 1
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("unit"), FieldPanel("site_published_on"), FieldPanel("site_changed_on")], _("Who and what")
        ),
        MultiFieldPanel(
            [FieldPanel(n) for n in ("standing", "gaps", "burden", "burden_url", "exempt")], _("Compliance")
        ),
        MultiFieldPanel(
            [FieldPanel(n) for n in ("made_on", "reviewed_on", "examiner", "report_url")], _("The statement itself")
        ),
        MultiFieldPanel([FieldPanel(n) for n in ("contact_name", "contact_email", "contact_phone")], _("Contact")),
        FieldPanel("features"),
        FieldPanel("shortcuts"),
        FieldPanel("architecture"),
        FieldPanel("communication"),
        FieldPanel("apps"),
    ]

    class Meta:
        verbose_name = _("accessibility statement")

    @cached_property
    def body_unit(self) -> Unit | None:
        """The body that makes the statement."""
        return self.unit or Unit.objects.filter(depth=1).order_by("pk").first()

    @property
    def made(self) -> dt.date | None:
        """When it was made."""
        return self.made_on or (warsaw_day(self.first_published_at) if self.first_published_at else None)

    def due_on(self) -> dt.date | None:
        """By when it must be reviewed; None while it was never made."""
        checked = max(filter(None, [self.made, self.reviewed_on]), default=None)
        return review_due(checked) if checked else None

    def review(self, today: dt.date) -> str:
        """How the yearly review stands on a day."""
        due = self.due_on()
        if due is None or today < dt.date(due.year, *REMIND_FROM):
            return Review.DONE
        return Review.LATE if today > due else Review.SOON

    def search_text(self) -> str:
        """Text for the portal's search."""
        said = (self.gaps, self.burden, self.exempt, self.features, self.shortcuts, self.architecture,
                self.communication, self.apps)  # fmt: skip
        return "\n".join(filter(None, [self.contact_name, *(plain(part) for part in said)]))

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        home = HomePage.objects.ancestor_of(self).first()
        unit = self.body_unit
        cards = ServicePage.objects.live().public().filter(locale_id=self.locale_id)
        signed = models.Q(sign_file__is_public=True) | ~models.Q(sign_url="")
        context.update(
            unit=unit,
            commissioner_url=COMMISSIONER,
            home_url=home.full_url if home else "",
            site_published_on=self.site_published_on or _day(home and home.first_published_at) or self.made,
            site_changed_on=self.site_changed_on or _day(home and home.last_published_at) or self.made,
            email=self.contact_email or (unit.email if unit else ""),
            phone=self.contact_phone or (unit.phone if unit else ""),
            made_on=self.made or warsaw_day(db_now()),
            easy_cards=cards.exclude(easy_text="").order_by("title"),
            sign_cards=cards.filter(signed).order_by("title"),
        )
        return context


def _day(moment: dt.datetime | None) -> dt.date | None:
    return warsaw_day(moment) if moment else None


class PrivacyPage(RoutablePageMixin, Page):
    """How the town uses personal data; `<slug of a unit>/` is the notice of a body, a controller of its own.

    GDPR art. 13: controller, data protection officer, purposes with their legal bases, recipients, how long, rights."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/privacy.html"
    max_count = 1
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types: list[str] = []
    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]

    class Meta:
        verbose_name = _("privacy")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        groups: dict[str, list[Unit]] = {}
        for unit in Unit.objects.active().bodies():
            groups.setdefault(unit.category, []).append(unit)
        context["groups"] = groups
        return context

    @path("<slug:unit>/", name="unit")
    def notice(self, request: HttpRequest, unit: str) -> HttpResponse:
        """The notice of one body; a cell's address leads to its body's."""
        found = Unit.objects.filter(slug=unit).select_related("body").first()
        if found is None:
            raise Http404
        if found.body_id not in (None, found.pk) and found.body is not None:
            return redirect(f"{self.get_url(request)}{found.body.slug}/")
        return self.render(
            request,
            context_overrides={"unit": found, "purposes": privacy.purposes(found), "lead": privacy.lead(found)},
            template="portal/privacy_unit.html",
        )

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """The town's page and every body's."""
        first = super().get_sitemap_urls(request)
        slugs = list(Unit.objects.active().bodies().values_list("slug", flat=True))
        return [*first, *({**entry, "location": f"{entry['location']}{slug}/"} for entry in first for slug in slugs)]
