"""The intranet: pages for the staff only. Who sees them is Access's to say; to everybody else they do not exist."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from cms_pages import staff_book
from cms_pages.models.text import TEXT, plain
from people.access import Access
from people.models import Unit

#: How many a list shows.
LISTED = 30


class StaffOnly(Page):
    """What every page of the intranet shares: served to staff with a role today, 404 to everybody else."""

    class Meta:
        abstract = True

    def open_to(self, access: Access) -> bool:
        """Whether the access may read this page."""
        return access.is_system or bool(access.group_ids)

    def require(self, access: Access) -> None:
        """Raise Http404 unless the access may read this page."""
        if not self.open_to(access):
            raise Http404

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.require(request.access)  # type: ignore[attr-defined]  # set by people.middleware
        answer: HttpResponseBase = super().serve(request, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        answer["X-Robots-Tag"] = "noindex"
        return answer

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        return []


class StaffPageQuerySet(PageQuerySet):
    def visible_to(self, access: Access) -> StaffPageQuerySet:
        """Live pages this person may read: staff with a role today; below a unit's own page only that unit's people."""
        if access.is_system:
            return self.live()
        if not access.group_ids:
            return self.none()
        closed = (
            StaffPage.objects.filter(only_unit__isnull=False)
            .exclude(only_unit_id__in=staff_book.units_of_access(access))
            .annotate(below=ExpressionWrapper(OuterRef("path"), output_field=models.CharField()))
            .filter(below__startswith=F("path"))
        )
        return self.live().filter(~Exists(closed.values("pk")))


class IntranetPage(StaffOnly):
    """The front page of the intranet."""

    lead = models.CharField(_("lead"), max_length=250, blank=True)
    template = "portal/intranet.html"
    max_count = 1
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types = ["cms_pages.StaffPage", "cms_pages.PhoneBookPage", "cms_pages.AwayPage"]
    content_panels = [*Page.content_panels, FieldPanel("lead")]

    class Meta:
        verbose_name = _("intranet")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        access = request.access  # type: ignore[attr-defined]  # set by people.middleware
        pages = StaffPage.objects.descendant_of(self).visible_to(access).select_related("unit")
        kinds = StaffPage.Kind
        context.update(
            news=pages.filter(kind=kinds.NEWS).order_by("-first_published_at")[:6],
            instructions=pages.filter(kind=kinds.INSTRUCTION).order_by("title")[:LISTED],
            teams=pages.filter(kind=kinds.TEAM).order_by("title")[:LISTED],
            tools=self.get_children().live().type(PhoneBookPage, AwayPage),
            away=staff_book.away()[:6],
        )
        return context


class StaffPage(StaffOnly):
    """News, an instruction, or the page of a unit or team, for the staff."""

    class Kind(models.TextChoices):
        NEWS = "news", _("news for the staff")
        INSTRUCTION = "instruction", _("instruction")
        TEAM = "team", _("page of a unit or team")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.NEWS)
    unit = models.ForeignKey(
        "people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"),
        help_text=_("Whose page it is; the editors of this unit may change it."),
    )  # fmt: skip
    only_unit = models.ForeignKey(
        "people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("only for the people of"),
        help_text=_("Empty: for all staff. Holds for the pages below too."),
    )  # fmt: skip
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)

    objects = PageManager.from_queryset(StaffPageQuerySet)()
    template = "portal/intranet_page.html"
    parent_page_types = ["cms_pages.IntranetPage", "cms_pages.StaffPage"]
    subpage_types = ["cms_pages.StaffPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("kind"),
        FieldPanel("unit"),
        FieldPanel("only_unit"),
        FieldPanel("lead"),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("page of the intranet")
        verbose_name_plural = _("pages of the intranet")

    def clean(self) -> None:
        super().clean()
        above = self.closed_above()
        if self.only_unit_id and above and above != self.only_unit_id:
            raise ValidationError({"only_unit": gettext("A page above is already only for another unit.")})

    def closed_above(self) -> int | None:
        """The unit for whose people alone a page above is."""
        if not self.path:
            return None
        pages = StaffPage.objects.ancestor_of(self).filter(only_unit__isnull=False)
        return pages.values_list("only_unit_id", flat=True).first()

    @property
    def readers_unit_id(self) -> int | None:
        """The unit whose people alone read it, by itself or by a page above; None: all staff."""
        return self.only_unit_id or self.closed_above()

    def open_to(self, access: Access) -> bool:
        return super().open_to(access) and (
            access.is_system or StaffPage.objects.filter(pk=self.pk).visible_to(access).exists()
        )

    def search_text(self) -> str:
        """Text for the staff's search."""
        return f"{self.lead}\n{plain(self.body)}"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        access = request.access  # type: ignore[attr-defined]  # set by people.middleware
        context["children"] = StaffPage.objects.child_of(self).visible_to(access).order_by("-first_published_at")
        if self.kind == self.Kind.TEAM and self.unit_id:
            context["people"] = staff_book.people(unit_id=self.unit_id)[:LISTED]
        return context


class PhoneBookPage(StaffOnly):
    """Who works where and how to reach them: `?q=` words of a name or post, `?jednostka=` a unit."""

    template = "portal/intranet_phones.html"
    max_count = 1
    parent_page_types = ["cms_pages.IntranetPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("phone book")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        words = request.GET.get("q", "")[:80]
        slug = request.GET.get("jednostka", "")
        unit = Unit.objects.filter(slug=slug).first() if slug else None
        found = staff_book.people(words=words, unit_id=unit.pk if unit else None)[: staff_book.PAGE + 1]
        context.update(
            people=found[: staff_book.PAGE],
            more=len(found) > staff_book.PAGE,
            words=words,
            unit=unit,
            units=Unit.objects.active().order_by("path").only("slug", "name", "depth"),
        )
        return context


class AwayPage(StaffOnly):
    """Who is away today and in the coming days, and who acts for them. Never why."""

    template = "portal/intranet_away.html"
    max_count = 1
    parent_page_types = ["cms_pages.IntranetPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("who is away")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context.update(away=staff_book.away()[:100], soon=staff_book.away_soon()[:100])
        return context


#: Types of pages that are never public.
STAFF_TYPES = (IntranetPage, StaffPage, PhoneBookPage, AwayPage)
#: Filter of page types for queries that must not meet them.
NEVER_PUBLIC = Q(content_type__app_label="cms_pages", content_type__model__in=[t._meta.model_name for t in STAFF_TYPES])
