"""Pages that explain and those the law asks for: guides, questions, files, statement, privacy, the bulletin."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.db import transaction
from filer.models import File, Folder
from wagtail.models import Page
from weasyprint import HTML

from cms_pages.models import (
    AccessibilityStatementPage,
    BipIndexPage,
    BipPage,
    FaqPage,
    FileListPage,
    GuidePage,
    HomePage,
    PageVote,
    PrivacyPage,
)
from cms_pages.models.answers import FaqQuestion, GuideStep, ListedFile
from demo import prose, reading
from documents.models import UnitFolder
from documents.services import library
from journal.clock import db_now, warsaw_day
from people.access import SYSTEM
from people.models import Unit

if TYPE_CHECKING:
    from demo.portal import Press

#: Parts of the statement written as prose.
_PROSE = ("gaps", "exempt", "features", "architecture", "communication")


def build(press: Press, home: HomePage) -> None:
    """Add the pages that are missing."""
    said = reading.toml("pages/information.toml")
    office = Unit.objects.get(symbol="UM")
    review = warsaw_day(db_now()).replace(month=12, day=31)
    kept: dict[str, Any] = {"kept_by": office, "review_on": review}
    statement = {**said["statement"], **{name: prose.html(said["statement"][name]) for name in _PROSE}}
    press.put(home, AccessibilityStatementPage(slug="deklaracja-dostepnosci", **statement))
    about = said["privacy"]
    press.put(home, PrivacyPage(title=about["title"], slug="prywatnosc", lead=about["lead"],
                                body=prose.html(about["body"])))
    for guide in said["guides"]:
        page = GuidePage(title=guide["title"], slug=guide["slug"], lead=guide["lead"], show_in_menus=False,
                         intro=prose.html(guide["intro"]), **kept)
        page.steps.add(*(GuideStep(title=s["title"], body=prose.html(s["body"])) for s in guide["steps"]))
        press.put(home, page)
    faq = said["faq"]
    asked = FaqPage(title=faq["title"], slug=faq["slug"], lead=faq["lead"], **kept)
    asked.questions.add(*(FaqQuestion(heading=q["heading"], question=q["question"], answer=prose.html(q["answer"]))
                          for q in faq["questions"]))  # fmt: skip
    press.put(home, asked)
    _files(press, home, said["files"], office, kept)
    _bulletin(press, home, said["bip"], office)
    _opinions(home, said["opinions"])


def _files(press: Press, home: Page, about: dict[str, Any], office: Unit, kept: dict[str, Any]) -> None:
    folder = _folder(office)
    page = FileListPage(title=about["title"], slug=about["slug"], lead=about["lead"], body=prose.html(about["body"]),
                        **kept)
    for item in about["items"]:
        file = _file(folder, item["file"], item["title"])
        page.items.add(ListedFile(heading=item["heading"], title=item["title"], note=item["note"], file=file))
    press.put(home, page)


def _folder(unit: Unit) -> Folder:
    known = UnitFolder.objects.filter(unit=unit).select_related("folder").first()
    return known.folder if known else library.make_folder(SYSTEM, unit=unit)


@transaction.atomic
def _file(folder: Folder, name: str, title: str) -> File:
    """A small printed form in the library, public."""
    known = File.objects.filter(folder=folder, original_filename=name).first()
    if known is not None:
        return known
    page = (f"<html lang='pl'><head><title>{title}</title></head><body style='font-family: sans-serif'><h1>{title}</h1>"
            "<p>Imię i nazwisko: ……………………………………</p><p>Adres: ……………………………………</p>"
            "<p>Data i podpis: ……………………………………</p><p>Wzór miasta, które nie istnieje.</p></body></html>")
    made = File(folder=folder, name=title, original_filename=name, is_public=True, mime_type="application/pdf")
    made.file.save(name, ContentFile(HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")), save=False)
    made.save()
    return made


def _bulletin(press: Press, home: Page, about: dict[str, Any], office: Unit) -> None:
    index = press.put(home, BipIndexPage(title=about["title"], slug="bip", lead=about["lead"],
                                         editors=prose.html(about["editors"])))
    pages: dict[str, Page] = {}
    for said in about["pages"]:
        parent = pages.get(said.get("below", ""), index)
        parent.refresh_from_db()
        missing = not parent.get_children().filter(slug=said["slug"]).exists()
        page = press.put(parent, BipPage(title=said["title"], slug=said["slug"], lead=said["lead"], unit=office,
                                         body=prose.html(said["body"]), made_by=said["made_by"],
                                         made_on=said["made_on"]))
        if missing and "changed" in said:
            page.body = prose.html(said["changed"])
            page.save_revision(user=press.editor).publish(user=press.colleague, skip_permission_checks=True)
        pages[said["slug"]] = page


def _opinions(home: Page, said: dict[str, list[Any]]) -> None:
    """Answers of the last weeks, so that the editors' pictures show something."""
    today = warsaw_day(db_now())
    for slug, (yes, no, *reasons) in said.items():
        page = home.get_children().filter(slug=slug).first()
        if page is None or PageVote.objects.filter(page=page).exists():
            continue
        given = [("yes", yes), ("no", no), *zip(reasons[::2], reasons[1::2], strict=True)]
        PageVote.objects.bulk_create(
            PageVote(page=page, day=today - dt.timedelta(weeks=week), answer=answer, count=part)
            for answer, many in given for week in range(8) if (part := (many + week) // 8))
