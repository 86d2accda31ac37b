"""Pages in English and Ukrainian, translated, sent and approved as editors do it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.fields import RichTextField
from wagtail.models import Locale, Page
from wagtail_localize.models import StringTranslation, Translation
from wagtail_localize.strings import extract_strings

from cms_pages import moderation, translations
from demo import prose, reading
from demo.progress import Show
from people.models import User

CODES = ("en", "uk")


def build(home: Page, translator: User, approver: User, show: Show) -> None:
    """Translate what the data file holds and is not translated yet, from the top of the tree down."""
    said = reading.toml("pages/translations.toml")
    work = [(about["path"], code, about[code]) for code in CODES for about in said["page"] if code in about]
    for path, code, texts in show.walk("Tłumaczenia stron", work):
        _translate(_page(home, path), code, {**texts}, said[code]["shared"], translator, approver)


def _page(home: Page, path: str) -> Page:
    found = home
    for slug in filter(None, path.split("/")):
        found = found.get_children().get(slug=slug)
    return found


@transaction.atomic
def _translate(
    page: Page, code: str, texts: dict[str, str], shared: dict[str, str], translator: User, approver: User
) -> None:
    locale, _made = Locale.objects.get_or_create(language_code=code)
    if page.get_translations().filter(locale=locale, live=True).exists():
        return
    if not page.get_translations().filter(locale=locale).exists():
        translations.begin(_anew(translator), page.specific, [locale])
    work = Translation.objects.get(source__object_id=page.translation_key, target_locale=locale)
    _type(work, page.specific, texts, shared, translator)
    translations.send(_anew(translator), work)
    copy = work.get_target_instance()
    state = copy.current_workflow_task_state
    seen = moderation.read_mark(copy.get_latest_revision())
    state.task.specific.on_action(state, _anew(approver), "approve", seen=seen)


def _anew(user: User) -> User:
    """Rights are remembered with a person for a request; the page above was made a moment ago."""
    return User.objects.get(pk=user.pk)


def _type(work: Translation, page: Page, texts: dict[str, str], shared: dict[str, str], translator: User) -> None:
    """Each text beside the Polish one; a text of several blocks must have as many as the Polish one."""
    places: dict[str, list[Any]] = {}
    for segment in work.source.stringsegment_set.select_related("string", "context").order_by("order"):
        places.setdefault(segment.context.path, []).append(segment)
    for field, segments in places.items():
        text = texts[field]
        if text.startswith("@"):
            text = shared[text[1:]]
        blocks = [text]
        if isinstance(page._meta.get_field(field), RichTextField):
            _frame, found = extract_strings(prose.html(text))
            blocks = [string.data for string, _attributes in found]
        if len(blocks) != len(segments):
            raise ValueError(f"{page.slug}.{field}: {len(blocks)} blocks beside {len(segments)} Polish ones")
        for segment, block in zip(segments, blocks, strict=True):
            StringTranslation.objects.update_or_create(
                translation_of_id=segment.string_id, locale_id=work.target_locale_id, context_id=segment.context_id,
                defaults={"data": block, "last_translated_by": translator},
            )  # fmt: skip
