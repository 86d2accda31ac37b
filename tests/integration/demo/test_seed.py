"""The demo town in small: made once, through deeds, and the same when asked for again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils.translation import override
from pytest_django.plugin import DjangoDbBlocker
from wagtail.models import Collection, Locale, Page, Site

from cms_pages.forms.models import FormVersion
from cms_pages.models import ServicePage, UnitPage, Wording
from demo import cases, plots, seed
from demo.progress import shown
from documents.models import Case, ClassificationScheme, Delivery, Letter, Receipt
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import Role, Unit, User
from people.services import units
from workflow import states
from workflow.models import ServiceOffer, Task
from workflow.states import State

pytestmark = pytest.mark.django_db


def test_somebody_elses_database_is_left_alone() -> None:
    units.add(SYSTEM, parent=None, kind=Unit.Kind.BODY, symbol="UG", name="Urząd Gminy Prawdziwej")
    with override("en"), pytest.raises(CommandError, match="not the demo town's"):
        call_command("seed_demo", "--small")
    assert Unit.objects.count() == 1


def test_without_a_town_no_accounts_are_printed() -> None:
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    assert out.getvalue() == ""


@contextmanager
def broken_off_after(events: int) -> Iterator[None]:
    """The seed is interrupted (Ctrl-C) when so many deeds of the stories were done."""
    whole, seen = cases.Stage.play, itertools.count(1)

    def play(stage: cases.Stage, event: plots.Event) -> None:
        if next(seen) > events:
            raise KeyboardInterrupt
        whole(stage, event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases.Stage, "play", play)
        yield


def _as_migrated() -> None:
    """The site and the pages that a fresh database has; tests in real transactions, which came before, empty all."""
    Locale.objects.get_or_create(language_code="pl")
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    if not Site.objects.filter(is_default_site=True).exists():
        welcome = root.add_child(instance=Page(title="Welcome", slug="welcome"))
        Site.objects.create(hostname="localhost", root_page=welcome, is_default_site=True)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The small town, made once for all tests of this file and taken back at the end. Its making is broken off once."""
    var: Path = tmp_path_factory.mktemp("demo")
    apart = override_settings(BLOB_DIR=var / "blobs", OBIEG_KEYRING={**settings.OBIEG_KEYRING, "folder": var / "keys"})
    with apart, django_db_blocker.unblock(), transaction.atomic():
        _as_migrated()
        with broken_off_after(12), pytest.raises(KeyboardInterrupt):
            call_command("seed_demo", "--small")
        assert 0 < Case.objects.count() < len(plots.SMALL)
        call_command("seed_demo", "--small")
        yield
        transaction.set_rollback(True)


def test_seventy_bodies_each_with_its_own_plan(town: None) -> None:
    bodies = Unit.objects.bodies()
    assert bodies.count() == 70
    assert Unit.objects.filter(kind=Unit.Kind.CELL).count() == 14
    assert set(ClassificationScheme.objects.values_list("body_id", flat=True)) == {body.pk for body in bodies}
    assert all(body.privacy_notice and body.opening_hours and body.street for body in bodies)


def test_every_unit_works(town: None) -> None:
    """A head assigns and signs, somebody handles, somebody registers what comes and sends what goes."""
    for permission in ("assign", "sign", "handle_cases", "register_letters", "dispatch_letters"):
        held = {unit for user in User.objects.filter(is_staff=True)
                for unit in access_of(user).units.get(permission, ())}
        assert held == set(Unit.objects.values_list("pk", flat=True)), permission


def test_thirty_one_services_and_the_letter_to_all(town: None) -> None:
    assert ServicePage.objects.live().filter(locale__language_code="pl").count() == 32
    assert FormVersion.objects.count() == 32
    assert UnitPage.objects.live().count() == 84
    general = set(ServiceOffer.objects.filter(service__code="pismo-ogolne").values_list("unit_id", flat=True))
    assert general == set(Unit.objects.values_list("pk", flat=True))
    for page in ServicePage.objects.live():
        assert page.current is not None and page.current.source, page.title
        texts = (page.who, page.documents_needed, page.where_to_file, page.how_settled, page.appeal)
        assert all(texts), page.title
        assert page.current.legal_basis and page.offers, page.title


def test_pages_in_other_languages_are_up_to_date(town: None) -> None:
    translated = Page.objects.live().exclude(locale__language_code="pl")
    assert {page.locale.language_code for page in translated} == {"en", "uk"}
    assert not Wording.objects.behind().exists()
    english = ServicePage.objects.get(locale__language_code="en", slug="general-letter")
    assert english.easy_text and english.form_page == ServicePage.objects.get(slug="pismo-ogolne").form_page


def test_every_plot_came_where_it_should(town: None) -> None:
    told = plots.stories(cases.anchor_of(small=True), small=True)
    state_of = {row.letter_key: row.state for row in states.with_state(Case.objects.all()).extra(
        select={"letter_key": "(SELECT min(intake_key) FROM documents_letter l WHERE l.case_id = documents_case.id"
                              " AND l.intake_key IS NOT NULL)"})}
    expected = {"new": State.FILED, "assigned": State.FILED, "in_progress": State.IN_PROGRESS,
                "for_approval": State.IN_PROGRESS, "returned": State.IN_PROGRESS,
                "to_collect": State.DECISION_READY, "to_post": State.DECISION_READY, "collected": State.CLOSED,
                "called": State.WAITING, "closed": State.CLOSED}
    assert Case.objects.count() == len(plots.SMALL)
    for story in told:
        # A service that gives the reference at once is in progress from the first minute.
        at_once = story.service in {"zgromadzenie", "deklaracja-odpady", "zaswiadczenie-o-niezaleganiu"}
        allowed = {expected[story.plot], State.IN_PROGRESS} if at_once else {expected[story.plot]}
        assert state_of[story.key] in allowed, story


def test_the_journal_names_people_and_the_days_things_happened(town: None) -> None:
    letter = Letter.objects.get(intake_key="demo:0010")
    entries = Entry.objects.filter(case_id=letter.case_id).order_by("pk")
    assigned = entries.get(action="case.assigned")
    assert assigned.user is not None and assigned.user.is_staff
    assert assigned.timestamp < assigned.recorded_at
    assert letter.received_at is not None and letter.registered_at == letter.received_at
    assert Receipt.objects.filter(letter=letter, kind="upp").exists()


def test_the_shown_accounts_have_something_to_do(town: None) -> None:
    citizen = User.objects.get(email="obywatel@example.test")
    assert Delivery.objects.of_citizen(citizen).waiting().exists()
    assert citizen.own_cases.filter(supplement_requests__answered_at__isnull=True,
                                    supplement_requests__due_on__isnull=False).exists()
    head = access_of(User.objects.get(email="kierownik@example.test"))
    assert Task.objects.actionable_by(head).exists()
    assert head.roles.keys() == {Role.HEAD}


def test_a_second_run_changes_nothing(town: None) -> None:
    before = (Entry.objects.count(), Case.objects.count(), Unit.objects.count(), User.objects.count())
    with shown() as show:
        seed.build(show, small=True)
    assert (Entry.objects.count(), Case.objects.count(), Unit.objects.count(), User.objects.count()) == before


def test_the_general_letter_opens_on_the_portal(town: None) -> None:
    client = Client()
    for address in ("/", "/uslugi/", "/uslugi/pismo-ogolne/", "/uslugi/pismo-ogolne/formularz/", "/jednostki/",
                    "/jednostki/wydzial-spraw-obywatelskich/", "/aktualnosci/", "/deklaracja-dostepnosci/",
                    "/prywatnosc/", "/pomoc/", "/bip/"):
        assert client.get(address).status_code == 200, address


def test_the_accounts_are_printed_and_their_password_opens(town: None) -> None:
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    text = out.getvalue()
    for name in ("rejestracja@", "referent@", "kierownik@", "redaktor@", "audytor@", "admin.jednostki@",
                 "koordynator@", "obywatel@"):
        assert name in text
    password = text.splitlines()[0].rpartition(" ")[2].rstrip(")")
    assert User.objects.get(email="referent@example.test").check_password(password)
