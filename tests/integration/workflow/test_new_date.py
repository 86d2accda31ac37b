"""A new date for settling a case is told by a real letter (art. 36 k.p.a.), by the way the party can be reached."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from documents import files
from documents.models import Case, Delivery, Letter, Party
from people.access import GUEST, Access
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake
from workflow.services import assignment, clocks

pytestmark = pytest.mark.django_db


def extended(town: Office, actor: Access = GUEST, **fields: object) -> Case:
    case = intake.receive(actor, filings.filing(town.unit, service_code="udostepnienie-danych", **fields)).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    case = assignment.register_case(town.access("clerk"), case=case)
    assert case.due_on is not None
    clocks.extend_deadline(
        town.access("clerk"), case=case, new_day=case.due_on + dt.timedelta(days=30), reason="Czekamy na opinię."
    )
    return case


def test_a_guest_is_told_on_paper_with_reason_date_and_the_right_to_a_reminder(town: Office, tmp_path: Path) -> None:
    case = extended(town)
    letter = Letter.objects.get(case=case, kind="extension")
    assert letter.register_number and letter.signed_version is not None
    assert Delivery.objects.get(letter=letter).box == "paper"
    assert case.tasks.open().filter(verb="dispatch", letter=letter).exists()
    (tmp_path / "letter.pdf").write_bytes(files.read_blob(letter.signed_version.blob_id))
    told = subprocess.run(["pdftotext", str(tmp_path / "letter.pdf"), "-"], capture_output=True, check=True, text=True)
    text = " ".join(told.stdout.split())
    for said in ("Czekamy na opinię.", letter.content["new_day"], "ponaglenia", "art. 37"):
        assert said in text


def test_an_account_is_told_in_the_account(town: Office) -> None:
    citizen = people.citizen().user
    case = extended(town, Access(user_id=citizen.pk), owner_id=citizen.pk, guest_factors=())
    delivery = Delivery.objects.get(letter__case=case, letter__kind="extension")
    assert (delivery.box, delivery.user_id) == ("account", citizen.pk)
    assert not case.tasks.open().filter(verb="dispatch").exists()


def test_every_party_is_told_by_a_letter_of_its_own(town: Office) -> None:
    """Also in a case that is in an account: the other party has none, and who only wrote into the case is no party."""
    citizen = people.citizen().user
    case = intake.receive(
        Access(user_id=citizen.pk),
        filings.filing(town.unit, service_code="udostepnienie-danych", owner_id=citizen.pk, guest_factors=()),
    ).case
    other = Party.objects.create(case=case, name="Zenobia Druga", street="Polna 2", postcode="00-002", town="Miasto")
    Party.objects.create(case=case, name="Ktoś Trzeci", role="sender")
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    case = assignment.register_case(town.access("clerk"), case=case)
    assert case.due_on is not None
    clocks.extend_deadline(
        town.access("clerk"), case=case, new_day=case.due_on + dt.timedelta(days=30), reason="Czekamy na opinię."
    )
    told = list(Letter.objects.filter(case=case, kind="extension").order_by("id"))
    assert len({letter.register_number for letter in told}) == 2
    assert [letter.correspondent.name for letter in told if letter.correspondent] == [
        case.parties.earliest("id").name,
        other.name,
    ]
    assert [Delivery.objects.get(letter=letter).box for letter in told] == ["account", "paper"]
    assert case.tasks.open().filter(verb="dispatch").get().letter == told[1]
