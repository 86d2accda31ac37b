"""Whom an account represents: a child, a company or organisation, a person by power of attorney."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.clock import DbToday

if TYPE_CHECKING:
    from people.models import User


class RepresentedQuerySet(models.QuerySet["Represented"]):
    def of(self, user: User) -> RepresentedQuerySet:
        """Those of an account, ended ones too."""
        return self.filter(owner_id=user.pk)

    def current(self) -> RepresentedQuerySet:
        """Those in whose name something may be filed today."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=DbToday()), ended_at__isnull=True)


class Represented(models.Model):
    """One party whom the owner of an account represents, by the owner's own word: the office checks it in the case.
    Ended, never deleted while the account lives, so that what was filed keeps its party."""

    class Kind(models.TextChoices):
        CHILD = "child", _("child")
        ORGANISATION = "organisation", _("company or organisation")
        PERSON = "person", _("another person")

    class Basis(models.TextChoices):
        PARENT = "parent", _("parent (art. 98 of the Family and Guardianship Code)")
        GUARDIAN = "guardian", _("guardian appointed by a court")
        REGISTER = "register", _("entry in KRS or CEIDG")
        ATTORNEY = "attorney", _("power of attorney (art. 33 of the Code of Administrative Procedure)")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    #: Of an organisation.
    name = models.CharField(max_length=250, blank=True)
    pesel = models.CharField(max_length=11, blank=True)
    nip = models.CharField(max_length=10, blank=True)
    krs = models.CharField(max_length=10, blank=True)
    street = models.CharField(max_length=120, blank=True)
    house = models.CharField(max_length=20, blank=True)
    flat = models.CharField(max_length=20, blank=True)
    postcode = models.CharField(max_length=6, blank=True)
    town = models.CharField(max_length=80, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RepresentedQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [models.Index(fields=["owner", "id"], name="represented_owner")]

    def __str__(self) -> str:
        return self.name or f"{self.first_name} {self.last_name}"

    @property
    def is_current(self) -> bool:
        """Whether it was not ended by its owner (a day that has passed is asked of the database)."""
        return self.ended_at is None
