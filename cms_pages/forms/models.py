"""The page of a form, its immutable versions, what citizens are filling in, and what they sent."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from cms_pages import languages
from cms_pages.forms import browser
from cms_pages.forms.blocks import StepsBlock
from cms_pages.forms.compile import Refusal, compile_form
from cms_pages.forms.spec import FormDocument, Text, checksum
from journal.brief import briefly
from journal.clock import DbNow, db_now
from people.models import Represented


class FormPageForm(WagtailAdminPageForm):
    """Shows why a form cannot be published beside the blocks. Drafts may be saved unfinished."""

    @property
    def changed_data(self) -> list[str]:
        """Without steps that say the same: an empty number is posted as "", which Wagtail takes for a change, and an
        approval would then save a version that asks for approval again."""
        names = list(super().changed_data)
        cleaned = getattr(self, "cleaned_data", {}).get("steps")
        if "steps" in names and cleaned is not None:
            block, before = self.fields["steps"].block, self.get_initial_for_field(self.fields["steps"], "steps")
            if block.get_prep_value(before) == block.get_prep_value(cleaned):
                names.remove("steps")
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.is_deferred_validation or "steps" in self.errors or cleaned.get("steps") is None:
            return cleaned
        unit = cleaned.get("unit")
        try:
            compile_form(
                form=str(self.instance.form_uid), number=1, steps=cleaned["steps"],
                title=Text(pl=cleaned.get("title") or "", en=cleaned.get("title_en") or "",
                           uk=cleaned.get("title_uk") or ""),
                service=cleaned["service"].code if cleaned.get("service") else "",
                addressee=unit.symbol if unit else "chosen", review=cleaned.get("review", True),
            )  # fmt: skip
        except Refusal as refusal:
            self.add_error("steps", refusal.on_blocks(cleaned["steps"]))
        return cleaned


class StepsField(StreamField):
    """A StreamField whose blocks stay out of migrations: a new kind of field is no change of the schema."""

    def deconstruct(self) -> Any:
        name, _path, _args, kwargs = super().deconstruct()
        kwargs["block_lookup"] = {}
        return name, "wagtail.fields.StreamField", [[]], kwargs


class FormPage(languages.AllLanguages, Page):
    """A form: one page in all languages of the portal. Publishing freezes it into the next FormVersion."""

    #: Names the form for ever, whatever becomes of title, address and place in the tree.
    form_uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    title_en = models.CharField(_("title in English"), max_length=255, blank=True)
    title_uk = models.CharField(_("title in Ukrainian"), max_length=255, blank=True)
    intro = models.TextField(_("before you start"), blank=True)
    intro_en = models.TextField(_("before you start, in English"), blank=True)
    intro_uk = models.TextField(_("before you start, in Ukrainian"), blank=True)
    service = models.ForeignKey("workflow.Service", verbose_name=_("service"), on_delete=models.PROTECT,
                                related_name="forms")
    unit = models.ForeignKey("people.Unit", verbose_name=_("unit"), null=True, blank=True, on_delete=models.PROTECT,
                             related_name="+",
                             help_text=_("Empty: the citizen chooses a unit that offers the service."))
    review = models.BooleanField(_("show all answers before sending"), default=True,
                                 help_text=_("A form of one page may be sent from that page itself."))
    steps = StepsField(StepsBlock(), verbose_name=_("pages of the form"), blank=True)

    base_form_class = FormPageForm
    template = "forms/start.html"
    parent_page_types = ["cms_pages.ServicePage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["form_uid"]
    search_fields = [*Page.search_fields, index.SearchField("intro")]
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("service"), FieldPanel("unit")], heading=_("Who takes it")),
        FieldPanel("intro"),
        MultiFieldPanel([FieldPanel("title_en"), FieldPanel("intro_en"), FieldPanel("title_uk"),
                         FieldPanel("intro_uk")], heading=_("English and Ukrainian"), classname="collapsed"),
        FieldPanel("steps"),
        FieldPanel("review"),
    ]

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")

    def save(self, clean: bool = True, **kwargs: Any) -> None:
        """Saving a live page freezes a version in the same transaction; every way of publishing ends here.

        Wagtail's button, workflow, schedule and both APIs build their own publish actions, and each of them calls
        `save()` on a live page; the `published` signals come after that commit, when it is too late to refuse.
        Raises ValidationError naming the places when the form cannot be published.
        """
        if not (self.live and clean) or self.alias_of_id:
            super().save(clean=clean, **kwargs)
            return
        with transaction.atomic():
            document = self.compile()
            super().save(clean=clean, **kwargs)
            FormVersion.objects.freeze(self, document)

    def compile(self) -> FormDocument:
        """The document of the page as it stands, with number 1. Raises ValidationError."""
        try:
            return compile_form(
                form=str(self.form_uid), number=1, title=Text(self.title, self.title_en, self.title_uk),
                service=self.service.code if self.service_id else "",
                addressee=self.unit.symbol if self.unit else "chosen", steps=self.steps, review=self.review,
            )  # fmt: skip
        except Refusal as refusal:
            raise refusal.in_words() from refusal

    @property
    def current_version(self) -> FormVersion | None:
        """The newest published version; of the original page for an alias."""
        return FormVersion.objects.filter(page_id=self.alias_of_id or self.pk).order_by("-number").first()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The start page: what it is about, how many pages, drafts of this person to go on with."""
        context = super().get_context(request, *args, **kwargs)
        version = self.current_version
        language = get_language()
        context.update(
            version=version, heading=self.texts["title"].in_language(language),
            lead=self.texts["intro"].in_language(language),
            steps=[s.title.in_language(language) for s in version.spec.steps] if version else [],
            drafts=Draft.objects.alive().of(request).filter(version__page_id=self.pk).order_by("-updated_at")[:3],
            chosen_unit=request.GET.get("jednostka", "")[:80],
            represented=list(Represented.objects.of(request.user).current()) if request.user.is_authenticated else [],
        )
        return context

    @property
    def texts(self) -> dict[str, Text]:
        """Title and introduction as language maps, for templates."""
        return {"title": Text(self.title, self.title_en, self.title_uk),
                "intro": Text(self.intro, self.intro_en, self.intro_uk)}


class FormVersionManager(models.Manager["FormVersion"]):
    def newest_id(self, page_id: int) -> int | None:
        """The version in force of a page, by id alone: documents are long."""
        return _newest_id(page_id)

    def known(self, version_id: int) -> FormVersion:
        """The version with its page, service and unit, to be read only: others get the same one."""
        return _known(version_id)

    def freeze(self, page: FormPage, document: FormDocument) -> FormVersion:
        """Keep the document as the page's next version, or give the newest one when nothing in it changed."""
        Page.objects.select_for_update().get(pk=page.pk)  # two publishers must not take one number
        last = self.filter(page=page).order_by("-number").first()
        data = document.to_json()
        if last is not None and {**last.document, "number": 0} == {**data, "number": 0}:
            return last
        data["number"] = last.number + 1 if last else 1
        return self.create(page=page, number=data["number"], document=data, checksum=checksum(data),
                           published_at=db_now())  # fmt: skip


@briefly
def _newest_id(page_id: int) -> int | None:
    return FormVersion.objects.filter(page_id=page_id).order_by("-number").values_list("pk", flat=True).first()


@briefly
def _known(version_id: int) -> FormVersion:
    return FormVersion.objects.select_related("page__service", "page__unit").get(pk=version_id)


#: Documents of versions by id.
_SPECS: dict[int, FormDocument] = {}


class FormVersion(models.Model):
    """One published version. Never changed or deleted (a trigger refuses), so old filings stay readable."""

    page = models.ForeignKey(FormPage, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    checksum = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    objects = FormVersionManager()

    class Meta:
        verbose_name = _("form version")
        verbose_name_plural = _("form versions")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="form_version_once")]
        ordering = ["page", "-number"]

    def __str__(self) -> str:
        return f"{self.page_id}/{self.number}"

    @cached_property
    def spec(self) -> FormDocument:
        """The document as values. A version never changes, so a process reads it once."""
        found = _SPECS.get(self.pk)
        if found is None:
            found = FormDocument.from_json(self.document)
            if self.pk is not None:
                if len(_SPECS) >= 500:
                    _SPECS.clear()
                _SPECS[self.pk] = found
        return found


class DraftQuerySet(models.QuerySet["Draft"]):
    def alive(self) -> DraftQuerySet:
        return self.filter(expires_at__gt=DbNow())

    def of(self, request: HttpRequest) -> DraftQuerySet:
        """Drafts that the person at this browser may see: the account's, and for a guest the browser's own."""
        user, token = request.user, browser.token_hash(request)
        mine = Q(owner_id=user.pk) if user.is_authenticated else Q(pk__in=[])
        if token:
            mine |= Q(owner__isnull=True, token_hash=token)
        return self.filter(mine)


class Draft(models.Model):
    """A form being filled in. Belongs to an account (`owner`) or to one browser (`token_hash`)."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE,
                              related_name="drafts")
    #: SHA-256 (hex) of the random token in the browser's cookie.
    token_hash = models.CharField(max_length=64, db_index=True)
    unit = models.ForeignKey("people.Unit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: In whose name the owner of the account files; null: in their own.
    represented = models.ForeignKey("people.Represented", null=True, blank=True, on_delete=models.SET_NULL,
                                    related_name="+")
    #: Valid answers by field id; only of fields that are shown.
    answers = models.JSONField(default=dict)
    #: What was typed on a page and did not fit yet: {step id: {input name: [text, ...]}}.
    typed = models.JSONField(default=dict)
    #: Files kept for file fields, also before the page is right: {field id: [{sha256, name, size, type}]}.
    files = models.JSONField(default=dict)
    #: Ids of steps that were answered in full, and a stamp of each step's last save (two tabs).
    done = models.JSONField(default=list)
    stamps = models.JSONField(default=dict)
    #: The guest's address for the link to come back.
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=2, default="pl")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft of a form")
        verbose_name_plural = _("drafts of forms")
        default_permissions = ()
        indexes = [models.Index(fields=["owner", "-updated_at"], name="draft_owner"),
                   models.Index(fields=["expires_at"], name="draft_expires")]


class Submission(models.Model):
    """What became of a draft: its uuid is the idempotency key. Holds no answers; the letter keeps them."""

    uuid = models.UUIDField(primary_key=True)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="submissions")
    letter = models.OneToOneField("documents.Letter", on_delete=models.PROTECT, related_name="submission")
    case = models.ForeignKey("documents.Case", on_delete=models.PROTECT, related_name="submissions")
    receipt_number = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
                              related_name="submissions")
    represented = models.ForeignKey("people.Represented", null=True, blank=True, on_delete=models.SET_NULL,
                                    related_name="submissions")
    token_hash = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    submitted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        default_permissions = ()


class FormStop(models.Model):
    """How many drafts of a form, begun on a day, were given up at a question: counted when their time ran out and they
    were deleted. Nothing tells whose they were."""

    version = models.ForeignKey(FormVersion, on_delete=models.CASCADE, related_name="stops")
    #: The day (Europe/Warsaw) on which they were begun.
    day = models.DateField()
    #: Ids of the step and of its first question without an answer; empty where all was answered but never sent.
    step = models.CharField(max_length=80, blank=True)
    field = models.CharField(max_length=80, blank=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["version", "day", "step", "field"], name="form_stop_once")]
        indexes = [models.Index(fields=["day"], name="form_stop_day")]
