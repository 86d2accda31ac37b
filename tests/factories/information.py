"""Pages that explain and those the law asks for, below a portal's home page; published by one editor for another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from filer.models import File, Folder
from wagtail.models import Page

from cms_pages.models import (
    AccessibilityStatementPage,
    BipIndexPage,
    BipPage,
    FaqPage,
    FileListPage,
    GuidePage,
    HomePage,
    PrivacyPage,
)
from cms_pages.models.answers import FaqQuestion, GuideStep, ListedFile
from documents.models import UnitFolder
from documents.services import library
from people.access import SYSTEM
from people.models import Unit, User
from tests.factories import people


@dataclass
class Information:
    """One of every kind."""

    statement: AccessibilityStatementPage
    privacy: PrivacyPage
    guide: GuidePage
    faq: FaqPage
    files: FileListPage
    bip: BipIndexPage
    section: BipPage
    act: BipPage
    file: File
    editor: User
    colleague: User


def library_file(unit: Unit, name: str = "cennik.pdf", *, public: bool = True) -> File:
    """A file in the unit's folder of the library."""
    known = UnitFolder.objects.filter(unit=unit).first()
    folder: Folder = known.folder if known else library.make_folder(SYSTEM, unit=unit)
    made = File(folder=folder, name=name, original_filename=name, is_public=public, mime_type="application/pdf")
    made.file.save(name, ContentFile(b"%PDF-1.4 " + name.encode()), save=False)
    made.save()
    return made


def publish(page: Any, author: User, approver: User) -> Any:
    """The page's state goes live as a revision written by one and published by another."""
    page.save_revision(user=author).publish(user=approver, skip_permission_checks=True)
    page.refresh_from_db()
    return page


def information(home: HomePage, unit: Unit) -> Information:
    """Publish one page of every kind below the home page."""
    editor = people.staff(first_name="Ewa", last_name="Redaktorska")
    colleague = people.staff(first_name="Olga", last_name="Sprawdzalska")

    def put(parent: Page, page: Any) -> Any:
        page.live = False
        parent.add_child(instance=page)
        return publish(page, editor, colleague)

    file = library_file(unit)
    guide = GuidePage(title="Przeprowadzka", slug="przeprowadzka", lead="Co załatwić po przeprowadzce.", kept_by=unit,
                      review_on=people.today() + dt.timedelta(days=200))  # fmt: skip
    guide.steps = [
        GuideStep(title="Zamelduj się", body="<p>Masz na to 30 dni.</p>"),
        GuideStep(title="Złóż deklarację o odpadach", body="<p>Masz na to 14 dni.</p>"),
        GuideStep(title="Zgłoś nieruchomość", body='<p>Druk jest <a href="/nie-ma-takiej/">tutaj</a>.</p>'),
    ]
    faq = FaqPage(title="Pytania", slug="pytania", lead="O co pytacie.")
    faq.questions = [
        FaqQuestion(heading="Wniosek", question="Czy </script> to znacznik?", answer="<p>Tak.</p>"),
        FaqQuestion(heading="Wniosek", question="Co to jest UPO?", answer="<p>Dowód złożenia pisma.</p>"),
        FaqQuestion(heading="Opłaty", question="Jak zapłacić?", answer="<p>Przelewem.</p>"),
    ]
    files = FileListPage(title="Druki do pobrania", slug="druki", lead="Wydrukuj i wypełnij.")
    files.items = [ListedFile(heading="Podatki", title="Cennik usług", file=file, note="Obowiązuje od stycznia.")]
    bip = put(home, BipIndexPage(title="Biuletyn Informacji Publicznej", slug="bip", lead="Jak działamy."))
    about = {"unit": unit, "made_by": "Sekretarz Miasta", "made_on": dt.date(2026, 1, 5)}
    section = put(bip, BipPage(title="Organizacja", slug="organizacja", lead="Kto kieruje urzędem.", **about))
    act = put(section, BipPage(title="Regulamin", slug="regulamin", body="<p>Brzmienie pierwsze.</p>", **about))
    return Information(
        statement=put(home, AccessibilityStatementPage(
            title="Deklaracja dostępności", slug="deklaracja-dostepnosci", contact_name="Anna Dostępna",
            contact_email="dostepnosc@um.example.test",
            contact_phone="32 555 10 07",
            gaps="<ul><li>Skany bez warstwy tekstowej.</li></ul>", architecture="<p>Jest pochylnia.</p>",
            made_on=dt.date(2025, 9, 1), reviewed_on=dt.date(2026, 3, 2))),
        privacy=put(home, PrivacyPage(title="Prywatność", slug="prywatnosc", lead="Kto odpowiada za Twoje dane.",
                                      body="<p>Każda jednostka jest administratorem.</p>")),
        guide=put(home, guide), faq=put(home, faq), files=put(home, files), bip=bip, section=section, act=act,
        file=file, editor=editor, colleague=colleague)  # fmt: skip
