"""In whose name the account files: declared, prefilled, said in the filed document, found again under the party."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from cms_pages.forms.build import build_form_page
from cms_pages.forms.drafts import prefilled
from cms_pages.forms.fields import SenderFacts
from cms_pages.forms.models import Draft, Submission
from cms_pages.forms.submit import assurance_of, submit
from documents import files
from documents.models import Case, DocumentVersion
from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import Access, access_of
from people.models import Assurance, Represented, User
from people.services import representation
from tests.factories import people
from tests.factories.portal import Portal, portal
from tests.factories.workflow import office
from workflow.models import Service

pytestmark = pytest.mark.django_db
CHILD = {"first_name": "Zosia", "last_name": "Przykładowa", "street": "Leśna", "house": "1", "postcode": "44-330",
         "town": "Obiegowo", "basis": "parent"}  # fmt: skip


@pytest.fixture
def site(settings: Any, tmp_path: Any) -> Portal:
    settings.BLOB_DIR = tmp_path / "blobs"
    return portal(office().units)


@pytest.fixture
def parent() -> User:
    user = people.citizen(email="ola@example.org").user
    user.first_name, user.last_name = "Ola", "Przykładowa"
    user.save()
    return user


def add(user: User, **fields: Any) -> Represented:
    return representation.add(access_of(user), user=user, **{"kind": "child", **CHILD, **fields})


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "register"},
        {"last_name": " "},
        {"pesel": "01610100011"},
        {"kind": "organisation", "basis": "register", "name": ""},
        {"kind": "organisation", "basis": "register", "name": "Firma", "nip": "1234567890"},
        {"kind": "organisation", "basis": "register", "name": "Firma", "krs": "12"},
        {"kind": "dog"},
    ],
)
def test_what_cannot_be_is_refused(parent: User, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused):
        add(parent, **wrong)
    assert not Represented.objects.exists()


def test_only_the_owner_declares_changes_and_ends(parent: User) -> None:
    child, other = add(parent), people.citizen().user
    with pytest.raises(NotAllowed):
        representation.end(access_of(other), user=parent, pk=child.pk)
    with pytest.raises(NotFound):
        representation.end(access_of(other), user=other, pk=child.pk)
    representation.end(access_of(parent), user=parent, pk=child.pk)
    with pytest.raises(NotFound):
        representation.change(access_of(parent), user=parent, pk=child.pk, kind="child", **CHILD)
    said = Entry.objects.filter(action__startswith="representation.").order_by("pk")
    assert [entry.action for entry in said] == ["representation.added", "representation.ended"]
    assert "Zosia" not in str([entry.data for entry in said])


def test_the_screens_add_change_end_and_keep_what_was_typed(parent: User, site: Portal) -> None:
    client, url = signed_in(parent), reverse("cms_pages:represented_add", args=["child"])
    wrong = client.post(url, {**CHILD, "pesel": "1"})
    assert wrong.status_code == 422 and "Zosia" in wrong.content.decode()
    assert client.post(url, CHILD).status_code == 302
    child = Represented.objects.get()
    change = reverse("cms_pages:represented_change", args=["child", child.pk])
    assert client.post(change, {**CHILD, "town": "Gdzie Indziej"}).status_code == 302
    assert Represented.objects.get().town == "Gdzie Indziej"
    stranger = signed_in(people.citizen().user)
    assert stranger.get(change).status_code == stranger.get(change.replace(str(child.pk), "999999")).status_code == 404
    client.post(reverse("cms_pages:represented"), {"koniec": child.pk})
    assert Represented.objects.get().ended_at and client.get(change).status_code == 404
    assert client.get(reverse("cms_pages:represented_add", args=["pies"])).status_code == 404


def file_for(client: Client, site: Portal, named: str) -> Submission:
    """Fill in the general letter and send it; what describes the party is filled in already."""
    start = reverse("cms_pages:form_start", args=[site.letter.pk])
    url = str(client.post(start, {"w-imieniu": named}, follow=True).redirect_chain[-1][0])
    draft = Draft.objects.latest("created_at")
    unit = client.get(url).context["units"][0]
    url = client.post(url, {"unit": unit.pk})["Location"]
    typed = {"f-subject": "Obiady", "f-tresc": "Proszę o jadłospis."}
    while "/krok/" in url:
        page = client.get(url)
        shown = html.fromstring(page.content).xpath("//main//input[starts-with(@name, 'f-')]")
        known = {field.get("name"): field.get("value") for field in shown if field.get("value")}
        place = {name: CHILD[name] for name in ("street", "house", "postcode", "town")}
        own = {f"f-adres-{name}": value for name, value in place.items()}
        given = {**typed, **own, **known, "_step": page.context["step"].id, "_stamp": page.context["stamp"]}
        answer = client.post(url, {**given, "_action": "next"})
        assert answer.status_code == 302, answer.context["errors"]
        url = answer["Location"]
    check = client.get(url)
    if named:
        assert "Składasz w imieniu: Zosia Przykładowa" in check.content.decode()
    answer = client.post(url, {"_version": draft.version.number, "_stamp": check.context["stamp"]})
    assert answer.status_code == 302
    return Submission.objects.get(pk=draft.pk)


def test_a_parent_files_for_the_child_and_finds_the_case_under_it(parent: User, site: Portal) -> None:
    child, client = add(parent), signed_in(parent)
    assert "Zosia" in client.get(site.letter.url).content.decode()
    sent = file_for(client, site, str(child.pk))
    own = file_for(client, site, "")
    assert sent.represented == child and own.represented is None
    party = sent.case.parties.get()
    assert party.name == "Zosia Przykładowa", "the party is the child"
    filed = DocumentVersion.objects.get(document__letter=sent.letter, document__kind="filed")
    text = files.read_blob(filed.blob_id).decode()
    assert "Składa w imieniu: Zosia Przykładowa" in text and "Ola Przykładowa" in text and "rodzic" in text
    assert "w imieniu" not in files.read_blob(
        DocumentVersion.objects.get(document__letter=own.letter, document__kind="filed").blob_id
    ).decode()
    cases = reverse("cms_pages:my_cases")
    assert [c.pk for c in client.get(cases, {"imie": child.pk}).context["cases"]] == [sent.case_id]
    assert [c.pk for c in client.get(cases, {"imie": "ja"}).context["cases"]] == [own.case_id]
    assert {c.pk for c in client.get(cases).context["cases"]} == {sent.case_id, own.case_id}
    assert len(client.get(cases, {"imie": "999999"}).context["cases"]) == 2


def test_a_form_begun_in_a_name_is_not_sent_when_that_has_ended(parent: User, site: Portal) -> None:
    child, client = add(parent), signed_in(parent)
    sent = file_for(client, site, str(child.pk))
    assert sent.case.parties.count() == 1
    answers = {"subject": "A", "tresc": "B", "kto": {"first_name": "Zosia", "last_name": "Przykładowa"},
               "adres": {"street": "Leśna", "house": "1", "flat": "", "postcode": "44-330", "town": "Obiegowo"},
               "mail": "ola@example.org"}  # fmt: skip
    now = sent.submitted_at
    draft = Draft.objects.create(
        version=sent.version, owner=parent, token_hash="x", unit=sent.letter.unit, represented=child, created_at=now,
        updated_at=now, answers=answers, done=["pismo", "dane"], expires_at=now + dt.timedelta(days=9),
    )  # fmt: skip
    representation.end(access_of(parent), user=parent, pk=child.pk)
    with pytest.raises(Refused, match="reprezentujesz|represent"):
        submit(access_of(parent), Draft.objects.get(pk=draft.pk))
    assert Draft.objects.filter(pk=draft.pk).exists(), "what was typed stays"


def test_nobody_files_in_the_name_of_anothers_party_or_an_ended_one(parent: User, site: Portal) -> None:
    child, stranger = add(parent), people.citizen().user
    start = reverse("cms_pages:form_start", args=[site.letter.pk])
    signed_in(stranger).post(start, {"w-imieniu": child.pk})
    Client().post(start, {"w-imieniu": child.pk})
    representation.end(access_of(parent), user=parent, pk=child.pk)
    signed_in(parent).post(start, {"w-imieniu": child.pk})
    assert Draft.objects.count() == 3 and not Draft.objects.filter(represented__isnull=False).exists()
    assert "Zosia" not in signed_in(parent).get(site.letter.url).content.decode()


def test_a_confirmed_parent_vouches_for_the_child_named_and_for_nobody_else(parent: User) -> None:
    child = add(parent)
    seen = Access(user_id=parent.pk, assurance=Assurance.CONFIRMED)
    named, other = SenderFacts(name="Zosia Przykładowa"), SenderFacts(name="Jan Obcy")
    assert assurance_of(seen, parent.pk, named, child) == Assurance.CONFIRMED
    assert assurance_of(seen, parent.pk, other, child) == Assurance.ACCOUNT
    assert assurance_of(seen, parent.pk, named) == Assurance.ACCOUNT, "without the declaration the child is another"
    assert Case.objects.count() == 0


def test_a_company_is_filled_in_where_the_form_asks_for_one_and_never_as_a_person(parent: User) -> None:
    firm = add(parent, kind="organisation", basis="register", name="Kwiaciarnia Róża", nip="5260250274")
    spec = {"title": {"pl": "X"}, "steps": [{"id": "a", "title": "A", "fields": [
        {"kind": "person", "id": "kto", "label": "Kto"}, {"kind": "organisation", "id": "firma", "label": "Firma"},
        {"kind": "nip", "id": "nip", "label": "NIP"}, {"kind": "address", "id": "adres", "label": "Adres"},
        {"kind": "email", "id": "mail", "label": "E-mail"}]}]}  # fmt: skip
    document = build_form_page(portal(office().units).card, Service.objects.get(code="udostepnienie-danych"),
                               spec).current_version.spec  # fmt: skip
    known = prefilled(document, parent, firm)
    assert known["firma"] == {"name": "Kwiaciarnia Róża", "nip": "5260250274"} and known["nip"] == "5260250274"
    assert "kto" not in known and known["mail"] == "ola@example.org" and known["adres"]["street"] == "Leśna"
