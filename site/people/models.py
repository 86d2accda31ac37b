"""Who: users, citizens, the tree of units, memberships and substitutions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from journal.clock import DbToday
from people.models_notices import NoticeChoice as NoticeChoice  # Django finds models here
from people.models_notices import ProvenPhone as ProvenPhone
from people.models_represented import Represented as Represented

if TYPE_CHECKING:
    from people.access import Access


class UserManager(BaseUserManager["User"]):
    """Users are named by their e-mail address."""

    def _create(self, email: str, password: str | None, **extra: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: object) -> User:
        return self._create(email, password, **extra)

    def create_superuser(self, email: str, password: str | None = None, **extra: object) -> User:
        return self._create(email, password, **{"is_staff": True, "is_superuser": True, **extra})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person who signs in: a citizen or a member of staff. The e-mail address is the user name."""

    username = None  # type: ignore[assignment]  # the e-mail address names the user
    email = models.EmailField(_("e-mail address"), unique=True)
    #: Post as printed under a signature, e.g. "Kierownik Referatu". Staff only.
    post = models.CharField(_("post"), max_length=160, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    #: When its owner deleted it. What is left of the row only holds the place of a number.
    deleted_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        if self.deleted_at is not None:
            return gettext("deleted account no. %(number)d") % {"number": self.pk}
        return self.get_full_name() or self.email


class StaffMember(User):
    """A staff account as the unit's administrators see it; Wagtail's own user editor keeps to `User`."""

    class Meta:
        proxy = True
        verbose_name = _("staff account")
        verbose_name_plural = _("staff accounts")


class Assurance(models.IntegerChoices):
    """How sure the office is of who files; ordered. A service asks for one of them."""

    NONE = 0, _("none")
    ACCOUNT = 10, _("account with confirmed e-mail")
    CONFIRMED = 20, _("identity confirmed in the office")
    EID = 30, _("electronic identity")
    SIGNED = 40, _("signed file")


class Citizen(models.Model):
    """What a citizen's account knows beyond the user: used for prefill and to prove who files."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="citizen")
    pesel = models.CharField("PESEL", max_length=11, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    street = models.CharField(_("street"), max_length=120, blank=True)
    house = models.CharField(_("house"), max_length=20, blank=True)
    flat = models.CharField(_("flat"), max_length=20, blank=True)
    postcode = models.CharField(_("postcode"), max_length=6, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    assurance = models.PositiveSmallIntegerField(_("assurance"), choices=Assurance.choices, default=Assurance.ACCOUNT)
    #: When, by whom and in which unit an identity document was last seen; empty while the level stands on none.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_in = models.ForeignKey("people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=2, default="pl")

    class Meta:
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")

    def __str__(self) -> str:
        return str(self.user)


class UnitQuerySet(MP_NodeQuerySet):
    def bodies(self) -> UnitQuerySet:
        return self.filter(kind=Unit.Kind.BODY)

    def active(self) -> UnitQuerySet:
        return self.filter(closed_on__isnull=True)

    def within(self, unit: Unit) -> UnitQuerySet:
        """The unit and everything below it in the tree."""
        return self.filter(path__startswith=unit.path)

    def with_permission(self, access: Access, permission: str) -> UnitQuerySet:
        """Units in which the access holds the permission; the system holds all of them everywhere."""
        return self if access.is_system else self.filter(pk__in=access.units.get(permission, frozenset()))


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]  # built at import
    """Units in tree order."""

    def get_queryset(self) -> UnitQuerySet:
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):
    """One tree of the whole town. A *body* has its own controller, plan, registers, keys, calendar and privacy
    notice (the city office, each school); a *cell* is a department of one: only its symbol stands in the case
    reference, everything else is its nearest body's."""

    class Kind(models.TextChoices):
        BODY = "body", _("body")
        CELL = "cell", _("cell")

    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    symbol = models.CharField(
        _("symbol"), max_length=20, unique=True, help_text=_("Stands in case references, e.g. OR or SP-3.")
    )
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("web address"), max_length=80, unique=True)
    #: The nearest body at or above (itself for a body); kept by the deed that writes the tree.
    body = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="cells")
    #: Kind of unit shown to citizens: office, department, school, kindergarten, ...
    category = models.CharField(_("category"), max_length=40, blank=True)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=6, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    #: Electronic delivery address (AE:PL-...), empty while the unit has none.
    edelivery = models.CharField(_("electronic delivery address"), max_length=40, blank=True)
    opening_hours = models.TextField(_("opening hours"), blank=True)
    #: The week and its exceptions as `people.hours` keeps them; empty while nobody has typed them.
    week_hours = models.JSONField(_("opening hours of the week"), default=list, blank=True)
    hours_exceptions = models.JSONField(_("other hours on some days"), default=list, blank=True)
    privacy_notice = models.TextField(_("privacy notice"), blank=True)
    #: Data protection officer of a body (GDPR art. 13(1)(b)): a name, and how to reach the person.
    dpo_name = models.CharField(_("data protection officer"), max_length=160, blank=True)
    dpo_contact = models.CharField(_("contact of the data protection officer"), max_length=160, blank=True)
    #: Extra days off of this body's calendar, ISO dates.
    days_off = models.JSONField(default=list, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    node_order_by: list[str] = []
    objects = UnitManager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        default_permissions = ()
        #: What a role may do in a unit. Granted to role groups by guardian rows, read only by `people.access`.
        permissions = [
            ("view_letters", _("see the registers and letters of the unit")),
            ("register_letters", _("register letters")),
            ("dispatch_letters", _("dispatch letters")),
            ("view_cases", _("see the cases of the unit")),
            ("handle_cases", _("handle cases")),
            ("assign", _("assign letters and cases")),
            ("approve", _("approve letters")),
            ("sign", _("sign letters")),
            ("edit_content", _("edit the unit's pages")),
            ("audit", _("read the journal of the unit")),
            ("manage_unit", _("manage the unit's people and settings")),
            ("manage_records", _("manage plan, registers and retention")),
            ("backdate", _("record a deed with an earlier time")),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} · {self.name}"


class UnitGroupObjectPermission(GroupObjectPermissionBase):
    """django-guardian's direct foreign-key grant of a role group on a unit."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)


class UnitUserObjectPermission(UserObjectPermissionBase):
    """Part of guardian's contract; units are granted to role groups, not to people, so it stays empty."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)


class Role(models.TextChoices):
    REGISTRY = "registry", _("registry")
    CLERK = "clerk", _("clerk")
    HEAD = "head", _("head")
    DEPUTY = "deputy", _("deputy head")
    EDITOR = "editor", _("editor")
    AUDITOR = "auditor", _("auditor")
    UNIT_ADMIN = "unit_admin", _("unit administrator")
    COORDINATOR = "coordinator", _("city records coordinator")


class RoleGroup(models.Model):
    """The group that carries one role in one unit; guardian's grants hang on it (a role over a subtree has grants
    on every unit of the subtree, written when the role or the tree changes)."""

    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.CASCADE, related_name="role_groups")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    subtree = models.BooleanField(_("with units below"), default=False)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="role_group")

    class Meta:
        verbose_name = _("role in a unit")
        verbose_name_plural = _("roles in units")
        constraints = [models.UniqueConstraint(fields=["unit", "role", "subtree"], name="role_group_once")]

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.unit.symbol}" + ("+" if self.subtree else "")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current_or_future(self) -> MembershipQuerySet:
        """Valid today (Warsaw, database clock) or later."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=DbToday())).exclude(
            valid_until__lt=models.F("valid_from")
        )

    def in_units_of(self, access: Access, permission: str) -> MembershipQuerySet:
        """Memberships in units where the access holds the permission."""
        if access.is_system:
            return self
        return self.filter(role_group__unit_id__in=access.units.get(permission, frozenset()))


class Membership(models.Model):
    """One person in one role of one unit, from a day until a day (Europe/Warsaw days, the last one included)."""

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="memberships")
    role_group = models.ForeignKey(
        RoleGroup, verbose_name=_("role"), on_delete=models.PROTECT, related_name="memberships"
    )
    valid_from = models.DateField(_("first day"))
    valid_until = models.DateField(_("last day"), null=True, blank=True)
    #: Highest clearance level of documents this membership may read; 0 is ordinary.
    clearance = models.PositiveSmallIntegerField(_("clearance"), default=0)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        # One withdrawn on its first day ends the day before: it was never valid for a whole day.
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_until__gte=models.F("valid_from") - dt.timedelta(days=1)),
                name="membership_dates",
            )
        ]
        indexes = [models.Index(fields=["user", "valid_from"], name="membership_of_user")]

    def __str__(self) -> str:
        return f"{self.user} – {self.role_group}"


class Substitution(models.Model):
    """`substitute` acts for `absent` in the units and scope given, between two days (both included)."""

    class Scope(models.TextChoices):
        ALL = "all", _("everything")
        INBOX = "inbox", _("inbox")
        APPROVAL = "approval", _("approval")
        SIGNING = "signing", _("signing")

    absent = models.ForeignKey(
        User, verbose_name=_("absent person"), on_delete=models.PROTECT, related_name="substituted_by"
    )
    substitute = models.ForeignKey(
        User, verbose_name=_("substitute"), on_delete=models.PROTECT, related_name="substitutes_for"
    )
    scope = models.CharField(_("scope"), max_length=10, choices=Scope.choices, default=Scope.ALL)
    valid_from = models.DateField(_("first day"))
    valid_until = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("substitution")
        verbose_name_plural = _("substitutions")
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=models.F("valid_from")), name="substitution_dates"),
            models.CheckConstraint(condition=~Q(absent=models.F("substitute")), name="substitution_other_person"),
        ]

    def __str__(self) -> str:
        return f"{self.absent} → {self.substitute}"


class DataExport(models.Model):
    """One archive of what is held of a person (GDPR art. 15 and 20), asked for by them. What stands derives from the
    times; the file lies in the private storage `exports` until `expires_at`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_exports")
    asked_at = models.DateTimeField()
    #: Areas written so far, of all there are.
    done = models.PositiveSmallIntegerField(default=0)
    areas = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: Name in the storage; empty before it is ready and after it was deleted.
    file = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("archive of personal data")
        verbose_name_plural = _("archives of personal data")
        default_permissions = ()
        indexes = [models.Index(fields=["user", "-asked_at"], name="data_export_user")]

    def __str__(self) -> str:
        return str(self.pk)


class Farewell(models.Model):
    """The last message to somebody whose account was deleted; the row goes once the message went out."""

    address = models.EmailField()
    language = models.CharField(max_length=2, default="pl")
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class IdentityCode(models.Model):
    """A short code that a citizen shows at the counter, so that the clerk confirms the account of who stands there.
    One for an account; a new one replaces it. Only its digest is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="identity_code")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
