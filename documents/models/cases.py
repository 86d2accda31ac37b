"""Cases and their parties."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from documents.visibility import CaseQuerySet


class Case(models.Model):
    """A matter handled by one unit. Its state derives from the times below (`workflow.states`), never from a flag.

    A case exists from the moment something is filed (then it has only a tracking code); it gets its reference
    (*znak sprawy*) when it is registered. All times UTC, days Europe/Warsaw.
    """

    #: The unit (cell or body) that handles it; `body` is that unit's body and owns the numbers.
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="cases")
    body = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=250)
    #: Public code of at least 64 random bits, without look-alike characters. Opens nothing alone.
    tracking_code = models.CharField(max_length=32, unique=True)
    #: The second factor of a guest: lower-case e-mail and/or ISO date given in the form, salted and hashed.
    guest_factors = models.JSONField(default=list, blank=True)
    #: The citizen's account when filed logged in.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                              related_name="own_cases")

    # the reference, null until registered
    reference = models.CharField(_("case reference"), max_length=60, null=True, blank=True, unique=True)
    classification = models.ForeignKey("documents.ClassificationClass", null=True, blank=True,
                                       on_delete=models.PROTECT, related_name="cases")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField(null=True, blank=True)

    handler = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT,
                                related_name="handled_cases")
    #: Due day as counted now (rolled); kept by `workflow` deeds so that lists can be filtered and ordered.
    due_on = models.DateField(null=True, blank=True)
    #: Sealed: visible only to named readers (shares).
    sealed = models.BooleanField(default=False)
    #: Clearance a reader needs; 0 is ordinary.
    clearance = models.PositiveSmallIntegerField(default=0)
    #: Raised by every deed that changes what is shown or found; the search index keeps the highest.
    version = models.PositiveIntegerField(default=1)

    # facts with times
    received_at = models.DateTimeField()
    registered_at = models.DateTimeField(null=True, blank=True)
    decision_ready_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    transferred_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    crossed_at = models.DateTimeField(null=True, blank=True)
    #: How it was settled, for the case list ("decyzja", "bez rozpoznania", ...).
    outcome = models.CharField(max_length=80, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        default_permissions = ()
        permissions = [("read_case", _("read this case"))]
        constraints = [models.UniqueConstraint(fields=["unit", "classification", "year", "number"],
                                               name="case_number_once")]
        indexes = [
            models.Index(fields=["unit", "-id"], name="case_unit"),
            models.Index(fields=["handler", "due_on"], name="case_handler_due"),
            models.Index(fields=["owner", "-id"], name="case_owner"),
            models.Index(fields=["unit", "due_on"], condition=models.Q(closed_at__isnull=True), name="case_open_due"),
        ]

    def __str__(self) -> str:
        # The tracking code is the party's secret: staff lists print this name, so it never stands here.
        return self.reference or gettext("no reference (%(number)s)") % {"number": self.pk}


class CaseUserObjectPermission(UserObjectPermissionBase):
    """A share: one case opened to one person (guardian, direct foreign key)."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """A share: one case opened to a role group."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)


class Party(models.Model):
    """A person or organisation on a case or letter, as they stood in the filing (not a shared address book)."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        ORGANISATION = "organisation", _("organisation")

    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.CASCADE, related_name="parties")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    role = models.CharField(max_length=20, default="applicant")
    name = models.CharField(_("name"), max_length=200)
    pesel = models.CharField(max_length=11, blank=True)
    nip = models.CharField(max_length=10, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=160, blank=True)
    postcode = models.CharField(max_length=6, blank=True)
    town = models.CharField(max_length=80, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
                             related_name="+")
    #: A unit of the town as the addressee of a letter; then it belongs to no case.
    unit = models.ForeignKey("people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=[name, "-id"], condition=~models.Q(**{name: ""}), name=f"party_{name}")
            for name in ("pesel", "nip", "email")
        ]

    def __str__(self) -> str:
        return self.name


class CaseLink(models.Model):
    """Two cases that belong together, as a clerk says. It opens neither of them to anybody."""

    first = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link of cases")
        verbose_name_plural = _("links of cases")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="case_link_once")]
