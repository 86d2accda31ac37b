"""Translations of pages as two editors make them: one translates, another approves."""

from __future__ import annotations

from typing import Any

from wagtail.models import Locale, Page, WorkflowPage
from wagtail_localize.models import StringTranslation, Translation

from cms_pages import moderation, translations
from people.access import SYSTEM
from people.models import User


def translator() -> tuple[User, User]:
    """Two editors of everything."""
    one, _made = User.objects.get_or_create(
        email="tlumacz@example.test", defaults={"is_staff": True, "is_superuser": True, "first_name": "Ewa",
                                                "last_name": "Tłumacz"})  # fmt: skip
    other, _made = User.objects.get_or_create(
        email="tlumacz2@example.test", defaults={"is_staff": True, "is_superuser": True, "first_name": "Jan",
                                                 "last_name": "Drugi"})  # fmt: skip
    return one, other


def begun(page: Page, code: str, **texts: str) -> Translation:
    """The work on a translation with these texts by field; other texts keep their Polish words."""
    locale, _made = Locale.objects.get_or_create(language_code=code)
    Locale.objects.get_or_create(language_code="pl")
    one, _other = translator()
    if not page.get_translations().filter(locale=locale).exists():
        translations.begin(one, Page.objects.get(pk=page.pk).specific, [locale])
    work = Translation.objects.get(source__object_id=page.translation_key, target_locale=locale)
    say(work, one, **texts)
    return work


def say(work: Translation, user: User, **texts: str) -> None:
    """Type the texts of a translation: those given by field, the source's own words for the rest."""
    for segment in work.source.stringsegment_set.select_related("string", "context"):
        said = texts.get(segment.context.path)
        if said is None and "." in segment.context.path:
            said = texts.get(segment.context.path.partition(".")[0])
        StringTranslation.objects.update_or_create(
            translation_of_id=segment.string_id, locale_id=work.target_locale_id, context_id=segment.context_id,
            defaults={"data": said or segment.string.data, "last_translated_by": user},
        )  # fmt: skip


def translated(page: Page, code: str, **texts: str) -> Any:
    """The page in another language, live: sent by one editor, approved by another."""
    work = begun(page, code, **texts)
    one, other = translator()
    top = page.get_ancestors(inclusive=True).filter(depth=2).get()
    if not WorkflowPage.objects.filter(page=top).exists():
        moderation.moderate(SYSTEM, page=top)
    translations.send(one, work)
    approve(other, work)
    return work.get_target_instance()


def approve(user: User, work: Translation) -> None:
    page = work.get_target_instance()
    state = page.current_workflow_task_state
    state.task.specific.on_action(state, user, "approve", seen=moderation.read_mark(page.latest_revision))
