"""Desks of a unit where people are received by appointment, their times, and who booked them."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.access import Access


def _units(access: Access, *permissions: str) -> frozenset[int]:
    return frozenset[int]().union(*(access.units.get(permission, frozenset()) for permission in permissions))


#: Who works at the counter of a unit, and who sets up its desks.
AT_THE_COUNTER = ("handle_cases", "register_letters", "manage_unit")
SETS_UP = "manage_unit"


class DeskQuerySet(models.QuerySet["VisitDesk"]):
    def open_on(self, day: dt.date) -> DeskQuerySet:
        """Desks that receive people on the day or later."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), unit__closed_on__isnull=True)

    def for_service(self, service_id: int) -> DeskQuerySet:
        """Desks at which the matter is settled."""
        return self.filter(services=service_id)

    def managed_by(self, access: Access) -> DeskQuerySet:
        """Desks that this person may set up."""
        return self if access.is_system else self.filter(unit_id__in=_units(access, SETS_UP))


class VisitDesk(models.Model):
    """One desk: where it is, which matters are settled at it, and its hours."""

    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="visit_desks")
    name = models.CharField(_("name of the desk"), max_length=80)
    room = models.CharField(_("room"), max_length=80)
    services = models.ManyToManyField("workflow.Service", related_name="+", verbose_name=_("matters"))
    minutes = models.PositiveSmallIntegerField(_("minutes per visit"), default=15)
    #: Seven days as `people.hours` keeps them; a break is the gap between two spans.
    week = models.JSONField(default=list)
    valid_from = models.DateField(_("receives people from"))
    valid_until = models.DateField(_("receives people until"), null=True, blank=True)
    #: Days on which the desk is closed, as ISO text.
    days_off = models.JSONField(default=list, blank=True)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("desk for visits")
        verbose_name_plural = _("desks for visits")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="visit_desk_name"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="visit_desk_minutes"),
        ]

    def __str__(self) -> str:
        return self.name


class SlotQuerySet(models.QuerySet["VisitSlot"]):
    def free(self, now: dt.datetime) -> SlotQuerySet:
        """Times that may still be booked, the next one first."""
        taken = Visit.objects.standing().filter(slot=models.OuterRef("pk"))
        return (
            self.filter(~models.Exists(taken), starts_at__gt=now, withdrawn_at__isnull=True)
            .select_related("desk", "desk__unit")
            .order_by("starts_at", "pk")
        )


class VisitSlot(models.Model):
    """One time at one desk. Made ahead; withdrawn, never deleted, while anybody's visit points to it."""

    desk = models.ForeignKey(VisitDesk, on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = SlotQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["desk", "starts_at"], name="visit_slot_once")]
        indexes = [models.Index(fields=["starts_at"], name="visit_slot_starts")]


class VisitQuerySet(models.QuerySet["Visit"]):
    def standing(self) -> VisitQuerySet:
        """Visits that nobody cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def called(self, unit_id: int, since: dt.datetime) -> VisitQuerySet:
        """Visits of a unit called since a moment and not yet served, the newest call first."""
        return (
            self.standing()
            .filter(slot__desk__unit=unit_id, called_at__gte=since, served_at__isnull=True, missed_at__isnull=True)
            .select_related("slot__desk")
            .order_by("-called_at", "-pk")
        )

    def visible_to(self, access: Access) -> VisitQuerySet:
        """Visits at the desks of units at whose counter this person works."""
        return self if access.is_system else self.filter(slot__desk__unit_id__in=_units(access, *AT_THE_COUNTER))


class Visit(models.Model):
    """One person's visit. What stands derives from the times."""

    slot = models.ForeignKey(VisitSlot, on_delete=models.PROTECT, related_name="visits")
    service = models.ForeignKey("workflow.Service", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=8, unique=True)
    name = models.CharField(_("first and last name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(max_length=2, default="pl")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    #: Whether the office called the visit off, not the person.
    by_office = models.BooleanField(default=False)
    arrived_at = models.DateTimeField(null=True, blank=True)
    #: When the code was called last on the screen of the waiting room.
    called_at = models.DateTimeField(null=True, blank=True)
    served_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=Q(cancelled_at__isnull=True), name="visit_slot_taken")
        ]
        indexes = [models.Index(fields=["email"], name="visit_email")]

    @property
    def spoken_code(self) -> str:
        """The code in two halves, as it is read out and shown."""
        return f"{self.code[:4]} {self.code[4:]}"

    def __str__(self) -> str:
        return self.code
