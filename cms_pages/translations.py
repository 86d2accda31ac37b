"""Pages in other languages: what of a page is translated, what is one record, and when a translation is behind.

A translation lies in the tree of its language at the place where the Polish page lies in its own. Its words are its
own; everything else (the service, the unit, dates, pictures, who answers for the page) is the Polish page's and follows
it at once, so that no two languages contradict each other. Whoever may edit a page may translate it; a translation goes
live as any page does, by another editor's approval. No machine translates.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.coreutils import find_available_slug
from wagtail.models import GroupPagePermission, Locale, Page, Revision, WorkflowPage
from wagtail.signals import copy_for_translation_done, page_published, page_unpublished
from wagtail_localize.fields import SynchronizedField, get_translatable_fields
from wagtail_localize.models import Translation, TranslationSource
from wagtail_localize.operations import translate_object
from wagtail_localize.segments import StringSegmentValue
from wagtail_localize.segments.extract import extract_segments

from cms_pages import languages
from cms_pages.models import (
    AccessibilityStatementPage,
    ContentPage,
    FaqPage,
    FileListPage,
    GuidePage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PrivacyPage,
    ServiceIndexPage,
    ServicePage,
    UnitIndexPage,
    UnitPage,
    Wording,
)
from cms_pages.models.answers import FaqQuestion, GuideStep, ListedFile
from journal.clock import db_now
from journal.errors import Conflict, Refused
from journal.record import record
from people.policy import access_for

#: Kinds of pages that are translated. A form holds its languages itself; events take registrations in one list; notices
#: and the bulletin are official texts, which are Polish (act of 7 October 1999 on the Polish language, art. 4 and 5);
#: the intranet speaks to staff.
TRANSLATABLE: tuple[type[Page], ...] = (
    AccessibilityStatementPage, ContentPage, FaqPage, FileListPage, GuidePage, HomePage, NewsIndexPage, NewsPage,
    PrivacyPage, ServiceIndexPage, ServicePage, UnitIndexPage, UnitPage,
)  # fmt: skip
#: Words that are the same in every language: names, numbers, posts.
SAME: dict[Any, tuple[str, ...]] = {
    ServicePage: ("card_number", "approved_by"),
    AccessibilityStatementPage: ("contact_phone", "contact_name", "examiner"),
}


def one_record() -> None:
    """Tell wagtail-localize that what is no text of a page is the Polish page's and cannot be overridden."""
    for model in (*TRANSLATABLE, GuideStep, FaqQuestion, ListedFile):
        same = [field.field_name for field in get_translatable_fields(model) if isinstance(field, SynchronizedField)]
        model.override_translatable_fields = [  # type: ignore[attr-defined]  # read by wagtail-localize
            SynchronizedField(name, overridable=False) for name in (*same, *SAME.get(model, ()))
        ]


def shared_values(page: Page) -> dict[str, Any]:
    """What a page has in common with its translations, by column."""
    known = {field.name: field for field in type(page)._meta.local_fields}
    names = [f.field_name for f in get_translatable_fields(type(page)) if isinstance(f, SynchronizedField)]
    found = {known[name].attname: getattr(page, known[name].attname) for name in names if name in known}
    return {**found, "show_in_menus": page.show_in_menus}


def digest_of(page: Page) -> str:
    """What a page says, as a digest: its translatable texts in their order, without the address."""
    said = [
        f"{segment.path}\x1f{segment.string.data}"
        for segment in extract_segments(page)
        if isinstance(segment, StringSegmentValue) and segment.path != "slug"
    ]
    return hashlib.sha256("\x1e".join(said).encode()).hexdigest()


def wording_of(polish: Page) -> Wording:
    """The words of a Polish page as they are kept, made from the live page where nothing is kept yet."""
    found, _made = Wording.objects.get_or_create(
        page_id=polish.pk,
        defaults={
            "digest": digest_of(polish.specific),
            "changed_at": polish.last_published_at or db_now(),
            "changed_by_id": polish.live_revision.user_id if polish.live_revision else None,
        },
    )
    return found


def why_not(page: Page, user: Any) -> str:
    """Why this person cannot translate a page; empty where nothing forbids it."""
    if page.specific_class not in TRANSLATABLE:
        return gettext("Pages of this kind are not translated.")
    if page.locale.language_code != settings.LANGUAGE_CODE:
        return gettext("Translate the Polish page: every translation is made from it.")
    if not page.permissions_for_user(user).can_edit():
        return gettext("You may translate only pages that you may edit.")
    return ""


def open_locales(page: Page) -> Any:
    """Languages into which a page can be translated now: not yet translated, and the page above it is."""
    found = Locale.objects.filter(language_code__in=languages.CODES).exclude(
        pk__in=page.get_translations(inclusive=True).values("locale_id")
    )
    parent = page.get_parent()
    if parent is not None and not parent.is_root():
        found = found.filter(pk__in=parent.get_translations().values("locale_id"))
    return found.order_by("language_code")


@transaction.atomic
def begin(user: Any, page: Page, locales: list[Locale]) -> list[Page]:
    """Make drafts of a page in other languages, as an editor's "Translate this page" does. Raises PermissionDenied when
    the person may not edit the page, Refused when the page above it has no translation. One entry:
    page.translation_begun."""
    if why_not(page, user):
        raise PermissionDenied
    free = {locale.pk for locale in open_locales(page)}
    if any(locale.pk not in free for locale in locales):
        raise Refused(_("Translate the page above this one first."))
    wording_of(page)
    translate_object(page.specific, locales, user=user)
    codes = [locale.language_code for locale in locales]
    record(access_for(user), "page.translation_begun", page, data={"languages": codes})
    return [page.get_translation(locale).specific for locale in locales]


def untranslated(translation: Translation) -> int:
    """How many texts of the Polish page have no translation."""
    total, done = translation.get_progress()
    return int(total - done)


@transaction.atomic
def send(user: Any, translation: Translation) -> Revision:
    """Send a finished translation for another editor's approval; what is live stays until then.

    Raises PermissionDenied when the person may not edit the page, Refused while texts are missing or nobody is set to
    approve pages there, Conflict while it waits already. One entry: page.translation_sent."""
    page = translation.get_target_instance()
    Page.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if not page.permissions_for_user(user).can_edit():
        raise PermissionDenied
    if page.workflow_in_progress:
        raise Conflict(_("The translation waits for approval already."))
    if left := untranslated(translation):
        raise Refused(gettext("Texts without a translation: %(n)s. Translate them all first.") % {"n": left})
    workflow = page.get_workflow()
    if workflow is None:
        raise Refused(_("Nobody is set to approve pages in this branch."))
    polish = languages.original(page)
    revision = _draft(user, translation, page)
    said = wording_of(polish)
    Wording.objects.update_or_create(
        page_id=page.pk,
        defaults={"original": said, "pending": said.digest},
        create_defaults={"original": said, "pending": said.digest, "digest": "", "changed_at": db_now()},
    )
    page = Page.objects.get(pk=page.pk).specific
    state = page.current_workflow_state
    if state is not None:
        state.resume(user=user)
    else:
        workflow.start(page, user)
    record(access_for(user), "page.translation_sent", page, data={"revision": revision.pk})
    return revision


def _draft(user: Any, translation: Translation, page: Page) -> Revision:
    """The translation with its newest texts as a draft; the live page is not touched."""
    said = translation.source.get_ephemeral_translated_instance(translation.target_locale, fallback=True)
    said.slug = find_available_slug(page.get_parent(), slugify(said.slug), ignore_page_id=page.pk)
    said.draft_title = said.title
    revision: Revision = said.save_revision(user=user, log_action=True)
    return revision


# --- what follows the Polish page ---------------------------------------------------------------------------------


def _published(sender: type[Page], instance: Page, revision: Revision | None = None, **_kwargs: Any) -> None:
    if sender not in TRANSLATABLE:
        return
    polish = languages.original(instance)
    user_id = revision.user_id if revision else None
    if polish.pk == instance.pk:
        _polish_published(instance, user_id)
    elif polish.locale.language_code == settings.LANGUAGE_CODE:
        share(polish.specific)
        _translation_published(instance, polish, user_id)


def _polish_published(page: Page, user_id: int | None) -> None:
    """New words make the translations stale; the rest goes into them now."""
    known = Wording.objects.filter(page_id=page.pk).first()
    if known is None:
        return
    digest = digest_of(page)
    if digest != known.digest:
        known.digest, known.changed_at, known.changed_by_id = digest, db_now(), user_id
        known.save(update_fields=["digest", "changed_at", "changed_by"])
    source = TranslationSource.objects.get_for_instance_or_none(page)
    if source is not None:
        source.update_from_db()
    share(page)


def share(polish: Page) -> None:
    """Make what a page has in common with its translations equal to the Polish page's."""
    others = type(polish).objects.filter(translation_key=polish.translation_key).exclude(pk=polish.pk)
    others.update(**shared_values(polish))


def _translation_published(page: Page, polish: Page, user_id: int | None) -> None:
    """What went live renders what the Polish page said when it was sent for approval; published without approval, what
    it says now, where every text of it is translated."""
    said = wording_of(polish)
    found = Wording.objects.filter(page_id=page.pk).first() or Wording(page_id=page.pk)
    work = Translation.objects.filter(source__object_id=page.translation_key, target_locale_id=page.locale_id,
                                      enabled=True).first()  # fmt: skip
    if found.pending:
        found.digest = found.pending
    elif work is None or not untranslated(work):
        found.digest = said.digest
    found.original, found.pending, found.changed_at, found.changed_by_id = said, "", db_now(), user_id
    found.save()


def _withdrawn(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    """What is no longer true in Polish is not shown in another language."""
    if sender in TRANSLATABLE and instance.locale.language_code == settings.LANGUAGE_CODE:
        for other in instance.get_translations().live():
            other.specific.unpublish(log_action=True)


def _copied(sender: Any, source_obj: Any, target_obj: Any, **_kwargs: Any) -> None:
    """Who may edit a page, and who approves it, is the same for its translation. A unit's own page is looked after by
    `cms_pages.branches`."""
    if not isinstance(target_obj, Page):
        return
    for right in GroupPagePermission.objects.filter(page_id=source_obj.pk):
        GroupPagePermission.objects.get_or_create(
            group_id=right.group_id, page_id=target_obj.pk, permission_id=right.permission_id
        )
    if watched := WorkflowPage.objects.filter(page_id=source_obj.pk).first():
        WorkflowPage.objects.update_or_create(page_id=target_obj.pk, defaults={"workflow": watched.workflow})


def connect() -> None:
    """Listen; called once by the app."""
    one_record()
    page_published.connect(_published, dispatch_uid="translations-published")
    page_unpublished.connect(_withdrawn, dispatch_uid="translations-withdrawn")
    copy_for_translation_done.connect(_copied, dispatch_uid="translations-rights")
