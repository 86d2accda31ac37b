"""Editors: their own branch only, messages where they may speak, notices and pages by the clock, neglected cards."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, Site
from wagtail.permissions import page_permission_policy

from cms_pages import alerts, figures
from cms_pages.models import (
    Alert,
    HandlingTime,
    NewsPage,
    NoticePage,
    OfferLoad,
    PortalSettings,
    ServicePage,
    StaffPage,
    UnitPage,
)
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.models import Entry
from people.access import SYSTEM, access_of
from people.models import Membership, Role, User
from people.services import memberships
from tests.factories import documents as filings
from tests.factories import people
from tests.integration.portal.conftest import Town
from workflow import intake
from workflow.models import Process, ServiceOffer


def editable(user: User) -> set[int]:
    user = User.objects.get(pk=user.pk)
    pages = page_permission_policy.instances_user_has_permission_for(user, "change")
    return set(pages.values_list("pk", flat=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_an_editor_of_a_unit_sees_its_branch_only(town: Town) -> None:
    school = town.office.units["SP-1"]
    editor = people.member(school, Role.EDITOR)
    page = town.unit_page("SP-1")
    news = page.add_child(instance=NewsPage(title="Wycieczka", slug="wycieczka", lead="Jedziemy."))
    assert editable(editor) == {page.pk, news.pk}
    assert "Wycieczka" in signed_in(editor).get(reverse("wagtailadmin_explore", args=[page.pk])).content.decode()
    assert signed_in(editor).get(reverse("wagtailadmin_pages:edit", args=[town.portal.card.pk])).status_code == 302
    # It ends with the role, in the same deed.
    memberships.end(SYSTEM, membership=Membership.objects.get(user=editor))
    assert editable(editor) == set()


def test_a_role_over_a_subtree_reaches_the_pages_below_also_later_ones(town: Town) -> None:
    editor = people.member(town.office.units["UM"], Role.EDITOR, subtree=True)
    assert {town.unit_page(symbol).pk for symbol in town.office.units} == editable(editor)
    team = town.intranet.add_child(instance=StaffPage(title="OR", slug="or", kind="team", unit=town.office.units["OR"]))
    assert team.pk in editable(editor)
    team.unit = None
    team.save()
    assert team.pk not in editable(editor)


def test_no_other_role_gets_page_rights(town: Town) -> None:
    people.member(town.office.units["SP-1"], Role.HEAD)
    groups = GroupPagePermission.objects.filter(page=town.unit_page("SP-1")).values_list("group__role_group__role")
    assert not groups.exclude(group__role_group__role=Role.EDITOR).exists()


def test_messages_stand_where_the_unit_may_speak(town: Town, client: Client) -> None:
    office, school = town.office.units["UM"], town.office.units["SP-1"]
    city, local = people.actor(office, Role.EDITOR), people.actor(school, Role.EDITOR)
    alerts.post(city, unit=office, level="bad", title="Awaria wody", text="Beczkowóz na Rynku.")
    own = alerts.post(local, unit=school, level="info", title="Dzień wolny", text="Szkoła nieczynna.")
    assert own.page_id == town.unit_page("SP-1").pk
    home, page = client.get("/").content.decode(), client.get(town.unit_page("SP-1").url).content.decode()
    assert "Awaria wody" in home and "Dzień wolny" not in home
    assert "Awaria wody" in page and "Dzień wolny" in page
    for unit, where in ((office, None), (school, Page.objects.get(pk=town.portal.index.pk))):
        with pytest.raises(NotAllowed):
            alerts.post(local, unit=unit, level="info", title="Nie", text="Nie tu.", page=where)
    alerts.withdraw(local, alert=own)
    assert "Dzień wolny" not in client.get(town.unit_page("SP-1").url).content.decode()
    with pytest.raises(Refused):
        alerts.withdraw(local, alert=own)
    said = [entry.action for entry in Entry.objects.filter(action__startswith="alert.").order_by("pk")]
    assert said == ["alert.posted", "alert.posted", "alert.withdrawn"]


def test_a_message_begins_and_ends_by_itself(town: Town, client: Client) -> None:
    office, now = town.office.units["UM"], db_now()
    times = {"Jutro": (dt.timedelta(days=1), None), "Wczoraj": (-dt.timedelta(days=2), -dt.timedelta(days=1)),
             "Teraz": (-dt.timedelta(hours=1), dt.timedelta(hours=1))}  # fmt: skip
    for title, (begins, ends) in times.items():
        alerts.post(SYSTEM, unit=office, level="info", title=title, text="x", starts_at=now + begins,
                    ends_at=now + ends if ends else None)  # fmt: skip
    assert [alert.title for alert in Alert.objects.now()] == ["Teraz"]


def test_a_notice_comes_down_by_itself(town: Town, client: Client) -> None:
    today = people.today()
    page = NoticePage(title="Obwieszczenie", slug="o", unit=town.office.unit, lead="x", posted_from=today,
                      posted_until=today + dt.timedelta(days=1), live=False)  # fmt: skip
    town.board.add_child(instance=page)
    page.save_revision().publish()
    assert "Obwieszczenie" in client.get(town.board.url).content.decode()
    page.refresh_from_db()
    assert page.expire_at and page.expire_at > db_now()
    NoticePage.objects.filter(pk=page.pk).update(expire_at=db_now() - dt.timedelta(minutes=1))
    call_command("publish_scheduled")
    page.refresh_from_db()
    assert not page.live and client.get(page.url).status_code == 404
    for first, last in ((today, today - dt.timedelta(days=1)), (today - dt.timedelta(9), today - dt.timedelta(8))):
        with pytest.raises(ValidationError):
            NoticePage(title="N", slug="n", unit=town.office.unit, lead="x", posted_from=first, posted_until=last,
                       path="0001", depth=1).clean()  # fmt: skip


def test_a_page_goes_live_when_its_time_comes(town: Town, client: Client) -> None:
    page = town.unit_page("SP-1").add_child(
        instance=NewsPage(title="Jutro", slug="jutro", lead="x", live=False, go_live_at=db_now() + dt.timedelta(days=1))
    )
    revision = page.save_revision()
    revision.publish()
    assert client.get(page.url).status_code == 404
    revision.refresh_from_db()
    assert revision.approved_go_live_at is not None
    type(revision).objects.filter(pk=revision.pk).update(approved_go_live_at=db_now() - dt.timedelta(minutes=1))
    content = {**revision.content, "go_live_at": (db_now() - dt.timedelta(minutes=1)).isoformat()}
    type(revision).objects.filter(pk=revision.pk).update(content=content)
    call_command("publish_scheduled")
    assert client.get(page.url).status_code == 200


def test_neglected_cards_are_reported(town: Town) -> None:
    card, today = town.portal.card, people.today()
    assert card in ServicePage.objects.neglected() and len(card.neglect()) == 2
    card.responsible, card.review_on = town.office.head, today
    card.save()
    card = ServicePage.objects.get(pk=card.pk)
    assert card not in ServicePage.objects.neglected() and card.neglect() == []
    memberships.end(SYSTEM, membership=Membership.objects.get(user=town.office.head))
    assert card in ServicePage.objects.neglected() and len(card.neglect()) == 1
    ServicePage.objects.filter(pk=card.pk).update(review_on=today - dt.timedelta(days=1))
    editor = signed_in(people.member(town.office.units["UM"], Role.EDITOR))
    assert editor.get(reverse("portal_neglected")).status_code == 200
    assert editor.get(reverse("portal_guide")).status_code == 200
    assert editor.get("/admin/").status_code == 200


def test_the_state_of_a_service_on_its_card(town: Town, client: Client) -> None:
    offer, today = ServiceOffer.objects.get(service=town.portal.card.service), people.today()
    assert "otwarte" in client.get(town.portal.index.url).content.decode()
    day = today + dt.timedelta(days=5)
    ServiceOffer.objects.filter(pk=offer.pk).update(opens_on=day)
    page = client.get(town.portal.card.url).content.decode()
    assert "otwarcie" in page and "Teraz nie złożysz wniosku online" in page
    ServiceOffer.objects.filter(pk=offer.pk).update(opens_on=None, closes_on=today - dt.timedelta(days=1))
    assert "zamknięte od" in client.get(town.portal.card.url).content.decode()
    ServiceOffer.objects.filter(pk=offer.pk).update(closes_on=None, capacity=1)
    filing = filings.filing(town.office.unit, service_code=offer.service.code)
    assert figures.look_at_loads() == 1
    intake.receive(SYSTEM, filing)
    assert Process.objects.filter(offer=offer).count() == 1
    assert "brak miejsc" in client.get(town.portal.card.url).content.decode()
    assert figures.look_at_loads() == 1 and OfferLoad.objects.get().full
    assert "brak miejsc" in client.get(town.portal.index.url).content.decode()


def test_the_median_needs_enough_cases(town: Town, client: Client) -> None:
    code = town.portal.card.service.code
    taken = [intake.receive(SYSTEM, filings.filing(town.office.unit, service_code=code)).case for _n in range(5)]
    for days, case in zip((1, 2, 4, 8, 30), taken[:4] + taken[4:], strict=True):
        type(case).objects.filter(pk=case.pk).update(
            received_at=db_now() - dt.timedelta(days=days), closed_at=db_now() if case != taken[4] else None
        )
    assert figures.count_handling_times() == 0
    type(case).objects.filter(pk=taken[4].pk).update(closed_at=db_now())
    assert figures.count_handling_times() == 2
    assert {(row.unit_id, row.days) for row in HandlingTime.objects.all()} == {(None, 4), (town.office.unit.pk, 4)}
    assert "4 dni" in client.get(town.portal.card.url).content.decode()
    type(case).objects.update(closed_at=db_now() - dt.timedelta(days=91))
    assert figures.count_handling_times() == 0


def test_the_catalogue_filters(town: Town, client: Client) -> None:
    ServicePage.objects.filter(pk=town.portal.card.pk).update(for_business=True, for_citizens=False)
    address, card, letter = town.portal.index.url, town.portal.card.title, "Pismo ogólne do jednostki"
    expected = [
        ({"dla": "firmy"}, {card}),
        ({"dla": "mieszkancy"}, {letter}),
        ({"zdarzenie": "kontakt"}, {letter}),
        ({"litera": "W"}, {card}),
        ({"jednostka": "nie-ma", "dla": "x"}, {card, letter}),
    ]
    for query, found in expected:
        page = client.get(address, query).content.decode()
        assert {title for title in (card, letter) if title in page} == found, query


def test_colours_that_cannot_be_read_are_not_saved(town: Town, client: Client) -> None:
    look = PortalSettings.for_site(Site.objects.get())
    look.brand_light = "#ffd24d"
    with pytest.raises(ValidationError) as refused:
        look.full_clean()
    assert "4.5:1" in str(refused.value) or "4,5" in str(refused.value)
    look.brand_light = "#7a1f3d"
    look.full_clean()
    look.save()
    page = client.get("/").content.decode()
    address = page.split('href="/wyglad/')[1].split('"')[0]
    sheet = client.get(f"/wyglad/{address}")
    assert "#7a1f3d" in sheet.content.decode() and "immutable" in sheet["Cache-Control"]
    assert "immutable" not in client.get("/wyglad/dawny.css")["Cache-Control"]
    edit = reverse("wagtailsettings:edit", args=["cms_pages", "portalsettings", Site.objects.get().pk])
    city, local = (people.member(town.office.units[symbol], Role.EDITOR) for symbol in ("UM", "SP-1"))
    assert signed_in(city).get(edit).status_code == 200
    assert signed_in(local).get(edit).status_code == 302


def test_opening_hours_on_the_units_page(town: Town, client: Client) -> None:
    page, unit = town.unit_page("OR"), town.office.units["UM"]
    days = {f"hours_{number}": "7.30–15.30" for number in range(7)}
    from_admin = {"symbol": "UM", "name": "Urząd Miasta", **days, "hours_5": "9–12",
                  "exceptions": f"{people.today():%d.%m.%Y} zamknięte remont"}  # fmt: skip
    admin = signed_in(people.member(unit, Role.UNIT_ADMIN))
    address = reverse("people_units:edit", args=[unit.pk])
    assert "Poniedziałek" in admin.get(address).content.decode()
    assert admin.post(address, {**from_admin, "hours_0": "15–7"}).status_code == 200
    assert admin.post(address, from_admin).status_code == 302
    unit.refresh_from_db()
    assert unit.week_hours[5] == [["09:00", "12:00"]]
    shown = client.get(page.url).content.decode()  # a department has the hours of its body
    assert "7.30–15.30" in shown and "remont" in shown
    assert "zamknięte" in client.get(UnitPage.objects.get(unit=unit).get_parent().url).content.decode()
    assert access_of(town.office.clerk).anywhere("manage_unit") is False


BULK = ("delete", "move", "publish", "unpublish")


@pytest.mark.parametrize("action", BULK)
def test_what_is_done_to_many_pages_at_once_stays_in_the_editors_branch(town: Town, action: str) -> None:
    editor = people.member(town.office.units["SP-1"], Role.EDITOR)
    own = town.unit_page("SP-1")
    news = own.add_child(instance=NewsPage(title="Wycieczka", slug="wycieczka", lead="Jedziemy."))
    foreign = town.unit_page("OR").add_child(instance=NewsPage(title="Cudza", slug="cudza", lead="Nie nasza."))
    client = signed_in(editor)
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    both = f"{address}?id={news.pk}&id={foreign.pk}"
    extra = {"chooser": own.pk} if action == "move" else {}
    answer = client.post(both, {"include_descendants": "on", **extra})
    assert answer.status_code in (200, 302, 403)
    foreign.refresh_from_db()
    assert foreign.live and foreign.get_parent().pk == town.unit_page("OR").pk, "nothing of another branch is touched"
    client.post(f"{address}?id={foreign.pk}", {"include_descendants": "on", **extra})
    assert Page.objects.get(pk=foreign.pk).live


def test_publishing_many_at_once_does_not_go_around_the_second_pair_of_eyes(town: Town) -> None:
    editor = people.member(town.office.units["SP-1"], Role.EDITOR)
    own = town.unit_page("SP-1")
    news = own.add_child(instance=NewsPage(title="Wycieczka", slug="wycieczka", lead="Jedziemy.", live=False))
    news.save_revision(user=editor)
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    signed_in(editor).post(f"{address}?id={news.pk}", {"include_descendants": "on"})
    assert not Page.objects.get(pk=news.pk).live


def test_an_editor_of_a_branch_comments_in_it_and_nowhere_else(town: Town) -> None:
    editor = people.member(town.office.units["SP-1"], Role.EDITOR)
    own = town.unit_page("SP-1")
    news = own.add_child(instance=NewsPage(title="Wycieczka", slug="wycieczka", lead="Jedziemy."))
    page = signed_in(editor).get(reverse("wagtailadmin_pages:edit", args=[news.pk]))
    assert 'data-side-panel="comments"' in page.content.decode()
    foreign = town.unit_page("OR")
    assert signed_in(editor).get(reverse("wagtailadmin_pages:edit", args=[foreign.pk])).status_code == 302
