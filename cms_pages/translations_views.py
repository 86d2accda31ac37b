"""The editors' side of translations: wagtail-localize's screens held to the rights of pages, and our report.

wagtail-localize asks for one right over everything; here whoever may edit a page may translate it, and nobody else sees
its translations. What would put a page live without another editor, or Polish text into another language's tree, is
closed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button, HeaderButton
from wagtail.models import Page
from wagtail_localize.models import Translation
from wagtail_localize.views.submit_translations import SubmitPageTranslationView

from cms_pages import translations
from cms_pages.editors_report import MOST, Cell, EditorsReport, ReportItem
from cms_pages.models import Wording
from journal.errors import DomainError

#: What the button of ours on the translator's screen posts.
SEND = "obieg-send-translation"


def absent(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """A screen of wagtail-localize that is closed here."""
    raise Http404


class TranslateView(SubmitPageTranslationView):
    """Choose the languages into which a page is to be translated."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.object = self.get_object()
        self.components: list[Any] = []
        if translations.why_not(self.object, request.user):
            raise PermissionDenied
        handler = self.post if request.method == "POST" else self.get
        answer: HttpResponseBase = handler(request, *args, **kwargs)
        return answer

    def get_form(self) -> Any:
        form = super().get_form()
        form.fields["locales"].queryset = translations.open_locales(self.object)
        form.fields["locales"].label = _("Languages")
        form.fields["locales"].help_text = _("A page is translated after the page above it.")
        # Form by form: pages below have their own editors, and forms hold their languages themselves.
        del form.fields["include_subtree"], form.fields["select_all"]
        return form

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if not form.is_valid():
            answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
            return answer
        made = translations.begin(request.user, self.object, list(form.cleaned_data["locales"]))
        messages.success(request, _("The translation is begun. Readers see it when another editor has approved it."))
        return redirect("wagtailadmin_pages:edit", made[0].pk)


def to_ours(request: HttpRequest, page_id: int) -> HttpResponse:
    """wagtail-localize's links to its own screen lead to ours."""
    return redirect("translations:translate", page_id)


class TranslationsReport(EditorsReport):
    """Translations of the pages that the person may edit: those behind first, then unfinished ones."""

    page_title = _("Translations")
    about = _("Pages in other languages: what has changed in Polish since, and what waits to be finished or approved.")
    nothing = _("No page of yours is translated.")
    columns = (_("Page"), _("Language"), _("How it stands"), _("Polish text changed"))

    def rows(self) -> list[list[Cell]]:
        pages = (
            Page.objects.filter(pk__in=self.page_ids())
            .exclude(locale__language_code=settings.LANGUAGE_CODE)
            .filter(translation_key__in=Translation.objects.values("source__object_id"))
            .select_related("locale", "wording__original__changed_by")
            .order_by("title", "pk")[: MOST + 1]
        )
        found = []
        for page in pages:
            wording = getattr(page, "wording", None)
            order, said = standing(page, wording)
            since = wording.original if wording else None
            found.append(
                (
                    order,
                    [
                        Cell(page.get_admin_display_title(), reverse("wagtailadmin_pages:edit", args=[page.pk])),
                        Cell(page.locale.get_display_name()),
                        Cell(said),
                        Cell(_day(since.changed_at), note=str(since.changed_by or "")) if since else Cell("–"),
                    ],
                )
            )
        return [row for _order, row in sorted(found, key=lambda pair: pair[0])]


def standing(page: Page, wording: Wording | None) -> tuple[int, str]:
    """(rank in the report, words) of a translation."""
    if wording and wording.original and page.live and wording.digest != wording.original.digest:
        return 0, gettext("the Polish text has changed since")
    if page.workflow_in_progress:
        return 2, gettext("waits for another editor's approval")
    work = translation_of(page)
    if work and (left := translations.untranslated(work)):
        return 1, ngettext("%(n)d text is not translated", "%(n)d texts are not translated", left) % {"n": left}
    return (4, gettext("up to date")) if page.live else (3, gettext("finished, not sent for approval"))


def translation_of(page: Page) -> Translation | None:
    """The work on a translated page, while it is kept in step with the Polish one."""
    return Translation.objects.filter(
        source__object_id=page.translation_key, target_locale_id=page.locale_id, enabled=True
    ).first()


def _day(moment: Any) -> str:
    return date_format(localtime(moment), "j.m.Y, H:i")


# --- in Wagtail's screens -----------------------------------------------------------------------------------------


@hooks.register("register_admin_urls", order=-10)
def register_ours() -> list[URLPattern | URLResolver]:
    """Before wagtail-localize's own, so these answer."""
    closed = [
        # The translators' screens follow every publication of the Polish page by themselves.
        path("localize/update/<int:translation_source_id>/", absent),
        path("localize/submit/snippet/<slug:app_label>/<slug:model_name>/<str:pk>/", absent),
        path("localize/api/snippets/<slug:app_label>/<slug:model_name>/", absent),
        path("localize/api/snippets/<slug:app_label>/<slug:model_name>/<str:pk>/", absent),
        path("localize/page/<int:page_id>/convert_to_alias/", absent),
        path("localize/translate/<int:translation_id>/machine_translate/", absent),
        path("localize/reports/translations/", absent),
        path("localize/reports/translations/results/", absent),
    ]
    ours = [
        path("strona/<int:page_id>/", TranslateView.as_view(), name="translate"),
        path("", TranslationsReport.as_view(), name="report"),
    ]
    return [
        path("localize/submit/page/<int:page_id>/", to_ours),
        *closed,
        path("tlumaczenia/", include((ours, "translations"))),
    ]


@hooks.register("construct_reports_menu")
def only_our_report(request: HttpRequest, items: list[MenuItem]) -> None:
    """wagtail-localize's report shows every unit's pages."""
    closed = reverse("wagtail_localize:translations_report")
    items[:] = [item for item in items if getattr(item, "url", "") != closed]


@hooks.register("register_reports_menu_item")
def report_item() -> MenuItem:
    return ReportItem(
        TranslationsReport.page_title, reverse("translations:report"), name="translations", icon_name="globe", order=105
    )


@hooks.register("construct_main_menu")
def no_documents(request: HttpRequest, items: list[MenuItem]) -> None:
    """Wagtail's documents are closed (`config.urls`)."""
    items[:] = [item for item in items if item.name != "documents"]


@hooks.register("construct_page_action_menu")
def no_copies(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """No page of another language is turned into a copy of the Polish one."""
    items[:] = [item for item in items if item.name != "localize-convert-to-alias"]


@hooks.register("register_page_header_buttons")
def translate_button(page: Page, user: Any, view_name: str = "", next_url: str | None = None) -> Any:
    """The way to translations of a page, for whoever may edit it."""
    if not page.is_root() and not translations.why_not(page, user) and translations.open_locales(page).exists():
        yield HeaderButton(
            gettext("Translate this page"), url=reverse("translations:translate", args=[page.pk]), icon_name="globe"
        )


@hooks.register("register_page_listing_buttons")
def stale_flag(page: Page, user: Any, next_url: str | None = None) -> Any:
    """In the list of pages: the translation is behind."""
    if page.locale.language_code == settings.LANGUAGE_CODE or not page.permissions_for_user(user).can_edit():
        return
    if Wording.objects.behind().filter(page_id=page.pk).exists():
        yield Button(
            gettext("Polish text changed since"),
            url=reverse("wagtailadmin_pages:edit", args=[page.pk]),
            classname="button button-small button-secondary",
            priority=5,
        )


@hooks.register("before_edit_page", order=-10)
def before_translating(request: HttpRequest, page: Page) -> HttpResponse | None:
    """What a translator must know, and the button that sends a translation for approval."""
    if page.locale.language_code == settings.LANGUAGE_CODE:
        return None
    work = translation_of(page)
    if request.method == "POST" and SEND in request.POST and work is not None:
        try:
            translations.send(request.user, work)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The translation is sent. Another editor approves it."))
        return redirect("wagtailadmin_pages:edit", page.pk)
    if request.method == "GET" and (text := stale_words(page)):
        messages.warning(request, text)
    return None


def stale_words(page: Page) -> str:
    """What has become of the Polish page since this translation; empty where nothing has."""
    wording = Wording.objects.behind().filter(page_id=page.pk).select_related("original__changed_by").first()
    if wording is None or wording.original is None or not page.live:
        return ""
    said = gettext("The Polish page was changed after this translation: %(day)s, %(who)s. Translate what is new.")
    return said % {"day": _day(wording.original.changed_at), "who": wording.original.changed_by or gettext("somebody")}
