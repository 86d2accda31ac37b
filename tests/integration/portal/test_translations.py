"""Editors translate what they may edit; a translation goes live by another's approval and knows when it is behind."""

from __future__ import annotations

from urllib.parse import urlencode

import polib
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.models import Locale, Page
from wagtail_localize.models import StringTranslation, Translation

from cms_pages import moderation, translations
from cms_pages.models import ContentPage, GuidePage, NewsPage, Wording
from cms_pages.models.answers import GuideStep
from cms_pages.translations_views import SEND
from journal.errors import Refused
from people.access import SYSTEM
from people.models import Role, RoleGroup, User
from tests.factories import people
from tests.factories.translations import approve, begun, say, translated
from tests.integration.portal.conftest import Town

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def locale(code: str = "en") -> Locale:
    return Locale.objects.get_or_create(language_code=code)[0]


@pytest.fixture
def guide(town: Town) -> ContentPage:
    """A page of the city's branch; the home page above it is English already."""
    made: ContentPage = town.portal.home.add_child(
        instance=ContentPage(title="Pomoc", slug="pomoc", lead="Jak to działa.", body="<p>Pierwszy.</p><p>Drugi.</p>")
    )
    translated(town.portal.home, "en", title="Town portal")
    return made


@pytest.fixture
def editors(town: Town, guide: ContentPage) -> tuple[User, User]:
    """Two editors of the city, whose branch is the home guide."""
    unit = town.office.units["UM"]
    both = people.member(unit, Role.EDITOR), people.member(unit, Role.EDITOR)
    moderation.open_branch(
        SYSTEM, role_group=RoleGroup.objects.get(unit=unit, role=Role.EDITOR), page=town.portal.home
    )
    return both


def work_on(page: Page) -> Translation:
    return Translation.objects.get(source__object_id=page.translation_key, target_locale=locale())


def test_an_editor_translates_a_page_and_a_colleague_puts_it_live(
    guide: ContentPage, editors: tuple[User, User]
) -> None:
    one, other = (signed_in(user) for user in editors)
    asked = reverse("translations:translate", args=[guide.pk])
    assert "angielski" in one.get(asked).text.lower()
    one.post(asked, {"locales": [locale().pk]})
    work = work_on(guide)
    copy = work.get_target_instance()
    assert not copy.live and Client().get("/en/pomoc/").status_code == 404
    edit = reverse("wagtailadmin_pages:edit", args=[copy.pk])
    told = one.post(edit, {SEND: "1"}, follow=True).text
    assert "Texts without a translation" in told or "bez tłumaczenia" in told, "half a translation is not sent"
    for segment in work.source.stringsegment_set.all():
        kept = one.put(
            reverse("wagtail_localize:edit_string_translation", args=[work.pk, segment.pk]),
            data=urlencode({"value": f"In English {segment.order}"}), content_type="application/x-www-form-urlencoded",
        )  # fmt: skip
        assert kept.status_code == 201
    one.post(edit, {SEND: "1"})
    assert Client().get("/en/pomoc/").status_code == 404, "nobody publishes alone"
    with pytest.raises(PermissionDenied):
        state = Page.objects.get(pk=copy.pk).current_workflow_task_state
        state.task.specific.on_action(
            state, editors[0], "approve", seen=moderation.read_mark(copy.get_latest_revision())
        )
    read = other.get(edit)
    assert read.status_code == 200 and "js-translation-editor" not in read.text, "it is read as the page it becomes"
    state = Page.objects.get(pk=copy.pk).current_workflow_task_state
    newest = Page.objects.get(pk=copy.pk).latest_revision
    state.task.specific.on_action(state, editors[1], "approve", seen=moderation.read_mark(newest))
    live = Page.objects.get(pk=copy.pk)
    assert live.live and live.title.startswith("In English")
    assert Wording.objects.get(page_id=copy.pk).digest == Wording.objects.get(page_id=guide.pk).digest


def test_a_translation_says_that_the_polish_page_is_newer(guide: ContentPage, editors: tuple[User, User]) -> None:
    copy = translated(guide, "en", title="Help", slug="help", lead="How it works.", body="Text.")
    assert not Wording.objects.behind().exists()
    guide.save_revision(user=editors[0]).publish()
    assert not Wording.objects.behind().exists(), "published again without another word"
    guide.refresh_from_db()
    guide.lead = "Jak to działa teraz."
    guide.save_revision(user=editors[0]).publish()
    assert list(Wording.objects.behind().values_list("page_id", flat=True)) == [copy.pk]
    shown = Client().get("/en/help/").text
    assert "The Polish version is newer" in shown and 'href="/pomoc/"' in shown
    assert "newer" not in Client().get("/pomoc/").text
    desk = signed_in(editors[0])
    assert str(editors[0]) in desk.get(reverse("wagtailadmin_pages:edit", args=[copy.pk])).text
    report = desk.get(reverse("translations:report")).text
    assert "Help" in report and str(editors[0]) in report
    parent = copy.get_parent()
    flagged = desk.get(reverse("wagtailadmin_explore", args=[parent.pk])).text
    assert "Polish text changed since" in flagged or "Polski tekst" in flagged
    work = work_on(guide)
    assert translations.untranslated(work) == 1, "only what is new is asked for"
    with pytest.raises(Refused):
        translations.send(editors[0], work)
    translated(guide, "en", title="Help", slug="help", lead="How it works now.", body="Text.")
    assert not Wording.objects.behind().exists()
    assert "newer" not in Client().get("/en/help/").text


def test_what_the_polish_page_said_meanwhile_is_not_taken_for_translated(guide: ContentPage) -> None:
    """A paragraph goes while the translation waits: every text that is left is translated, and it is behind all the
    same."""
    work = begun(guide, "en", title="Help", slug="help", lead="How it works.")
    other = User.objects.get(email="tlumacz2@example.test")
    translations.send(User.objects.get(email="tlumacz@example.test"), work)
    guide.refresh_from_db()
    guide.body = "<p>Pierwszy.</p>"
    guide.save_revision().publish()
    copy = work.get_target_instance()
    state = copy.current_workflow_task_state
    state.task.specific.on_action(state, other, "approve", seen=moderation.read_mark(copy.latest_revision))
    assert translations.untranslated(work) == 0
    assert Wording.objects.behind().filter(page_id=copy.pk).exists()


def test_translators_write_while_the_live_page_stands(guide: ContentPage, editors: tuple[User, User]) -> None:
    copy = translated(guide, "en", title="Help", slug="help", lead="How it works.", body="Text.")
    work = work_on(guide)
    say(work, editors[0], title="Help!", slug="help", lead="Better.", body="Text.")
    translations.send(editors[0], work)
    copy.refresh_from_db()
    assert (copy.title, copy.lead) == ("Help", "How it works."), "what is live waits for the approval"


def test_a_page_withdrawn_in_polish_is_withdrawn_in_all_languages(guide: ContentPage) -> None:
    copy = translated(guide, "en", title="Help", slug="help", lead="How it works.", body="Text.")
    copy.unpublish()
    assert Page.objects.get(pk=guide.pk).live, "a translation is withdrawn by itself"
    copy.get_latest_revision().publish(skip_permission_checks=True)
    Page.objects.get(pk=guide.pk).specific.unpublish()
    assert not Page.objects.get(pk=copy.pk).live and Client().get("/en/help/").status_code == 404


def test_an_editor_of_a_school_neither_translates_nor_sees_the_citys_pages(
    town: Town, guide: ContentPage, editors: tuple[User, User]
) -> None:
    translated(town.unit_page("SP-1").get_parent(), "en", title="Units", slug="units")
    copy = translated(guide, "en", title="Help", slug="help", lead="How it works.", body="Text.")
    work = work_on(guide)
    desk = signed_in(people.member(town.office.units["SP-1"], Role.EDITOR))
    segment = work.source.stringsegment_set.first()
    assert segment is not None
    closed = [
        reverse("translations:translate", args=[guide.pk]),
        reverse("wagtail_localize:download_pofile", args=[work.pk]),
        reverse("wagtail_localize:preview_translation", args=[work.pk]),
        reverse("wagtailadmin_pages:edit", args=[copy.pk]),
    ]
    for path in closed:
        answer = desk.get(path)
        assert answer.status_code in (302, 403), path
        assert answer.status_code == 403 or answer["Location"] == "/admin/", path
    kept = desk.put(
        reverse("wagtail_localize:edit_string_translation", args=[work.pk, segment.pk]),
        data="value=Mine", content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert kept.status_code in (302, 403)
    assert not StringTranslation.objects.filter(data="Mine").exists()
    assert "Help" not in desk.get(reverse("translations:report")).text
    for name in ("translations_report", "translations_report_results"):
        assert desk.get(reverse(f"wagtail_localize:{name}")).status_code == 404
    assert desk.get(reverse("wagtail_localize:update_translations", args=[work.source_id])).status_code == 404


def test_a_units_editor_has_the_translations_of_the_units_page_too(town: Town, guide: ContentPage) -> None:
    school = town.unit_page("SP-1")
    news = school.add_child(instance=NewsPage(title="Wycieczka", slug="wycieczka", lead="Jedziemy."))
    translated(school.get_parent().specific, "en", title="Units", slug="units")
    english = translated(school, "en", title="Primary School 1", slug="school-1")
    editor = people.member(town.office.units["SP-1"], Role.EDITOR)
    assert english.permissions_for_user(editor).can_edit()
    assert not english.get_parent().permissions_for_user(editor).can_edit()
    made = translations.begin(editor, news, [locale()])
    assert made[0].get_parent().pk == english.pk and made[0].permissions_for_user(editor).can_edit()


def test_a_page_is_translated_after_the_page_above_it(town: Town, guide: ContentPage) -> None:
    card = town.portal.card
    with pytest.raises(Refused):
        translations.begin(User.objects.get(email="tlumacz@example.test"), card, [locale()])
    assert not card.get_translations().exists()


def test_forms_notices_and_the_intranet_are_not_translated(town: Town, editors: tuple[User, User]) -> None:
    for kept in (town.portal.form, town.board, town.intranet):
        with pytest.raises(PermissionDenied):
            translations.begin(editors[0], kept, [locale()])
        assert signed_in(editors[0]).get(reverse("translations:translate", args=[kept.pk])).status_code in (302, 403)


def test_a_po_file_goes_out_and_comes_back(guide: ContentPage, editors: tuple[User, User]) -> None:
    work = begun(guide, "en")
    StringTranslation.objects.all().delete()
    desk = signed_in(editors[0])
    out = polib.pofile(desk.get(reverse("wagtail_localize:download_pofile", args=[work.pk])).content.decode())
    assert "Jak to działa." in [entry.msgid for entry in out]
    for entry in out:
        entry.msgstr = f"EN {entry.msgid}"
    desk.post(
        reverse("wagtail_localize:upload_pofile", args=[work.pk]),
        {"file": SimpleUploadedFile("en.po", str(out).encode())},
    )
    assert translations.untranslated(work) == 0
    assert StringTranslation.objects.filter(data="EN Jak to działa.").exists()


def test_steps_of_a_guide_are_translated_and_a_new_step_is_asked_for(town: Town, guide: ContentPage) -> None:
    page = GuidePage(title="Po przeprowadzce", slug="po-przeprowadzce")
    page.steps.add(GuideStep(title="Zamelduj się", body="<p>Masz 30 dni.</p>"))
    page.steps.add(GuideStep(title="Zgłoś odpady", body="<p>Masz 14 dni.</p>"))
    town.portal.home.add_child(instance=page)
    work = begun(page, "en", title="After moving", slug="after-moving", lead="")
    translator = User.objects.get(email="tlumacz@example.test")
    english = {"Zamelduj się": "Register", "Masz 30 dni.": "You have 30 days.", "Zgłoś odpady": "Declare waste",
               "Masz 14 dni.": "You have 14 days."}  # fmt: skip
    for segment in work.source.stringsegment_set.filter(context__path__startswith="steps"):
        StringTranslation.objects.update_or_create(
            translation_of_id=segment.string_id, locale_id=work.target_locale_id, context_id=segment.context_id,
            defaults={"data": english[segment.string.data], "last_translated_by": translator},
        )  # fmt: skip
    translations.send(translator, work)
    approve(User.objects.get(email="tlumacz2@example.test"), work)
    shown = Client().get("/en/after-moving/calosc/").text
    assert "Register" in shown and "You have 14 days." in shown and "Zamelduj" not in shown
    assert "Zamelduj" in Client().get("/po-przeprowadzce/calosc/").text
    page.refresh_from_db()
    page.steps.add(GuideStep(title="Zmień lekarza", body="<p>Kiedy chcesz.</p>"))
    page.save_revision().publish()
    copy = work.get_target_instance()
    assert Wording.objects.behind().filter(page_id=copy.pk).exists()
    assert translations.untranslated(work) == 2
    assert copy.steps.count() == 2
