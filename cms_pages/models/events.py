"""Events and who takes part in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from cms_pages.models.text import TEXT, plain
from journal.clock import db_now
from people.access import Access

#: How many coming events a list shows.
LISTED = 60


class EventIndexPage(Page):
    """Coming events of the town and its units."""

    template = "portal/event_index.html"
    max_count = 1
    subpage_types = ["cms_pages.EventPage"]

    class Meta:
        verbose_name = _("calendar of events")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["events"] = EventPage.objects.coming().descendant_of(self.get_parent())[:LISTED]
        return context


class EventPageQuerySet(PageQuerySet):
    def coming(self) -> EventPageQuerySet:
        """Live events that have not ended, the next one first."""
        now = db_now()
        return (
            self.live()
            .public()
            .filter(Q(ends_at__gte=now) | Q(ends_at__isnull=True, starts_at__gte=now - dt.timedelta(hours=3)))
            .select_related("unit", "image")
            .order_by("starts_at", "pk")
        )

    def of_unit(self, unit_id: int) -> EventPageQuerySet:
        """Events of a unit and of its cells."""
        return self.filter(Q(unit_id=unit_id) | Q(unit__body_id=unit_id))

    def for_staff_of(self, access: Access) -> EventPageQuerySet:
        """Events whose list of participants this person may see: of units in which the person has a role."""
        if access.is_system:
            return self
        units = frozenset[int]().union(*access.roles.values()) if access.roles else frozenset[int]()
        return self.filter(unit_id__in=units)


class EventPage(Page):
    """An event; with registration it has places, a waiting list and a list for the door."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("organiser"))
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200)
    place_access = models.CharField(
        _("access for people with disabilities"), max_length=300, blank=True,
        help_text=_("For example: lift, ramp, induction loop, sign language."),
    )  # fmt: skip
    price = models.CharField(_("price"), max_length=80, blank=True, help_text=_("Empty: free."))
    lead = models.CharField(_("lead"), max_length=300)
    image = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("picture"),
    )  # fmt: skip
    body = RichTextField(_("text"), features=TEXT, blank=True)
    takes_registrations = models.BooleanField(_("people register"), default=False)
    places = models.PositiveIntegerField(
        _("number of places"), null=True, blank=True, help_text=_("Empty: as many as come.")
    )
    registration_until = models.DateTimeField(
        _("registration until"), null=True, blank=True, help_text=_("Empty: until the event begins.")
    )

    objects = PageManager.from_queryset(EventPageQuerySet)()
    template = "portal/event.html"
    parent_page_types = ["cms_pages.EventIndexPage", "cms_pages.UnitPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("unit"),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
        MultiFieldPanel([FieldPanel("place"), FieldPanel("place_access"), FieldPanel("price")], _("Place")),
        FieldPanel("lead"),
        FieldPanel("image"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("takes_registrations"), FieldPanel("places"), FieldPanel("registration_until")],
            _("Registration"),
            help_text=_("When the places run out people wait in a line; a freed place goes to the first of them."),
        ),
    ]

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def clean(self) -> None:
        super().clean()
        wrong = {}
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            wrong["ends_at"] = gettext("The event ends before it begins.")
        if self.starts_at and self.registration_until and self.registration_until > self.starts_at:
            wrong["registration_until"] = gettext("Registration ends when the event begins at the latest.")
        if wrong:
            raise ValidationError(wrong)

    def registration_open(self) -> bool:
        """Whether people may register now."""
        return self.takes_registrations and self.live and db_now() < (self.registration_until or self.starts_at)

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}\n{self.place}"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context.update(is_open=self.registration_open(), is_over=(self.ends_at or self.starts_at) < db_now())
        if context["is_open"] and self.places is not None:
            context["free"] = max(0, self.places - len(EventRegistration.objects.placed(self)[: self.places]))
        return context


class RegistrationQuerySet(models.QuerySet["EventRegistration"]):
    def standing(self, event: EventPage) -> RegistrationQuerySet:
        """Registrations of an event that nobody has cancelled, in the order they came."""
        return self.filter(event=event, cancelled_at__isnull=True).order_by("registered_at", "pk")

    def placed(self, event: EventPage) -> RegistrationQuerySet:
        """Those with a place."""
        return self.standing(event).filter(placed_at__isnull=False)

    def waiting(self, event: EventPage) -> RegistrationQuerySet:
        """Those in the line, the first one first."""
        return self.standing(event).filter(placed_at__isnull=True)


class EventRegistration(models.Model):
    """One person's place at an event, or in the line for one. What stands derives from the times."""

    event = models.ForeignKey(EventPage, on_delete=models.PROTECT, related_name="registrations")
    name = models.CharField(_("first and last name"), max_length=120)
    #: Lower case; one standing registration for an address.
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    needs = models.CharField(_("what you need to take part"), max_length=300, blank=True)
    language = models.CharField(max_length=2, default="pl")
    registered_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration for an event")
        verbose_name_plural = _("registrations for events")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["event", "email"], condition=Q(cancelled_at__isnull=True), name="event_registered_once"
            )
        ]
        indexes = [models.Index(fields=["event", "registered_at"], name="event_registrations")]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.pk}"
