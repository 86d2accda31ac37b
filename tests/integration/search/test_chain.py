"""From the file that a citizen attaches to the clerk who finds it by an inflected word; and is the index true?"""

from __future__ import annotations

import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction
from weasyprint import HTML

from documents import files
from documents.filing import Attachment
from documents.models import Case, Document, DocumentVersion
from documents.reading.policy import TYPES
from documents.services import cases
from journal import follow, jobs, seal
from people.access import SYSTEM, access_of
from people.models import Role, Unit
from search import drift, find, sources, sync
from search.backends import current, in_database
from search.models import IndexedThing
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.portal import portal
from tests.factories.workflow import office
from tests.unit.reading import corpus

pytestmark = pytest.mark.django_db

WORDS = "Opinia geologiczna: pod działką znajdują się mamucie kości."


def pdf() -> bytes:
    return bytes(HTML(string=f"<p>Pierwsza strona</p><p style='break-before:page'>{WORDS}</p>").write_pdf())


def word() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph("Szanowni Państwo")
    document.add_paragraph(WORDS)
    document.save(out)
    return out.getvalue()


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ola@example.org", "um@example.org", "Opinia"
    message["Date"] = "Tue, 10 Mar 2026 10:00:00 +0100"
    message.set_content(WORDS)
    return message.as_bytes()


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    """Blobs of their own, no second factor (it has tests of its own)."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.STAFF_SECOND_FACTOR = False


FILES: dict[str, Callable[[], bytes]] = {
    "pdf": pdf,
    "docx": word,
    "odt": lambda: corpus.odt(f"<text:p>{WORDS}</text:p>"),
    "txt": WORDS.encode,
    "eml": mail,
}


def hear() -> None:
    """What `manage.py work` does all the time: seal, follow, run jobs."""
    for _turn in range(2):
        jobs.run_waiting()
        seal.seal_round()
        follow.run_until_idle("search")


def file_with(unit: Unit, content: bytes, extension: str) -> Case:
    blob = files.store(content, media_type=TYPES[extension])
    attached = Attachment(blob.pk, f"opinia.{extension}", blob.media_type, blob.size, "pliki")
    return filings.file(unit, attachments=(attached,))[0]


@pytest.mark.parametrize("extension", FILES)
def test_an_attachment_is_found_by_an_inflected_word_by_its_unit_only(extension: str) -> None:
    units = people.town()
    clerk, stranger = people.member(units["OR"], Role.CLERK), people.member(units["SP-1"], Role.CLERK)
    file_with(units["OR"], FILES[extension](), extension)
    hear()
    version = DocumentVersion.objects.get(document__kind="attachment")
    assert (version.reading, version.reading_error) == ("read", "")
    results = find.staff(access_of(clerk), "mamuty kość")
    assert [(hit.kind, hit.object_id, hit.page) for hit in results.hits] == [
        ("document", version.document_id, 2 if extension == "pdf" else 1)
    ]
    assert "<mark>mamucie</mark> <mark>kości</mark>" in results.hits[0].snippet_html
    assert [hit.key for hit in find.staff(access_of(clerk), "nadawca:Przykładowa mamut").hits] == [results.hits[0].key]
    nothing = find.staff(access_of(stranger), "mamuty kość")
    assert (nothing.hits, nothing.total) == ((), 0) and not any(nothing.facets.values())
    client = Client()
    client.force_login(clerk)
    page = client.get("/admin/szukaj/", {"q": "geologicznej opinii"}).content.decode()
    assert f"<mark>opinia</mark>.{extension}" in page and "<mark>geologiczna</mark>" in page
    client.force_login(stranger)
    page = client.get("/admin/szukaj/", {"q": "geologicznej opinii"}).content.decode()
    assert "<mark>" not in page and "Nic nie znaleziono" in page


def test_a_file_that_cannot_be_read_leaves_the_rest_found() -> None:
    units = people.town()
    clerk = people.actor(units["OR"], Role.CLERK)
    case = file_with(units["OR"], b"%PDF-1.7\n1 0 obj\n<< broken", "pdf")
    hear()
    assert DocumentVersion.objects.get(document__kind="attachment").reading == "set_aside"
    assert [hit.object_id for hit in find.staff(clerk, "opinia.pdf").hits]
    assert case.pk in {hit.object_id for hit in find.staff(clerk, "typ:sprawa zaświadczenia").hits}


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("typ:pismo zaświadczenie", {"letter"}), ("typ:sprawy zaświadczenie", {"case"}),
        ("rodzaj:case rok:2026", {"case"}),
        ("stan:otwarte zaświadczenie", {"case"}), ("stan:wpływające zaświadczenie", {"letter"}),
        ("stan:zakończona zaświadczenie", set()), ("stan:bzdura zaświadczenie", set()),
        ("zaświadczenie -typ:pismo -typ:dokument", {"case"}),
    ],
)  # fmt: skip
def test_kinds_and_states_are_called_by_their_polish_names(query: str, kinds: set[str]) -> None:
    units = office().units
    clerk = people.actor(units["OR"], Role.CLERK)
    filings.file(units["OR"])
    year = people.today().year
    sync.reindex(in_database())
    assert {hit.kind for hit in find.staff(clerk, query.replace("2026", str(year))).hits} == kinds


def test_the_search_page_asks_the_same_number_of_questions_however_much_is_found() -> None:
    units = people.town()
    client = Client()
    client.force_login(people.member(units["OR"], Role.CLERK))

    def ask() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/szukaj/", {"q": "zaświadczenie"}).status_code == 200
        return [query["sql"] for query in queries]

    filings.file(units["OR"])
    sync.reindex(in_database())
    ask()
    few = ask()
    for _n in range(5):  # with thirty all of the first page are cases, which asks less
        filings.file(units["OR"])
    sync.reindex(in_database())
    many = ask()
    assert len(many) == len(few), many


def indexed_town() -> dict[str, Unit]:
    units = office().units
    for unit in ("OR", "SP-1", "OR"):
        filings.file(units[unit])
    hear()
    return units


def test_the_follower_leaves_no_drift() -> None:
    units = indexed_town()
    case = Case.objects.order_by("pk").first()
    assert case is not None
    clerk = people.member(units["OR"], Role.CLERK)
    cases.register(access_of(clerk), case=case, class_symbol="5343")
    cases.share(SYSTEM, case=case, reader=people.staff(), reason="x")
    cases.seal(SYSTEM, case=case, readers=[clerk], reason="x")
    assert drift.check(in_database())
    hear()
    found = drift.check(in_database())
    assert not found and found.checked == IndexedThing.objects.count() > 9 and found.behind == 0


def test_drift_is_found_both_ways_named_and_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    indexed_town()
    rows = list(IndexedThing.objects.filter(kind="letter").order_by("object_id"))
    document = Document.objects.filter(kind="attachment").first()
    assert document is not None
    IndexedThing.objects.filter(pk=rows[0].pk).delete()
    IndexedThing.objects.filter(pk=rows[1].pk).update(version=900)
    IndexedThing.objects.filter(pk=rows[2].pk).update(scopes=["L999"])
    IndexedThing.objects.filter(pk=f"document:{document.pk}").update(version=0)
    IndexedThing.objects.create(key="case:99999", kind="case", object_id=99999, title="Duch", url="/", scopes=["C1"])
    found = drift.check(in_database())
    assert (found.missing, found.permission, found.surplus) == ([rows[0].pk], [rows[2].pk], ["case:99999"])
    assert set(found.outdated) == {rows[1].pk, f"document:{document.pk}"}
    with pytest.raises(SystemExit, match="1"):
        call_command("check_index")
    said = capsys.readouterr().out
    assert "case:99999" in said and rows[0].pk in said and "--repair" in said
    call_command("check_index", "--repair")
    assert not drift.check(in_database()) and not IndexedThing.objects.filter(key="case:99999").exists()
    call_command("check_index")
    assert "zgadza się" in capsys.readouterr().out


def test_reading_everything_again_from_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    indexed_town()
    before = list(current().keys())
    call_command("reindex", "--clear")
    assert list(current().keys()) == before and str(len(before)) in capsys.readouterr().out


def test_who_read_before_the_case_was_sealed_does_not_open_it_again() -> None:
    units = indexed_town()
    case = Case.objects.filter(unit=units["SP-1"]).get()
    letter = case.letters.get()
    old = list(sources.letters([letter.pk]))
    cases.seal(SYSTEM, case=case, readers=[people.member(units["SP-1"], Role.CLERK)], reason="x")
    hear()
    current().put(old)
    assert IndexedThing.objects.get(pk=f"letter:{letter.pk}").sealed


def test_a_page_that_is_closed_moved_or_taken_down_is_no_longer_found() -> None:
    pages = portal(office().units)
    assert next(hit.object_id for hit in find.portal("zameldowania").hits) == pages.card.pk
    restriction = PageViewRestriction.objects.create(page=pages.index, restriction_type=PageViewRestriction.LOGIN)
    assert find.portal("zameldowania").total == 0
    restriction.delete()
    assert find.portal("zameldowania").total > 0
    pages.index.refresh_from_db()
    pages.index.slug = "uslugi"
    pages.card.refresh_from_db()
    pages.card.unpublish()
    assert pages.card.pk not in {hit.object_id for hit in find.portal("zameldowania").hits}


def test_facets_and_cursors_of_the_page_take_anything() -> None:
    client = Client()
    client.force_login(people.member(people.town()["OR"], Role.CLERK))
    given: dict[str, Any]
    for given in ({"q": "a\0b"}, {"q": "x", "unit": "\0"}, {"q": "x", "po": "²_letter:1"}, {"q": "x" * 5000},
                  {"q": "od:99999999"}, {"q": "rok:0000"}, {"q": "stan:\0"}):  # fmt: skip
        assert client.get("/admin/szukaj/", given).status_code == 200, given
        assert client.get("/szukaj/", given).status_code == 200, given
        assert client.get("/admin/szukaj/podpowiedzi/", given).status_code == 200, given
