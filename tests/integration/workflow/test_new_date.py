"""A new date for settling a case is told by a real letter (art. 36 k.p.a.), by the way the party can be reached."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from documents import files
from documents.models import Case, Delivery, Letter, Party
from journal import follow, seal
from journal.errors import Refused
from people.access import GUEST, Access
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from workflow import intake, process, regimes
from workflow.models import Interval, Process, ServiceVersion, StaffNotice
from workflow.services import assignment, clocks, closing, decisions

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


# --- nothing is late silently ----------------------------------------------------------------------------------------


def late(town: Office) -> Case:
    """A case whose month has passed, and who settles it."""
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    case = assignment.register_case(town.access("clerk"), case=case)
    Process.objects.filter(case=case).update(started_on=people.today() - dt.timedelta(days=50))
    process.recount(Case.objects.get(pk=case.pk))
    return Case.objects.get(pk=case.pk)


def test_a_late_case_is_neither_closed_nor_decided_before_its_party_is_told(town: Office) -> None:
    case, clerk, head = late(town), town.access("clerk"), town.access("head")
    with pytest.raises(Refused, match=r"art\. 36"):
        closing.close_case(clerk, case=case, outcome="odpowiedź")
    letter = decisions.draft_letter(clerk, case=case, kind="decision", subject="D", body="Tak.")
    task = decisions.send_for_approval(clerk, letter=letter)
    sign = decisions.approve(head, task=task, version_id=task.document_version_id or 0)
    assert sign is not None
    with pytest.raises(Refused, match=r"art\. 36"):
        decisions.sign_and_send(head, task=sign)
    clocks.extend_deadline(clerk, case=case, new_day=people.today() + dt.timedelta(days=5), reason="Zaległości.")
    decisions.sign_and_send(head, task=sign)
    letter.refresh_from_db()
    assert letter.signed_at


def test_time_that_stands_still_makes_no_case_late(town: Office) -> None:
    case = late(town)
    Interval.objects.create(case=case, kind="suspended", article="art. 97", reason="r",
                            from_day=people.today() - dt.timedelta(days=40))  # fmt: skip
    assert clocks.note_overdue() == 0
    process.require_told(Case.objects.get(pk=case.pk), people.today())


def test_clerk_and_head_are_told_of_a_late_case_once_for_each_date(town: Office) -> None:
    case = late(town)
    assert clocks.note_overdue() == 1 and clocks.note_overdue() == 0
    seal.seal_all()
    follow.run_until_idle("staff-notices")
    told = StaffNotice.objects.filter(kind="overdue", case=case).values_list("user_id", flat=True)
    assert set(told) == {town.clerk.pk, town.head.pk}
    clocks.extend_deadline(town.access("clerk"), case=case, new_day=people.today(), reason="Dziś.")
    assert clocks.note_overdue() == 0


@pytest.mark.parametrize(
    ("law", "days", "article"), [("udip", 62, "art. 13 ust. 2 u.d.i.p."), ("petition", 190, "art. 10 ust. 3")]
)
def test_other_laws_have_articles_and_last_days_of_their_own(town: Office, law: str, days: int, article: str) -> None:
    case = intake.receive(GUEST, filings.filing(town.unit, service_code="udostepnienie-danych")).case
    ServiceVersion.objects.update(regime=law)
    term = regimes.regime(law, people.today()).term
    Process.objects.filter(case=case).update(term=term)
    process.recount(Case.objects.get(pk=case.pk))
    assignment.assign(town.access("head"), case=case, to_user=town.clerk)
    case = assignment.register_case(town.access("clerk"), case=case)
    clerk = town.access("clerk")
    with pytest.raises(Refused, match=article.replace(".", r"\.")):
        clocks.extend_deadline(clerk, case=case, new_day=people.today() + dt.timedelta(days=days + 10), reason="r")
    clocks.extend_deadline(clerk, case=case, new_day=people.today() + dt.timedelta(days=days - 10), reason="r")
    letter = Letter.objects.get(case=case, kind="extension")
    assert article in letter.content["article"] and letter.content["reminder"] is False


def test_where_the_law_allows_no_new_date_any_more_the_case_is_settled_at_once(town: Office) -> None:
    ServiceVersion.objects.update(regime="udip")
    case = late(town)
    Process.objects.filter(case=case).update(term="14d", started_on=people.today() - dt.timedelta(days=90))
    process.recount(Case.objects.get(pk=case.pk))
    with pytest.raises(Refused):
        clocks.extend_deadline(town.access("clerk"), case=case, new_day=people.today(), reason="r")
    closing.close_case(town.access("clerk"), case=case, outcome="udostępniono")
