"""Letters on their way: notices, the receipt of delivery, the 7 and 14 days, the post."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from documents import files, terms
from documents.jobs import age_deliveries
from documents.models import Case, Delivery, Letter, Receipt
from documents.proof.verify import verify_pdf, verify_receipt
from documents.services import cases, deliveries, letters
from journal import follow, keyring, notify, seal
from journal.clock import WARSAW, warsaw_day
from journal.errors import Conflict, NotAllowed, NotFound, Refused
from journal.jobs import run_waiting
from journal.models import Entry, JobFailure
from people.access import SYSTEM, Access, access_of
from people.models import Role
from tests.factories import documents as make
from tests.factories import people

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def town() -> dict[str, Any]:
    town = people.town(schools=0)
    make.plan_of(town["UM"])
    return town


def _letter(case: Case) -> Letter:
    return make.outgoing(case, signer=keyring.unit_seal(case.body.symbol, case.body.name))


def _dispatch() -> None:
    seal.seal_round()
    follow.run_once("dispatch")


@pytest.fixture
def waiting(town: dict[str, Any]) -> Delivery:
    """A letter announced to a citizen's account."""
    citizen = people.citizen()
    actor = Access(user_id=citizen.user.pk)
    case, _incoming, _receipt = make.file(town["OR"], actor=actor, owner_id=citizen.user.pk, guest_factors=())
    cases.register(SYSTEM, case=case, class_symbol="5343")
    case.refresh_from_db()
    letter = _letter(case)
    delivery = deliveries.start(SYSTEM, letter=letter, box="account", addressee=letter.correspondent,
                                user=citizen.user)
    _dispatch()
    delivery.refresh_from_db()
    assert delivery.first_notice_at is not None
    return delivery


def test_the_addressee_signs_and_the_letter_opens(waiting: Delivery) -> None:
    document = waiting.letter.signed_version.document
    assert not document.public
    actor = Access(user_id=waiting.user_id)
    receipt = deliveries.sign_for(actor, delivery=waiting)
    document.refresh_from_db()
    assert document.public
    run_waiting()
    receipt.refresh_from_db()
    verdict = verify_receipt(files.read_blob(receipt.xml), anchors=keyring.trust_anchors(),
                             document=files.read_blob(waiting.letter.signed_version.blob))
    assert verdict.valid and verdict.kind == "upd", verdict.reasons
    assert verdict.receipt.case_id == waiting.letter.case.reference
    assert receipt.number.startswith("UPD-UM-")
    with pytest.raises(Conflict):
        deliveries.sign_for(actor, delivery=waiting)
    assert Receipt.objects.filter(kind="upd").count() == 1


def test_nobody_else_signs_for_it(waiting: Delivery, town: dict[str, Any]) -> None:
    for actor in (Access(user_id=people.citizen().user.pk), people.actor(town["OR"], Role.HEAD), Access()):
        with pytest.raises(NotFound):
            deliveries.sign_for(actor, delivery=waiting)
    waiting.refresh_from_db()
    assert waiting.received_at is None


def test_seven_and_fourteen_days(waiting: Delivery) -> None:
    first = waiting.first_notice_at
    last = terms.last_day(warsaw_day(first))
    assert deliveries.age(first + 6 * DAY) == (0, 0)
    assert deliveries.age(first + 7 * DAY) == (1, 0)
    assert deliveries.age(first + 7 * DAY) == (0, 0)
    end = dt.datetime.combine(last, dt.time(23, 59, 59), tzinfo=WARSAW)
    assert deliveries.age(end) == (0, 0)
    assert deliveries.age(end + dt.timedelta(seconds=1)) == (0, 1)
    assert deliveries.age(end + DAY) == (0, 0)
    waiting.refresh_from_db()
    assert waiting.deemed_at == end and waiting.received_at is None
    assert waiting.letter.signed_version.document.public
    actions = list(Entry.objects.filter(object_id=str(waiting.pk), action__startswith="delivery.").order_by("id")
                   .values_list("action", flat=True))
    assert actions == ["delivery.started", "delivery.notified", "delivery.renotified", "delivery.deemed"]
    with pytest.raises(Conflict):
        deliveries.sign_for(Access(user_id=waiting.user_id), delivery=waiting)


@pytest.mark.parametrize(("first", "last"), [
    (dt.date(2026, 11, 24), dt.date(2026, 12, 8)),  # Tuesday to Tuesday
    (dt.date(2026, 12, 10), dt.date(2026, 12, 28)),  # 24.12 free since 2025, holidays, Saturday, Sunday
    (dt.date(2026, 11, 28), dt.date(2026, 12, 14)),  # ends on a Saturday
    (dt.date(2017, 5, 13), dt.date(2017, 5, 27)),  # a Saturday was no free day before 1.06.2017
])
def test_the_last_day(first: dt.date, last: dt.date) -> None:
    assert terms.last_day(first) == last


def test_a_late_second_notice_takes_no_day_from_the_addressee(waiting: Delivery) -> None:
    late = waiting.first_notice_at + 40 * DAY
    assert deliveries.age(late) == (1, 0)
    waiting.refresh_from_db()
    assert waiting.second_notice_at == late
    last = terms.last_day(warsaw_day(waiting.first_notice_at), warsaw_day(late))
    assert last >= warsaw_day(late) + 7 * DAY
    assert deliveries.age(dt.datetime.combine(last, dt.time(23), tzinfo=WARSAW)) == (0, 0)
    assert deliveries.age(dt.datetime.combine(last + DAY, dt.time(1), tzinfo=WARSAW)) == (0, 1)


def test_notices_say_nothing_of_the_content(waiting: Delivery) -> None:
    entry = Entry.objects.get(action="delivery.notified")
    mail = notify.mail_of(entry)
    assert mail.to == (waiting.user.email,)
    said = " ".join((mail.subject, *mail.lines))
    assert "Decyzja" not in said and "Ola" not in said and waiting.letter.register_number not in said
    assert notify.sentence(entry)


def test_a_guest_is_served_by_post(town: dict[str, Any]) -> None:
    case, _incoming, _receipt = make.file(town["OR"])
    cases.register(SYSTEM, case=case, class_symbol="5343")
    case.refresh_from_db()
    letter = _letter(case)
    registry, clerk = people.actor(town["OR"], Role.REGISTRY), people.actor(town["OR"], Role.CLERK)
    with pytest.raises(Refused):
        deliveries.start(clerk, letter=letter, box="account", addressee=letter.correspondent)
    delivery = deliveries.start(clerk, letter=letter, box="paper", addressee=letter.correspondent)
    _dispatch()
    assert list(Delivery.objects.print_queue()) == [delivery]
    with pytest.raises(NotAllowed):
        deliveries.mark_printed(clerk, delivery=delivery)
    deliveries.mark_printed(registry, delivery=delivery)
    assert not Delivery.objects.print_queue().exists()
    with pytest.raises(Refused):
        deliveries.mark_receipt_returned(registry, delivery=delivery, day=people.today())
    with pytest.raises(Refused):
        deliveries.mark_posted(registry, delivery=delivery, posted_on=people.today() + DAY)
    deliveries.mark_posted(registry, delivery=delivery, posted_on=people.today(), tracking_number="(00)123")
    letter.refresh_from_db()
    assert letter.posted_on == people.today() and letter.tracking_number == "(00)123"
    assert not letter.signed_version.document.public
    deliveries.mark_receipt_returned(registry, delivery=delivery, day=people.today())
    letter.signed_version.document.refresh_from_db()
    assert letter.signed_version.document.public


def test_what_is_delivered_is_the_signed_version(town: dict[str, Any]) -> None:
    case, _incoming, _receipt = make.file(town["OR"])
    cases.register(SYSTEM, case=case, class_symbol="5343")
    case.refresh_from_db()
    head = people.member(town["OR"], Role.HEAD, people.staff(post="Kierownik"))
    actor = access_of(head)
    letter = letters.draft(actor, case=case, kind="decision", subject="Decyzja", addressee=case.parties.get(),
                           content={"html": "<p onclick='x()'>Znak [[znak sprawy]]</p><script>alert(1)</script>"})
    assert letter.content["html"] == "<p>Znak [[znak sprawy]]</p>"
    old = letters.render(letter)
    letter = letters.revise(actor, letter=letter, content={"html": "<p>Poprawione</p>"})
    new = letters.render(letter)
    person = keyring.person(head.pk, str(head), head.post, case.body.name)
    with pytest.raises(Conflict):
        letters.sign(actor, letter=letter, version=old, signer=person)
    signed = letters.sign(actor, letter=letter, version=new, signer=person)
    assert [v.number for v in signed.document.versions.all()] == [1, 2, 3]
    verdict = verify_pdf(files.read_blob(signed.blob), keyring.trust_anchors())
    assert verdict.valid and verdict.who == str(head), verdict.reasons
    with pytest.raises(Conflict):
        letters.revise(actor, letter=letter, content={"html": "<p>za późno</p>"})
    letter = letters.register_outgoing(actor, letter=letter)
    assert letter.register_number == f"RPK/1/{people.today().year}"
    with pytest.raises(Conflict):
        letters.register_outgoing(actor, letter=letter)


def test_one_failing_delivery_is_reported_and_the_others_age(
        waiting: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    second = _letter(waiting.letter.case)
    other = deliveries.start(SYSTEM, letter=second, box="account", addressee=second.correspondent, user=waiting.user)
    _dispatch()
    Delivery.objects.update(first_notice_at=waiting.first_notice_at - 8 * DAY)
    real = deliveries.age_one

    def broken(pk: int, now: dt.datetime) -> tuple[bool, bool]:
        if pk == waiting.pk:
            raise ValueError("a broken row")
        return real(pk, now)

    monkeypatch.setattr(deliveries, "age_one", broken)
    age_deliveries(timestamp=0)
    run_waiting(raise_errors=False)
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert waiting.second_notice_at is None and other.second_notice_at is not None
    assert "a broken row" in JobFailure.objects.get(task="documents.age_delivery").error
