"""Pages that explain: guides with steps, questions and answers, lists of files from the office library."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.coreutils import string_to_ascii
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, TranslatableMixin

from cms_pages.library import LibraryChooser, open_files
from cms_pages.models.text import TEXT, plain


class Kept(models.Model):
    """Who answers for a page and when it must be read again; asked by the report of pages that want attention."""

    kept_by = models.ForeignKey(
        "people.Unit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("unit that keeps the page"),
    )
    review_on = models.DateField(_("review date"), null=True, blank=True)

    class Meta:
        abstract = True


KEPT_PANEL = MultiFieldPanel([FieldPanel("kept_by"), FieldPanel("review_on")], _("Responsibility"))


class GuidePage(RoutablePageMixin, Kept, Page):
    """A guide in steps: the first page says what awaits the reader, each step has its address, `calosc/` shows all
    of it for reading in one go and for printing."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    intro = RichTextField(_("introduction"), features=TEXT, blank=True)
    template = "portal/guide.html"
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        FieldPanel("intro"),
        InlinePanel("steps", label=_("step"), heading=_("Steps"), min_num=2, max_num=20),
        KEPT_PANEL,
    ]

    class Meta:
        verbose_name = _("guide with steps")
        verbose_name_plural = _("guides with steps")

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """The steps in order with their addresses; two steps of one name are told apart by a number."""
        taken: set[str] = {"calosc"}
        found = []
        for number, step in enumerate(self.steps.all(), 1):
            name = slugify(string_to_ascii(step.title))[:60] or f"krok-{number}"
            slug = f"{name}-{number}" if name in taken else name
            taken.add(slug)
            found.append({"number": number, "slug": slug, "title": step.title, "body": step.body})
        return found

    def search_text(self) -> str:
        """Text for the portal's search."""
        steps = [f"{step.title}\n{plain(step.body)}" for step in self.steps.all()]
        return "\n".join([self.lead, plain(self.intro), *steps])

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        base = self.get_url(request) or ""
        context["parts"] = [{**part, "url": f"{base}{part['slug']}/"} for part in self.parts]
        context["whole_url"] = f"{base}calosc/"
        return context

    @path("calosc/", name="whole")
    def whole(self, request: HttpRequest) -> HttpResponse:
        """All steps on one page."""
        return self.render(request, template="portal/guide_whole.html")

    @path("<slug:step>/", name="step")
    def step(self, request: HttpRequest, step: str) -> HttpResponse:
        """One step with the way back and forth."""
        place = next((n for n, part in enumerate(self.parts) if part["slug"] == step), None)
        if place is None:
            raise Http404
        base = self.get_url(request) or ""
        neighbours = {
            name: {**self.parts[n], "url": f"{base}{self.parts[n]['slug']}/"} if 0 <= n < len(self.parts) else None
            for name, n in (("previous", place - 1), ("following", place + 1))
        }
        return self.render(
            request, context_overrides={"part": self.parts[place], **neighbours}, template="portal/guide_step.html"
        )

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """The guide and its steps (the whole repeats them)."""
        first = super().get_sitemap_urls(request)
        return [
            *first,
            *({**entry, "location": f"{entry['location']}{part['slug']}/"} for entry in first for part in self.parts),
        ]


class GuideStep(TranslatableMixin, Orderable):
    """One step of a guide."""

    page = ParentalKey(GuidePage, on_delete=models.CASCADE, related_name="steps")
    title = models.CharField(_("title"), max_length=120)
    body = RichTextField(_("text"), features=TEXT)
    panels = [FieldPanel("title"), FieldPanel("body")]

    class Meta(TranslatableMixin.Meta):
        ordering = ["sort_order"]


class FaqPage(Kept, Page):
    """Questions and answers, grouped by heading."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    template = "portal/faq.html"
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        InlinePanel("questions", label=_("question"), heading=_("Questions"), min_num=1),
        KEPT_PANEL,
    ]

    class Meta:
        verbose_name = _("questions and answers")
        verbose_name_plural = _("questions and answers")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return "\n".join([self.lead, *(f"{q.question}\n{plain(q.answer)}" for q in self.questions.all())])

    def structured(self) -> str:
        """The page as schema.org's FAQPage, JSON."""
        return json.dumps(
            {
                "@context": "https://schema.org",
                "@type": "FAQPage",
                "inLanguage": self.locale.language_code,
                "name": self.title,
                "mainEntity": [
                    {
                        "@type": "Question",
                        "name": q.question,
                        "acceptedAnswer": {"@type": "Answer", "text": plain(q.answer).strip()},
                    }
                    for q in self.questions.all()
                ],
            },
            ensure_ascii=False,
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        groups: dict[str, list[FaqQuestion]] = {}
        for question in self.questions.all():
            groups.setdefault(question.heading, []).append(question)
        context["groups"] = groups
        return context


class FaqQuestion(TranslatableMixin, Orderable):
    """A question as people ask it, and its answer."""

    page = ParentalKey(FaqPage, on_delete=models.CASCADE, related_name="questions")
    heading = models.CharField(
        _("group"), max_length=100, blank=True, help_text=_("Questions of one group stand together under its name.")
    )
    question = models.CharField(_("question"), max_length=200)
    answer = RichTextField(_("answer"), features=TEXT)
    panels = [FieldPanel("heading"), FieldPanel("question"), FieldPanel("answer")]

    class Meta(TranslatableMixin.Meta):
        ordering = ["sort_order"]


class FileListPage(Kept, Page):
    """Files of the office library for everybody to take: forms to print, price lists, statutes.

    A file that is no longer marked public leaves the list at once, whatever the editors chose."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    template = "portal/file_list.html"
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        FieldPanel("body"),
        InlinePanel("items", label=_("file"), heading=_("Files")),
        KEPT_PANEL,
    ]

    class Meta:
        verbose_name = _("list of files")
        verbose_name_plural = _("lists of files")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return "\n".join([self.lead, plain(self.body), *(f"{i.title} {i.note}" for i in self.items.all())])

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["groups"] = open_files(self.items.all())
        return context


class ListedFile(TranslatableMixin, Orderable):
    """A file on a list, by the name that readers see."""

    page = ParentalKey(FileListPage, on_delete=models.CASCADE, related_name="items")
    heading = models.CharField(_("group"), max_length=100, blank=True)
    file = models.ForeignKey("filer.File", on_delete=models.CASCADE, related_name="+", verbose_name=_("file"))
    title = models.CharField(_("title"), max_length=160)
    note = models.CharField(pgettext_lazy("beside a file", "note"), max_length=250, blank=True)
    panels = [FieldPanel("heading"), FieldPanel("file", widget=LibraryChooser), FieldPanel("title"),
              FieldPanel("note")]  # fmt: skip

    class Meta(TranslatableMixin.Meta):
        ordering = ["sort_order"]
