"""Reports for editors: pages that want attention, unused files, broken links, what readers think of a page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import HeaderButton
from wagtail.contrib.redirects.models import Redirect
from wagtail.images import get_image_model
from wagtail.models import Page, ReferenceIndex, Site
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permissions import page_permission_policy, policy_registry, register_permission_policy

from cms_pages import moderation_due
from cms_pages.editors_report import MOST, Cell, EditorsReport, ReportItem, may_read
from cms_pages.library import choosable, library_chooser
from cms_pages.models import AccessibilityStatementPage, FaqPage, FileListPage, GuidePage, ServicePage
from cms_pages.models.by_law import Review
from cms_pages.models.feedback import REASONS, Answer, BrokenLink, PageVote, Place
from journal.clock import db_now, warsaw_day
from people.models import User

#: Days before its review day at which a page is reported.
AHEAD = 30
#: Weeks of answers that editors see.
WEEKS = 13


def _edit(page_id: int) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page_id])


class AttentionReport(EditorsReport):
    """Pages to be reviewed, without anybody who answers for them, or expired; the most urgent first."""

    page_title = _("Pages that want attention")
    about = _("Pages whose review day has come or passed, that wait for approval, that nobody answers for, or that "
              "have expired.")
    nothing = _("Every page is reviewed and has somebody who answers for it.")
    columns = (_("Page"), _("Kind of page"), _("Why"), _("Day"))

    def rows(self) -> list[list[Cell]]:
        today = warsaw_day(db_now())
        soon = today + dt.timedelta(days=AHEAD)
        mine = self.page_ids()
        found: dict[int, tuple[Page, list[str], dt.date | None]] = {}

        def add(page: Page, why: Any, day: dt.date | None = None) -> None:
            known = found.setdefault(page.pk, (page, [], day))
            known[1].append(str(why))

        for card in ServicePage.objects.neglected().filter(pk__in=mine).order_by("review_on")[: MOST + 1]:
            for why in card.neglect():
                add(card, why, card.review_on)
        for model in _KEPT:
            kept: Any = model
            wanting = kept.objects.live().filter(pk__in=mine).filter(Q(review_on__lte=soon) | Q(kept_by=None))
            for page in wanting.order_by("review_on")[: MOST + 1]:
                if page.review_on and page.review_on <= soon:
                    add(page, _review_words(page.review_on, today), page.review_on)
                if page.kept_by_id is None:
                    add(page, _("nobody answers for it"), page.review_on)
        for statement in AccessibilityStatementPage.objects.live().filter(pk__in=mine):
            if statement.review(today) != Review.DONE:
                add(statement, _review_words(statement.due_on() or today, today), statement.due_on())
        waiting = list(moderation_due.waiting())
        own = self.pages().filter(pk__in=[each.page.pk for each in waiting])
        editable = set(own.values_list("pk", flat=True))
        for each in waiting:
            if each.page.pk in editable:
                add(each.page, _("it waits too long for approval") if each.due < today else _("it waits for approval"),
                    each.due)  # fmt: skip
        gone = User.objects.filter(is_active=False)
        for page in Page.objects.live().filter(pk__in=mine).filter(owner__in=gone).order_by("pk")[: MOST + 1]:
            add(page, _("its author no longer works here"))
        for page in Page.objects.filter(pk__in=mine, expired=True).order_by("-expire_at")[: MOST + 1]:
            add(page, _("it has expired and is hidden"), warsaw_day(page.expire_at) if page.expire_at else None)
        ordered = sorted(found.values(), key=lambda row: (row[2] or dt.date.max, row[0].title))
        return [
            [
                Cell(page.title, _edit(page.pk)),
                Cell(page.cached_content_type.name if page.cached_content_type else ""),
                Cell("; ".join(part.rstrip(".") for part in why)),
                Cell(date_format(day, "j.m.Y") if day else "–"),
            ]
            for page, why, day in ordered[: MOST + 1]
        ]


_KEPT = (GuidePage, FaqPage, FileListPage)


def _review_words(day: dt.date, today: dt.date) -> Any:
    return _("its review is overdue") if day < today else _("its review is due soon")


class FilesReport(EditorsReport):
    """Public files of the person's units, and pictures they may change, that no page shows."""

    page_title = _("Unused files and pictures")
    about = _("Public files and pictures of your units that no page shows. They can still be taken by their address.")
    nothing = _("Every public file and picture is used on a page.")
    columns = (_("File"), _("Folder"), _("Uploaded"), _("Who"), _("Size"))

    def rows(self) -> list[list[Cell]]:
        return [*self._files(), *self._pictures()]

    @staticmethod
    def _unused(things: QuerySet[Any]) -> QuerySet[Any]:
        kinds = [ContentType.objects.get_for_model(things.model)]
        used = ReferenceIndex.objects.filter(to_content_type__in=kinds).values("to_object_id")
        return things.annotate(text_id=Cast("pk", CharField())).exclude(text_id__in=used).order_by("-pk")[: MOST + 1]

    def _pictures(self) -> list[list[Cell]]:
        policy: Any = policy_registry.get_by_type(get_image_model())
        images = policy.instances_user_has_permission_for(self.request.user, "change")
        return [
            [
                Cell(image.title, reverse("wagtailimages:edit", args=[image.pk])),
                Cell(image.collection.name),
                Cell(date_format(image.created_at, "j.m.Y")),
                Cell(image.uploaded_by_user or "–"),
                Cell(f"{(image.file_size or 0) / 1024:.0f} kB"),
            ]
            for image in self._unused(images.select_related("collection", "uploaded_by_user"))
        ]

    def _files(self) -> list[list[Cell]]:
        access = self.request.access  # type: ignore[attr-defined]  # set by people.middleware
        return [
            [
                Cell(str(file), reverse("admin:filer_file_change", args=[file.pk])),
                Cell(file.folder.name if file.folder else ""),
                Cell(date_format(file.uploaded_at, "j.m.Y")),
                Cell(file.owner or "–"),
                Cell(f"{(file.size or 0) / 1024:.0f} kB"),
            ]
            for file in self._unused(choosable(access).select_related("folder", "owner"))
        ]


class LinksReport(EditorsReport):
    """Links that led nowhere when they were last tried."""

    page_title = _("Broken links")
    about = _("Links of public pages are tried every night; those to other sites once a week, where that is allowed.")
    nothing = _("Every link leads somewhere.")
    columns = (_("Page"), _("Link"), _("Problem"), _("Broken since"))

    def rows(self) -> list[list[Cell]]:
        broken = BrokenLink.objects.filter(page__in=self.page_ids()).select_related("page").order_by("since", "pk")
        return [
            [
                Cell(link.page.title, _edit(link.page_id)),
                Cell(link.text or link.address, note=link.address if link.text else ""),
                Cell(link.problem),
                Cell(date_format(link.since, "j.m.Y")),
            ]
            for link in broken[: MOST + 1]
        ]


class OpinionsReport(EditorsReport):
    """What readers said of each page in the last weeks; the least helpful first."""

    page_title = _("What readers think")
    about = _("Answers to “Was this page helpful?” in the last 13 weeks, counted without any data of the readers.")
    nothing = _("Nobody has answered yet.")
    columns = (_("Page"), _("Helpful"), _("Answers"), _("Most frequent reason of a no"))

    def rows(self) -> list[list[Cell]]:
        since = warsaw_day(db_now()) - dt.timedelta(weeks=WEEKS)
        votes = PageVote.objects.filter(page__in=self.page_ids(), day__gte=since)
        counted: dict[int, dict[str, int]] = defaultdict(dict)
        for row in votes.values("page_id", "answer").annotate(n=Sum("count")).order_by():
            counted[row["page_id"]][row["answer"]] = row["n"]
        titles = dict(Page.objects.filter(pk__in=counted).values_list("pk", "title"))
        order = sorted(counted, key=lambda pk: (share_of(counted[pk]), -counted[pk].get(Answer.NO, 0)))
        found = []
        for pk in order[: MOST + 1]:
            said = counted[pk]
            whole = said.get(Answer.YES, 0) + said.get(Answer.NO, 0)
            reason = max(REASONS, key=lambda r, said=said: said.get(r, 0))  # type: ignore[misc]  # bound at once
            found.append(
                [
                    Cell(titles[pk], reverse("editors:opinion", args=[pk])),
                    Cell(f"{share_of(said)} %", bar=(share_of(said), 100)),
                    Cell(whole),
                    Cell(reason.label if said.get(reason) else "–"),
                ]
            )
        return found


def share_of(said: dict[str, int]) -> int:
    """How many in a hundred said yes."""
    whole = said.get(Answer.YES, 0) + said.get(Answer.NO, 0)
    return round(100 * said.get(Answer.YES, 0) / whole) if whole else 0


class PageOpinionsReport(EditorsReport):
    """One page: the share of yes, a column for each week, reasons and places."""

    template_name = "desk/page_opinions.html"
    nothing = _("Nobody has answered yet.")
    columns = (_("Answer"), _("Where"), _("How many"))

    @cached_property
    def page(self) -> Page:
        found = Page.objects.filter(pk=self.kwargs["page_id"]).first()
        if found is None or not page_permission_policy.user_has_permission_for_instance(
            self.request.user, "change", found
        ):
            raise Http404
        return found

    @property
    def page_title(self) -> str:
        return gettext("What readers think: %(title)s") % {"title": self.page.title}

    @cached_property
    def votes(self) -> list[PageVote]:
        since = warsaw_day(db_now()) - dt.timedelta(weeks=WEEKS)
        return list(PageVote.objects.filter(page=self.page, day__gte=since).order_by("day"))

    def rows(self) -> list[list[Cell]]:
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for vote in self.votes:
            counted[vote.answer, vote.place] += vote.count
        order = sorted(counted, key=lambda key: -counted[key])
        return [[Cell(Answer(a).label), Cell(Place(p).label), Cell(counted[a, p])] for a, p in order]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        said: dict[str, int] = defaultdict(int)
        today, weeks = warsaw_day(db_now()), [[0, 0] for _week in range(WEEKS)]
        for vote in self.votes:
            said[vote.answer] += vote.count
            week = WEEKS - 1 - (today - vote.day).days // 7
            if vote.answer in (Answer.YES, Answer.NO) and 0 <= week < WEEKS:
                weeks[week][vote.answer == Answer.NO] += vote.count
        most = max((yes + no for yes, no in weeks), default=0)
        context.update(total=said[Answer.YES] + said[Answer.NO], share=share_of(said))
        context["bars"] = [_column(n, yes, no, most) for n, (yes, no) in enumerate(weeks)] if most else []
        return context


def _column(number: int, yes: int, no: int, most: int) -> dict[str, int]:
    tall_yes, tall_no = round(110 * yes / most), round(110 * no / most)
    return {"x": 6 + number * 48, "yes": tall_yes, "no": tall_no, "yes_y": 118 - tall_yes,
            "no_y": 118 - tall_yes - tall_no}  # fmt: skip


# --- where they hang --------------------------------------------------------------------------------------------

urls = (
    [
        path("uwaga/", AttentionReport.as_view(), name="attention"),
        path("pliki/", FilesReport.as_view(), name="files"),
        path("odnosniki/", LinksReport.as_view(), name="links"),
        path("opinie/", OpinionsReport.as_view(), name="opinions"),
        path("opinie/<int:page_id>/", PageOpinionsReport.as_view(), name="opinion"),
    ],
    "editors",
)


@hooks.register("register_admin_urls")
def register_reports() -> list[URLPattern | URLResolver]:
    return [path("redakcja/", include(urls))]


@hooks.register("register_admin_viewset")
def register_library_chooser() -> Any:
    return library_chooser


def _item(report: type[EditorsReport], name: str, icon: str, order: int) -> None:
    def made() -> MenuItem:
        return ReportItem(report.page_title, reverse(f"editors:{name}"), name=name, icon_name=icon, order=order)

    hooks.register("register_reports_menu_item", made)


_item(AttentionReport, "attention", "warning", 100)
_item(OpinionsReport, "opinions", "comment", 110)
_item(LinksReport, "links", "link", 120)
_item(FilesReport, "files", "doc-full", 130)


@hooks.register("register_page_header_buttons")
def opinions_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Any:
    """In a page's header: how helpful readers find it, and the way to their answers."""
    since = warsaw_day(db_now()) - dt.timedelta(weeks=WEEKS)
    said = {
        row["answer"]: row["n"]
        for row in PageVote.objects.filter(page=page.pk, day__gte=since).values("answer").annotate(n=Sum("count"))
    }
    if said and page_permission_policy.user_has_permission_for_instance(user, "change", page):
        label = gettext("Readers: %(share)s %% helpful") % {"share": share_of(said)}
        yield HeaderButton(label, url=reverse("editors:opinion", args=[page.pk]), icon_name="comment")


# --- the accessibility statement --------------------------------------------------------------------------------


def statement_warning(statement: AccessibilityStatementPage) -> str:
    """What an editor must be told of the statement today; empty when it is reviewed."""
    due = statement.due_on()
    state = statement.review(warsaw_day(db_now()))
    if due is None or state == Review.DONE:
        return ""
    day = date_format(due, "j E Y")
    if state == Review.LATE:
        said = gettext(
            "The accessibility statement should have been reviewed by %(day)s. The law asks for it every year."
        )
        return said % {"day": day}
    return gettext("Review the accessibility statement by %(day)s and set the day of the review.") % {"day": day}


@hooks.register("before_edit_page")
def warn_before_edit(request: HttpRequest, page: Page) -> None:
    if request.method == "GET" and isinstance(page, AccessibilityStatementPage) and (text := statement_warning(page)):
        messages.warning(request, text)


class StatementPanel(Component):
    """On the editors' home page from 1 March until the statement is reviewed."""

    order = 5

    def __init__(self, warning: str, url: str) -> None:
        self.warning, self.url = warning, url

    def render_html(self, parent_context: dict[str, Any]) -> SafeString:
        return SafeString(render_to_string("desk/statement_panel.html", {"warning": self.warning, "url": self.url}))


@hooks.register("construct_homepage_panels")
def statement_panel(request: HttpRequest, panels: list[Component]) -> None:
    if not may_read(request):
        return
    for statement in AccessibilityStatementPage.objects.live():
        text = statement_warning(statement)
        if text and page_permission_policy.user_has_permission_for_instance(request.user, "change", statement):
            panels.insert(0, StatementPanel(text, _edit(statement.pk)))


# --- redirects --------------------------------------------------------------------------------------------------


class WholePortalPolicy(BasePermissionPolicy):
    """Open to whoever edits the home page: an address of the portal is everybody's."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if not user.is_authenticated:
            return False
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        return site is not None and page_permission_policy.user_has_permission_for_instance(
            user, "change", site.root_page
        )

    def users_with_any_permission(self, actions: Any) -> Any:
        site = Site.objects.filter(is_default_site=True).first()
        if site is None:
            return User.objects.none()
        return page_permission_policy.users_with_permission_for_instance("change", site.root_page)


#: For the class itself: Wagtail's own registration, made later, is for what inherits from it.
register_permission_policy(Redirect, WholePortalPolicy(Redirect), exact_class=True)
