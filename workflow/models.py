"""Services and who offers them; route templates, processes, tasks; the clocks of a case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Assurance, Role
from workflow import regimes
from workflow.figures.models import DayFigure, FlowFigure, StageFigure
from workflow.inbox.models import Looking, SavedFilter
from workflow.notices.models import StaffNotice, StaffNoticeChoice
from workflow.querysets import TaskQuerySet
from workflow.visits.models import Visit, VisitDesk, VisitSlot
from workflow.webhooks.models import Webhook, WebhookCall

#: Models of their own packages, which Django finds here.
__all__ = [
    "Assignment", "DayFigure", "DeadlineExtension", "FlowFigure", "Interval", "Looking", "Process", "RouteStep",
    "RouteTemplate", "SavedFilter", "Service", "ServiceOffer", "ServiceVersion", "StageFigure", "StaffNotice",
    "StaffNoticeChoice", "SupplementRequest", "Task", "Visit", "VisitDesk", "VisitSlot", "Webhook", "WebhookCall",
]  # fmt: skip


class Service(models.Model):
    """An e-service of the town. What the law and the office say of it stands in dated versions."""

    code = models.SlugField(max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return self.title


class ServiceVersion(models.Model):
    """Legal and process values of a service between two days."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    #: JRWA end class symbol, looked up in the body's own plan.
    class_symbol = models.CharField(_("class"), max_length=5)
    #: Term in `workflow.deadlines` notation ("7d", "1m", "2m") and the article it comes from.
    term = models.CharField(_("term"), max_length=10)
    term_basis = models.CharField(max_length=200, blank=True)
    #: By which law the time runs (`workflow.regimes`): what binds when the case cannot be settled in it.
    regime = models.CharField(max_length=12, choices=regimes.choices, default="kpa")
    fee = models.DecimalField(_("fee"), max_digits=9, decimal_places=2, default=0)
    fee_note = models.CharField(max_length=250, blank=True)
    legal_basis = models.TextField(_("legal basis"))
    #: Where the values come from; "general knowledge" where not confirmed in a source.
    source = models.CharField(max_length=250, blank=True)
    assurance = models.PositiveSmallIntegerField(choices=Assurance.choices, default=Assurance.NONE)
    #: Whether the case gets its reference at once, at intake.
    register_at_once = models.BooleanField(default=False)
    route = models.ForeignKey("workflow.RouteTemplate", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "valid_from"], name="service_version_from")]
        ordering = ["service", "-valid_from"]


class ServiceOffer(models.Model):
    """A service offered by a unit: its queue and its own values where they differ."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="offers")
    #: The unit (cell or body) whose registry and clerks take the cases.
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="offers")
    term = models.CharField(max_length=10, blank=True)
    fee = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    opens_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "unit"], name="offer_once")]

    def processes_full(self) -> bool:
        """Whether `capacity` cases were taken; reads no more rows than that. Lock the offer first."""
        if self.capacity is None:
            return False
        return len(Process.objects.filter(offer=self).values_list("pk")[: self.capacity]) >= self.capacity


class RouteTemplate(models.Model):
    """A route that a process follows: one version of it, never changed. New cases take the newest version of the code
    that their service names; a running process keeps the steps as they stood."""

    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="route_version")]

    def __str__(self) -> str:
        return self.name


class RouteStep(models.Model):
    """One step, bound to a position (role in a unit), not to a login. Steps of one `group` run in parallel. What the
    fields mean is said by `workflow.routes.engine`, which reads them."""

    class Verb(models.TextChoices):
        REGISTER = "register", _("take in")
        ASSIGN = "assign", _("assign")
        HANDLE = "handle", _("handle")
        CORRECT = "correct", _("correct")
        APPROVE = "approve", _("approve")
        SIGN = "sign", _("sign")
        DISPATCH = "dispatch", _("dispatch")
        CONSULT = "consult", _("give an opinion")
        NOTE = "note", _("take note")

    class Where(models.TextChoices):
        CASE_UNIT = "case", _("the case's unit")
        PARENT_UNIT = "parent", _("the parent unit")
        BODY = "body", _("the body")
        NAMED = "named", _("a named unit")

    class Skip(models.TextChoices):
        NEVER = "", _("never")
        AUTHOR = "author", _("when the author of the letter holds this position")
        EARLIER = "earlier", _("when who holds it has already approved this version")

    class Escalation(models.TextChoices):
        NOBODY = "", _("nobody")
        DEPUTY = "deputy", _("the deputy")
        SUPERIOR = "superior", _("the superior")

    template = models.ForeignKey(RouteTemplate, on_delete=models.CASCADE, related_name="steps")
    group = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField(default=0)
    verb = models.CharField(max_length=10, choices=Verb.choices)
    role = models.CharField(max_length=20, choices=Role.choices)
    where = models.CharField(max_length=8, choices=Where.choices, default=Where.CASE_UNIT)
    unit = models.ForeignKey("people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: How many of the group's steps must be done: "all", "any" or a number.
    quorum = models.CharField(max_length=4, default="all")
    term = models.CharField(max_length=10, blank=True)
    #: All must hold for the step to be taken: [{fact, op, value}].
    conditions = models.JSONField(default=list, blank=True)
    skip = models.CharField(max_length=8, choices=Skip.choices, blank=True)
    remind_days = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_days = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_to = models.CharField(max_length=8, choices=Escalation.choices, blank=True)

    class Meta:
        ordering = ["template", "group", "order"]
        default_permissions = ()


class Process(models.Model):
    """The handling of one case: its service as it stood, its route as it stood, and its clock."""

    case = models.OneToOneField("documents.Case", on_delete=models.PROTECT, related_name="process")
    service_version = models.ForeignKey(
        ServiceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    offer = models.ForeignKey(ServiceOffer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: Steps as they stood at the start, as `process.snapshot` wrote them; `workflow.routes.engine.read` reads them.
    route = models.JSONField(default=list)
    term = models.CharField(max_length=10)
    #: Day the clock started (Europe/Warsaw) and the raw end, beside `case.due_on` (rolled).
    started_on = models.DateField()
    due_raw_on = models.DateField()
    due_rule = models.TextField(blank=True)
    #: The due day that was found passed without a new one having been told (`clocks.note_overdue`).
    overdue_noted_for = models.DateField(null=True, blank=True)
    #: Assurance the filing came with, and whether it falls short of what the service asks.
    assurance = models.PositiveSmallIntegerField(choices=Assurance.choices, default=Assurance.NONE)
    signature_missing = models.BooleanField(default=False)


class Task(models.Model):
    """One thing somebody has to do. Open while `done_at` is null; exactly one of N concurrent actors closes it."""

    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="tasks")
    letter = models.ForeignKey(
        "documents.Letter", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    verb = models.CharField(max_length=10, choices=RouteStep.Verb.choices)
    #: Position: role in unit; `assignee` once it is somebody's.
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="tasks")
    role = models.CharField(max_length=20, choices=Role.choices)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    #: What is approved or signed: this exact version.
    document_version = models.ForeignKey(
        "documents.DocumentVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    instruction = models.CharField(max_length=250, blank=True)
    due_on = models.DateField(null=True, blank=True)
    #: The group and step of the process's route; null for a task that no step of it made.
    group = models.PositiveSmallIntegerField(null=True, blank=True)
    step = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Days before the due day to remind and after it to escalate (null: never), to whom, and when that was done.
    remind_days = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_days = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_to = models.CharField(max_length=8, choices=RouteStep.Escalation.choices, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    #: The overdue task that this one was made of, for the deputy or superior; whoever is first ends both.
    escalated_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="escalated_to"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: approved, returned, assigned, registered, handled, signed, dispatched, cancelled
    outcome = models.CharField(max_length=12, blank=True)
    comment = models.TextField(blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["assignee", "due_on", "id"], condition=models.Q(done_at__isnull=True), name="task_open_mine"
            ),
            models.Index(
                fields=["unit", "role", "due_on", "id"], condition=models.Q(done_at__isnull=True), name="task_open_unit"
            ),
            models.Index(fields=["case", "id"], name="task_case"),
            models.Index(
                fields=["due_on"],
                condition=models.Q(done_at__isnull=True, escalated_at__isnull=True, escalate_days__isnull=False),
                name="task_to_escalate",
            ),
            models.Index(
                fields=["due_on"],
                condition=models.Q(done_at__isnull=True, reminded_at__isnull=True, remind_days__isnull=False),
                name="task_to_remind",
            ),
        ]


class Assignment(models.Model):
    """Who was given a case by a dekretacja: to settle it, to co-operate, or for information; the history of it."""

    class Kind(models.TextChoices):
        LEAD = "lead", _("settles")
        PASSED = "passed", _("assigns further")
        COOPERATES = "cooperates", _("co-operates")
        INFORMED = "informed", _("for information")

    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments"
    )
    instruction = models.CharField(max_length=250, blank=True)
    #: Why the case changed hands.
    reason = models.CharField(max_length=250, blank=True)
    #: Who decided; and who typed it in, where that is somebody else. Null: the system.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    task = models.OneToOneField(
        Task, null=True, blank=True, on_delete=models.PROTECT, related_name="assignment"
    )
    assigned_at = models.DateTimeField()
    #: When the person who got it first opened the case after that: it has arrived.
    seen_at = models.DateTimeField(null=True, blank=True)
    #: When somebody else took the place of this one.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        default_permissions = ()
        indexes = [
            models.Index(fields=["case", "id"], name="assignment_case"),
            models.Index(fields=["unit", "-id"], name="assignment_unit"),
        ]


class Interval(models.Model):
    """Time of a case that does not run: *not counted* (art. 35 § 5) or *suspended* (art. 97 ff.)."""

    class Kind(models.TextChoices):
        NOT_COUNTED = "not_counted", _("not counted")
        SUSPENDED = "suspended", _("suspended")

    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="intervals")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    article = models.CharField(max_length=80)
    reason = models.CharField(max_length=250)
    from_day = models.DateField()
    #: Last day that does not count; null while it runs.
    until_day = models.DateField(null=True, blank=True)


class DeadlineExtension(models.Model):
    """A new date under art. 36, with the notice that told the parties."""

    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="extensions")
    new_day = models.DateField()
    notified_on = models.DateField()
    reason = models.CharField(max_length=250)
    letter = models.OneToOneField(
        "documents.Letter", null=True, blank=True, on_delete=models.PROTECT, related_name="extension"
    )


class SupplementRequest(models.Model):
    """A call under art. 64 § 2: what is missing, by when (not less than 7 days from delivery), and how it ended."""

    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="supplement_requests")
    letter = models.OneToOneField("documents.Letter", on_delete=models.PROTECT, related_name="supplement_request")
    interval = models.OneToOneField(Interval, on_delete=models.PROTECT, related_name="supplement_request")
    #: What is asked: [{"id": "f1", "label": ..., "kind": "text"|"file"|"signature", "required": true}].
    items = models.JSONField(default=list)
    days = models.PositiveSmallIntegerField(default=7)
    asked_at = models.DateTimeField()
    #: Counted from delivery; null until delivered.
    due_on = models.DateField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_letter = models.OneToOneField(
        "documents.Letter", null=True, blank=True, on_delete=models.PROTECT, related_name="answers_request"
    )
    #: What the check of the answer's signed files found: {} where none was needed, {"pending": true} while it runs,
    #: else {"accepted": bool, "files": [{"file", "state", "who", "certificate", "when", "reasons"}]}.
    signatures = models.JSONField(default=dict, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
