"""The archive of one's own data: all of it, only one's own, to its owner alone, for seven days, a few times a day."""

from __future__ import annotations

import datetime as dt
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from cms_pages.mine import calendar
from cms_pages.models import CalendarFeed
from documents.models import Case, Receipt
from documents.services import deliveries, messages
from journal import jobs, keyring
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people import archive, holdings
from people.access import SYSTEM, access_of
from people.holdings import HeldFile, Holder, Subject
from people.models import Citizen, DataExport, Role
from people.services import citizens, exports
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private_place(settings: Any, tmp_path: Path) -> None:
    plain = "django.core.files.storage.FileSystemStorage"
    private = {"BACKEND": plain, "OPTIONS": {"location": str(tmp_path / "ex")}}
    settings.STORAGES = {**settings.STORAGES, "exports": private}


def made_for(citizen: Citizen) -> DataExport:
    exports.ask(access_of(citizen.user), user=citizen.user)
    jobs.run_waiting()
    export = exports.newest(citizen.user)
    assert export is not None
    return export


def opened(export: DataExport) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(exports.pieces(export))))


def said(archive_file: zipfile.ZipFile, area: str) -> str:
    found = json.loads(archive_file.read(f"{area}.json"))
    assert found["area"] == area
    return json.dumps(found["records"], ensure_ascii=False)


def test_the_archive_holds_what_is_known_of_the_person(town: Office, case: Case, citizen: Citizen) -> None:
    user = citizen.user
    citizens.update_profile(access_of(user), user=user, first_name="Ola", last_name="Przykładowa", pesel="01610100010")
    calendar.make(access_of(user), user=user)
    messages.from_office(town.access("clerk"), case=case, text="Proszę o mapę.")
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Telefon Oli", "credential": {"tajne": 1}})
    signed_in(town.clerk).get(f"/admin/biurko/sprawa/{case.pk}/")
    jobs.run_waiting()
    with opened(made_for(citizen)) as found:
        names = found.namelist()
        assert "01610100010" in said(found, "profil")
        assert user.email in said(found, "adresy-e-mail")
        assert str(case.reference) in said(found, "sprawy")
        assert "Cel zaświadczenia" not in said(found, "sprawy")
        assert "szkoła" in said(found, "pisma")
        assert "Proszę o mapę." in said(found, "wiadomosci")
        assert town.unit.name in said(found, "kto-czytal")
        assert str(town.clerk.last_name) not in said(found, "kto-czytal")
        assert "Telefon Oli" in said(found, "logowanie")
        assert "tajne" not in said(found, "logowanie"), "keys are no data to hand out"
        assert "citizen.changed" in said(found, "dziennik")
        assert "made_at" in said(found, "kalendarz")
        assert CalendarFeed.objects.get().token_hash not in said(found, "kalendarz")
        number = Receipt.objects.get().number
        assert found.read(f"poswiadczenia/{number}.xml").startswith(b"<?xml")
        assert found.read(f"poswiadczenia/{number}.pdf").startswith(b"%PDF")
        assert any(name.startswith("sprawy/") and name.endswith(".txt") for name in names), names
        page = found.read("index.html").decode()
        assert '<html lang="pl">' in page
        assert "Proszę o mapę." in page
        assert "Nic tu nie przechowujemy." in page, "an empty area says so"
        for name in names:
            assert not name.startswith("/")
            assert ".." not in name.split("/")


def test_it_holds_nothing_of_others_nor_a_letter_not_yet_collected(town: Office, case: Case, citizen: Citizen) -> None:
    other = people.citizen(email="inna@example.org")
    secret, _letter, _receipt = filings.file(town.unit, owner_id=other.user_id, subject="Cudza sprawa")
    jobs.run_waiting()
    letter = filings.outgoing(
        case, html="<p>Treść nieodebrana.</p>", signer=keyring.unit_seal(case.body.symbol, case.body.name)
    )
    assert letter.correspondent is not None
    deliveries.start(SYSTEM, letter=letter, box="account", addressee=letter.correspondent, user=citizen.user)
    jobs.run_waiting()
    with opened(made_for(citizen)) as found:
        everything = b"".join(found.read(name) for name in found.namelist() if not name.endswith(".pdf")).decode()
        assert secret.title not in everything
        assert other.user.email not in everything
        assert "Decyzja" not in said(found, "doreczenia")
        assert not [name for name in found.namelist() if "decyzja" in name.lower()]


def test_only_the_owner_fetches_it_and_no_browser_shows_it(citizen: Citizen) -> None:
    export = made_for(citizen)
    address = reverse("cms_pages:my_data_file", args=[export.pk])
    answer = signed_in(citizen.user).get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="moje-dane-')
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Type"] == "application/zip"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert int(answer["Content-Length"]) == len(answer.getvalue())
    assert signed_in(people.citizen().user).get(address).status_code == 404
    assert signed_in(people.member(people.town(1)["OR"], Role.AUDITOR)).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_it_expires_after_seven_days_and_its_file_goes(citizen: Citizen) -> None:
    export = made_for(citizen)
    assert export.ready_at is not None
    assert export.expires_at == export.ready_at + dt.timedelta(days=7)
    assert exports.end() == 0
    name = export.file
    DataExport.objects.update(expires_at=db_now() - dt.timedelta(seconds=1))
    assert signed_in(citizen.user).get(reverse("cms_pages:my_data_file", args=[export.pk])).status_code == 404
    assert storages["exports"].exists(name)
    assert exports.end() == 1
    assert not storages["exports"].exists(name)


def test_one_entry_for_each_request_and_three_requests_a_day(citizen: Citizen) -> None:
    page = signed_in(citizen.user)
    for _time in range(3):
        page.post(reverse("cms_pages:my_data"))
        jobs.run_waiting()
    answer = page.post(reverse("cms_pages:my_data"), follow=True).content.decode()
    assert "Spróbuj jutro" in answer
    assert Entry.objects.filter(action="account.data_asked").count() == 3
    assert DataExport.objects.count() == 3
    DataExport.objects.update(asked_at=db_now() - dt.timedelta(hours=25))
    page.post(reverse("cms_pages:my_data"))
    assert DataExport.objects.count() == 4


def test_the_page_says_how_far_it_is(citizen: Citizen) -> None:
    page = signed_in(citizen.user)
    address = reverse("cms_pages:my_data")
    assert "Przygotuj archiwum" in page.get(address).content.decode()
    page.post(address)
    DataExport.objects.update(done=4)
    waiting = page.get(address).content.decode()
    assert f"Gotowe: 4 z {len(holdings.holders())} części" in waiting
    with pytest.raises(Refused):
        exports.ask(access_of(citizen.user), user=citizen.user)
    part = page.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="archiwum"')
    DataExport.objects.update(asked_at=db_now() - exports.GIVEN_UP)
    assert "Nie udało się przygotować archiwum" in page.get(address).content.decode()


def test_nobody_asks_for_anothers_data_and_staff_ask_their_employer(citizen: Citizen, town: Office) -> None:
    with pytest.raises(NotAllowed):
        exports.ask(access_of(people.citizen().user), user=citizen.user)
    with pytest.raises(Refused):
        exports.ask(access_of(town.clerk), user=town.clerk)
    assert not DataExport.objects.exists()


def test_its_size_is_not_bound_by_memory(citizen: Citizen, monkeypatch: pytest.MonkeyPatch) -> None:
    class Huge(Holder):
        name, title, position = "wielkie", "Wielkie", 1

        def files(self, subject: Subject) -> Iterator[HeldFile]:
            for _number in range(8):
                yield HeldFile("../../ten sam.bin", 8 << 20, lambda: (bytes(1 << 18) for _piece in range(32)))

    monkeypatch.setattr(holdings, "_holders", {"wielkie": Huge()})
    target = _Counting()
    tracemalloc.start()
    archive.write(holdings.subject_of(citizen.user), target)  # type: ignore[arg-type]  # what zipfile needs of a file
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert target.count > 64 << 20
    assert peak < 8 << 20


class _Counting(io.RawIOBase):
    """A file that forgets what is written."""

    count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.count += len(data)
        return len(data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "_.._etc_passwd"), ("C:\\x.pdf", "C__x.pdf"), ("", "plik"), ("a\x00b.txt", "a_b.txt")],
)
def test_no_name_in_it_is_a_place_elsewhere(given: str, kept: str) -> None:
    assert archive.safe_name(given) == kept


def test_the_sweep_of_memberships_is_known_to_the_worker() -> None:
    assert "people.jobs.mirror_memberships" in jobs.app.tasks
