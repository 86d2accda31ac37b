"""The Public Information Bulletin: metadata of the act on every page, every version readable, a register of changes.

Act of 6 September 2001 on access to public information: art. 8(6) asks for the body, who made the information or
answers for it, who put it into the bulletin, and when both happened; art. 8(3) for the content itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PageLogEntry, Revision

from cms_pages.library import LibraryChooser, open_files
from cms_pages.models.text import TEXT, plain

#: Rows of the register of changes on one screen.
PER_SCREEN = 50
#: What Wagtail's log says -> what readers are told.
DEEDS = {
    "wagtail.publish": pgettext_lazy("deed in the bulletin", "published"),
    "wagtail.unpublish": pgettext_lazy("deed in the bulletin", "withdrawn"),
    "wagtail.move": pgettext_lazy("deed in the bulletin", "moved"),
    "wagtail.delete": pgettext_lazy("deed in the bulletin", "deleted"),
}


@dataclass(frozen=True)
class Change:
    """One row of a log of changes."""

    id: int
    at: dt.datetime
    title: str
    deed: Any
    who: str
    #: Of a published version that can still be read.
    revision_id: int | None
    page_id: int
    first: bool


def changes(entries: Any, *, first: set[int] = frozenset()) -> list[Change]:  # type: ignore[assignment]  # read only
    """Log entries as readers see them; `first`: ids of the entries that published a page for the first time."""
    return [
        Change(
            entry.pk,
            entry.timestamp,
            entry.label,
            DEEDS[entry.action],
            str(entry.user) if entry.user else "",
            entry.revision_id if entry.action == "wagtail.publish" else None,
            entry.page_id,
            entry.pk in first,
        )
        for entry in entries
    ]


class BipIndexPage(RoutablePageMixin, Page):
    """The front of the bulletin: its sections, the latest changes; `rejestr-zmian/` is the whole register."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    editors = RichTextField(
        _("editorial team"), features=TEXT, blank=True, help_text=_("Who edits the bulletin, with address and phone.")
    )
    template = "portal/bip_index.html"
    max_count = 1
    parent_page_types = ["cms_pages.HomePage"]
    subpage_types = ["cms_pages.BipPage"]
    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("editors")]

    class Meta:
        verbose_name = _("Public Information Bulletin")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.editors)}"

    def _log(self) -> Any:
        kind = ContentType.objects.get_for_model(BipPage)
        return (
            PageLogEntry.objects.filter(content_type=kind, action__in=DEEDS)
            .select_related("user")
            .order_by("-timestamp", "-pk")
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        sections = []
        pages = list(self.get_descendants().live().public().order_by("path"))
        for top in (page for page in pages if page.depth == self.depth + 1):
            below = [page for page in pages if page.depth == self.depth + 2 and page.path.startswith(top.path)]
            sections.append((top, below))
        context.update(sections=sections, latest=changes(self._log()[:5]))
        return context

    @path("rejestr-zmian/", name="changes")
    def register(self, request: HttpRequest) -> HttpResponse:
        """Everything that was published, withdrawn, moved or deleted, newest first; `?po=` goes on after an entry."""
        log = self._log()
        after = request.GET.get("po", "")
        if after.isascii() and after.isdigit() and len(after) < 18:
            last = PageLogEntry.objects.filter(pk=int(after)).first()
            if last:
                log = log.filter(Q(timestamp__lt=last.timestamp) | Q(timestamp=last.timestamp, pk__lt=last.pk))
        rows = list(log[: PER_SCREEN + 1])
        shown = changes(rows[:PER_SCREEN])
        open_pages = {
            page.pk: page.get_url(request)
            for page in Page.objects.live().public().filter(pk__in={row.page_id for row in shown})
        }
        return self.render(
            request,
            context_overrides={
                "rows": [(row, open_pages.get(row.page_id)) for row in shown],
                "older_url": f"?po={shown[-1].id}" if len(rows) > PER_SCREEN else "",
            },
            template="portal/bip_changes.html",
        )


class BipPage(RoutablePageMixin, Page):
    """One piece of public information, or a section of them."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), features=TEXT, blank=True)
    unit = models.ForeignKey(
        "people.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("body that makes it public")
    )
    #: Who made the information or answers for its content, and when; not who typed it in.
    made_by = models.CharField(_("made by or responsible for the content"), max_length=160)
    made_on = models.DateField(_("made on"))

    template = "portal/bip.html"
    parent_page_types = ["cms_pages.BipIndexPage", "cms_pages.BipPage"]
    subpage_types = ["cms_pages.BipPage"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        FieldPanel("body"),
        InlinePanel("attachments", label=_("file"), heading=_("Files")),
        MultiFieldPanel([FieldPanel("unit"), FieldPanel("made_by"), FieldPanel("made_on")], _("Metadata of the act")),
    ]

    class Meta:
        verbose_name = _("page of the bulletin")
        verbose_name_plural = _("pages of the bulletin")

    def search_text(self) -> str:
        """Text for the portal's search."""
        return f"{self.lead}\n{plain(self.body)}\n{self.made_by}"

    def _log(self) -> list[PageLogEntry]:
        found = PageLogEntry.objects.filter(page=self.pk, action__in=DEEDS).select_related("user")
        return list(found.order_by("-timestamp", "-pk")[:200])

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        log = self._log()
        published = [entry for entry in log if entry.action == "wagtail.publish"]
        base = self.get_url(request) or ""
        rows = changes(log, first={published[-1].pk} if published else set())
        context.update(
            pages=self.get_children().live().public(),
            files=open_files(self.attachments.all()).get("", []),
            published=published[0] if published else None,
            first_published=published[-1] if published else None,
            log=[
                (row, f"{base}wersja/{row.revision_id}/" if row.revision_id and n else "") for n, row in enumerate(rows)
            ],
        )
        return context

    @path("wersja/<int:revision>/", name="version")
    def version(self, request: HttpRequest, revision: int) -> HttpResponse:
        """An earlier version as it stood on the portal. Drafts that were never public are not there."""
        if revision > 2**31:
            raise Http404
        entry = (
            PageLogEntry.objects.filter(page=self.pk, action="wagtail.publish", revision=revision)
            .select_related("user")
            .order_by("-timestamp")
            .first()
        )
        kept = Revision.page_revisions.filter(pk=revision, object_id=str(self.pk)).first() if entry else None
        if entry is None or kept is None:
            raise Http404
        until = (
            PageLogEntry.objects.filter(page=self.pk, action__in=("wagtail.publish", "wagtail.unpublish"))
            .filter(timestamp__gt=entry.timestamp)
            .order_by("timestamp")
            .first()
        )
        return self.render(
            request,
            context_overrides={"old": kept.as_object(), "entry": entry, "until": until and until.timestamp},
            template="portal/bip_version.html",
        )


class BipFile(Orderable):
    """A file of the library attached to a page of the bulletin."""

    page = ParentalKey(BipPage, on_delete=models.CASCADE, related_name="attachments")
    file = models.ForeignKey("filer.File", on_delete=models.PROTECT, related_name="+", verbose_name=_("file"))
    title = models.CharField(_("title"), max_length=160)
    heading, note = "", ""
    panels = [FieldPanel("file", widget=LibraryChooser), FieldPanel("title")]
