"""The confirmed identity: a code from the account, the counter, what it opens, and how it is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from cms_pages.forms.fields import SenderFacts
from cms_pages.forms.submit import assurance_of
from documents.models import Letter
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people.access import access_of
from people.models import Assurance, Citizen, IdentityCode, Role, User
from people.services import citizens, identity
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office
from tests.integration.account.conftest import signed_in
from workflow import intake
from workflow.models import ServiceVersion

pytestmark = pytest.mark.django_db
DATA = {"first_name": "Jan", "last_name": "Kowalski", "pesel": "44051401359"}


@pytest.fixture
def person() -> Citizen:
    return people.citizen(**DATA)


def confirmed(town: Office, person: Citizen) -> Citizen:
    code = people.identity_code(person)
    return citizens.confirm_identity(town.access("registry"), user=person.user, unit=town.unit, code=code)


def test_from_the_account_to_the_counter_and_back(town: Office, person: Citizen) -> None:
    account, counter = signed_in(person.user), signed_in(town.registry)
    assert "Tożsamość niepotwierdzona" in account.get("/moje-sprawy/ustawienia/tozsamosc/").content.decode()
    shown = account.post("/moje-sprawy/ustawienia/tozsamosc/")
    assert shown["Cache-Control"] == "no-store, private"
    code = shown.context["code"]
    assert code in shown.content.decode()
    assert code.replace("-", "") not in str(list(IdentityCode.objects.values()))
    led = counter.get(reverse("people_citizens:index"), {"q": f" {code.lower()} "}, follow=True)
    page = led.content.decode()
    assert led.redirect_chain[0][0].startswith(reverse("people_citizens:edit", args=[person.pk]))
    for value in DATA.values():
        assert f'value="{value}"' in page, value
    form = {"unit": town.unit.pk, "first_name": "Jan", "last_name": "Kowalski", "number": DATA["pesel"], "code": code}
    counter.post(reverse("people_citizens:edit", args=[person.pk]), form)
    person.refresh_from_db()
    assert person.assurance == Assurance.CONFIRMED
    assert (person.confirmed_by_id, person.confirmed_in_id) == (town.registry.pk, town.unit.pk)
    assert person.confirmed_at is not None
    entry = Entry.objects.get(action="citizen.confirmed")
    assert (entry.user_id, entry.unit_id) == (town.registry.pk, town.unit.pk)
    assert town.unit.name in account.get("/moje-sprawy/ustawienia/tozsamosc/").content.decode()
    assert not IdentityCode.objects.exists(), "a code works once"
    counter.post(reverse("people_citizens:cofnij-potwierdzenie", args=[person.pk]))
    person.refresh_from_db()
    assert (person.assurance, person.confirmed_at) == (Assurance.ACCOUNT, None)
    assert Entry.objects.filter(action="citizen.unconfirmed", unit=town.unit).count() == 1


def test_without_a_code_the_screen_shows_nothing_of_the_account(town: Office, person: Citizen) -> None:
    page = signed_in(town.registry).get(reverse("people_citizens:edit", args=[person.pk]) + "?kod=ABCD-EFGH")
    assert DATA["pesel"] not in page.content.decode()
    other = people.identity_code(people.citizen())
    page = signed_in(town.registry).get(reverse("people_citizens:edit", args=[person.pk]) + f"?kod={other}")
    assert DATA["pesel"] not in page.content.decode()


def test_a_wrong_an_old_and_anothers_code_confirm_nothing(town: Office, person: Citizen) -> None:
    registry = town.access("registry")
    good, others = people.identity_code(person), people.identity_code(people.citizen())
    for code in ("", "ABCD-EFGH", others):
        with pytest.raises(Refused):
            citizens.confirm_identity(registry, user=person.user, unit=town.unit, code=code)
    IdentityCode.objects.update(expires_at=db_now() - dt.timedelta(seconds=1))
    with pytest.raises(Refused):
        citizens.confirm_identity(registry, user=person.user, unit=town.unit, code=good)
    assert identity.holder_of(good) is None
    first, second = people.identity_code(person), people.identity_code(person)
    assert identity.holder_of(first) is None, "a new code ends the one before"
    found = identity.holder_of(second.lower().replace("-", " "))
    assert found is not None
    assert found.pk == person.pk


def test_codes_are_short_lived_and_only_ones_own(person: Citizen) -> None:
    _code, kept = identity.make_code(access_of(person.user), user=person.user)
    assert dt.timedelta(minutes=14) < kept.expires_at - db_now() <= dt.timedelta(minutes=15)
    with pytest.raises(NotAllowed):
        identity.make_code(access_of(people.citizen().user), user=person.user)
    with pytest.raises(Refused):
        for _time in range(20):
            people.identity_code(person)


def test_the_counter_may_not_guess_for_long(town: Office, person: Citizen) -> None:
    client = signed_in(town.registry)
    for _time in range(20):
        client.get(reverse("people_citizens:index"), {"q": "ABCD-EFGH"})
    code = people.identity_code(person)
    answer = client.get(reverse("people_citizens:index"), {"q": code})
    assert answer.status_code == 200
    assert "Za dużo kodów" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"last_name": "Inny"}, Assurance.ACCOUNT),
        ({"pesel": "01610100010"}, Assurance.ACCOUNT),
        ({"last_name": " Kowalski "}, Assurance.CONFIRMED),
        ({"town": "Mielec"}, Assurance.CONFIRMED),
    ],
)
def test_the_level_falls_with_a_new_name_or_pesel(
    town: Office, person: Citizen, change: dict[str, str], level: Assurance
) -> None:
    confirmed(town, person)
    own = access_of(User.objects.get(pk=person.user_id))
    assert own.assurance == Assurance.CONFIRMED
    citizens.update_profile(own, user=person.user, **change)
    person.refresh_from_db()
    assert person.assurance == level
    assert (person.confirmed_at is None) == (level == Assurance.ACCOUNT)
    entry = Entry.objects.filter(action="citizen.changed").latest("pk")
    assert entry.data.get("lowered", False) == (level == Assurance.ACCOUNT)


def test_who_may_revoke(town: Office, person: Citizen) -> None:
    confirmed(town, person)
    stranger = access_of(people.member(town.units["FN"], Role.REGISTRY))
    for actor in (stranger, town.access("clerk"), access_of(person.user)):
        with pytest.raises(NotAllowed):
            citizens.revoke_confirmation(actor, user=person.user)
    citizens.revoke_confirmation(town.access("registry"), user=person.user)


def test_a_service_that_asks_for_it_is_satisfied(town: Office, person: Citizen) -> None:
    ServiceVersion.objects.filter(service__code="udostepnienie-danych").update(assurance=Assurance.CONFIRMED)

    def filed() -> bool:
        own = access_of(User.objects.get(pk=person.user_id))
        filing = filings.filing(
            town.unit, service_code="udostepnienie-danych", owner_id=person.user_id, assurance=int(own.assurance)
        )
        missing: bool = intake.receive(own, filing).case.process.signature_missing
        return missing

    assert filed(), "an account alone is not enough"
    confirmed(town, person)
    assert not filed()
    assert Letter.objects.latest("pk").assurance == Assurance.CONFIRMED


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (SenderFacts(name="Jan Kowalski", pesel="44051401359"), Assurance.CONFIRMED),
        (SenderFacts(name="jan  kowalski"), Assurance.CONFIRMED),
        (SenderFacts(email="jan@example.org"), Assurance.CONFIRMED),
        (SenderFacts(name="Adam Nowak", pesel="01610100010"), Assurance.ACCOUNT),
        (SenderFacts(name="Adam Nowak"), Assurance.ACCOUNT),
    ],
)
def test_the_confirmed_identity_vouches_for_nobody_else(
    town: Office, person: Citizen, facts: SenderFacts, level: Assurance
) -> None:
    confirmed(town, person)
    own = access_of(User.objects.get(pk=person.user_id))
    assert assurance_of(own, person.user_id, facts) == level
    assert assurance_of(own, None, facts) == Assurance.NONE


def test_the_owner_writes_their_data_and_is_told_what_is_wrong(person: Citizen) -> None:
    client = signed_in(person.user)
    assert "44051401359" in client.get("/moje-sprawy/ustawienia/moje-konto/").content.decode()
    wrong = client.post("/moje-sprawy/ustawienia/moje-konto/", {**DATA, "pesel": "44051401358", "postcode": "1"})
    assert wrong.status_code == 422
    assert "dwie cyfry, łącznik i trzy cyfry" in wrong.content.decode()
    wrong = client.post("/moje-sprawy/ustawienia/moje-konto/", {**DATA, "pesel": "44051401358"})
    assert wrong.status_code == 422
    assert "44051401358" in wrong.content.decode(), "nothing typed is lost"
    done = client.post("/moje-sprawy/ustawienia/moje-konto/", {**DATA, "town": "Mielec", "postcode": "39-300"})
    assert done.status_code == 302
    person.refresh_from_db()
    assert person.town == "Mielec"
