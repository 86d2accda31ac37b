"""Every staff address that writes is one deed with one entry; an address without a case here fails.

Three deeds are compound by design, an entry each: a letter from the post is a letter and a case; signing is signing,
registering and starting the delivery; a call is drafted, sealed, registered, sent, and asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.admin.views import generic
from wagtail.models import Locale

from cms_pages import alerts, moderation
from cms_pages.mine import calendar
from cms_pages.models import Alert
from documents.models import CaseLink, Delivery, Letter
from journal import works
from journal.models import Entry
from people.access import GUEST, SYSTEM, access_of
from people.models import Role, RoleGroup, User
from people.services import citizens, memberships, substitutions, users
from tests.architecture.routes import Route, routes
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.portal import portal
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.deeds import DEEDS
from workflow.inbox import deeds as inbox
from workflow.inbox.filters import Filter
from workflow.models import Service, SupplementRequest, Task
from workflow.notices.models import Kind
from workflow.services import assignment, supplements
from workflow.visits import deeds as visits
from workflow.visits.models import VisitDesk
from workflow.webhooks import deeds as webhooks

pytestmark = pytest.mark.django_db
OURS = ("people", "journal", "documents", "workflow", "search", "cms_pages")


def write_views() -> dict[str, Route]:
    """Routes of ours below /admin/ whose view takes a POST."""
    found = {}
    for route in routes():
        view = getattr(route.callback, "view_class", None)
        if view is None or not route.template.startswith("admin/") or not hasattr(view, "post"):
            continue
        ours = view.__module__.split(".")[0] in OURS
        if ours and not issubclass(view, generic.InspectView):
            found[route.key] = route
    return found


@dataclass
class Place:
    """The office and who acts."""

    town: Office
    clients: dict[str, Client] = field(default_factory=dict)

    def post(self, who: str, name: str, args: list[Any], data: dict[str, Any]) -> tuple[Any, list[Entry]]:
        """Post as a person; the answer and the entries it made."""
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        answer = self.clients[who].post(reverse(name, args=args), data)
        return answer, list(Entry.objects.filter(pk__gt=last).order_by("pk"))

    def filed(self) -> intake.Intake:
        return intake.receive(SYSTEM, filings.filing(self.town.unit, service_code="udostepnienie-danych"))


@pytest.fixture
def place(settings: Any, tmp_path: Any) -> Place:
    settings.STAFF_SECOND_FACTOR, settings.BLOB_DIR = False, tmp_path / "blobs"
    made = Place(office())
    acting: dict[str, User] = {"head": made.town.head, "clerk": made.town.clerk, "registry": made.town.registry}
    acting["editor"] = people.member(made.town.units["UM"], Role.EDITOR)
    acting["coordinator"] = people.member(made.town.units["UM"], Role.COORDINATOR, subtree=True)
    acting["admin"] = people.member(made.town.units["UM"], Role.UNIT_ADMIN, subtree=True)
    for name, user in acting.items():
        made.clients[name] = Client()
        made.clients[name].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


Case = Callable[[Place], tuple[str, list[Any], dict[str, Any], list[str]]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    def keep(function: Case) -> Case:
        CASES[name] = function
        return function

    return keep


@case("people_units:add")
def _(p: Place) -> Any:
    form = {"symbol": "XX", "name": "Referat", "parent": p.town.units["UM"].pk, "kind": "cell"}
    return "admin", [], form, ["unit.added"]


@case("people_units:edit")
def _(p: Place) -> Any:
    return "admin", [p.town.unit.pk], {"symbol": "OR", "name": "Organizacja"}, ["unit.changed"]


@case("people_staff:add")
def _(p: Place) -> Any:
    return "admin", [], {"email": "nowy@um.example.org", "first_name": "Jan", "last_name": "Nowy"}, ["user.created"]


@case("people_staff:edit")
def _(p: Place) -> Any:
    return "admin", [p.town.clerk.pk], {"first_name": "Ewa", "last_name": "Inna"}, ["user.changed"]


@case("people_staff:wylacz")
def _(p: Place) -> Any:
    return "admin", [p.town.clerk.pk], {}, ["user.disabled"]


@case("people_staff:wlacz")
def _(p: Place) -> Any:
    users.disable(SYSTEM, user=p.town.clerk)
    return "admin", [p.town.clerk.pk], {}, ["user.enabled"]


@case("people_staff:drugi-skladnik")
def _(p: Place) -> Any:
    return "admin", [p.town.clerk.pk], {}, ["user.second_factor_reset"]


@case("people_memberships:add")
def _(p: Place) -> Any:
    form = {
        "user": p.town.clerk.pk,
        "unit": p.town.units["FN"].pk,
        "role": "clerk",
        "clearance": 0,
        "valid_from": people.today().isoformat(),
    }
    return "admin", [], form, ["membership.started"]


@case("people_memberships:edit")
def _(p: Place) -> Any:
    return (
        "admin",
        [p.town.clerk.memberships.get().pk],
        {"valid_until": people.today().isoformat()},
        ["membership.ended"],
    )


@case("people_memberships:delete")
def _(p: Place) -> Any:
    made = memberships.start(SYSTEM, user=p.town.clerk, unit=p.town.units["FN"], role=Role.CLERK)
    return "admin", [made.pk], {}, ["membership.ended"]


@case("people_substitutions:add")
def _(p: Place) -> Any:
    today = people.today().isoformat()
    form = {
        "absent": p.town.clerk.pk,
        "substitute": p.town.head.pk,
        "scope": "all",
        "valid_from": today,
        "valid_until": today,
    }
    return "admin", [], form, ["substitution.planned"]


@case("people_substitutions:delete")
def _(p: Place) -> Any:
    today = people.today()
    made = substitutions.plan(
        SYSTEM, absent=p.town.clerk, substitute=p.town.head, scope="all", valid_from=today, valid_until=today, reason=""
    )
    return "admin", [made.pk], {}, ["substitution.ended"]


@case("people_citizens:edit")
def _(p: Place) -> Any:
    citizen = people.citizen()
    form = {"unit": p.town.unit.pk, "first_name": "Jan", "last_name": "Kowalski", "number": "44051401359",
            "code": people.identity_code(citizen)}  # fmt: skip
    return "registry", [citizen.pk], form, ["citizen.confirmed"]


@case("people_citizens:cofnij-potwierdzenie")
def _(p: Place) -> Any:
    citizen = people.citizen(first_name="Jan", last_name="Kowalski", pesel="44051401359")
    citizens.confirm_identity(SYSTEM, user=citizen.user, unit=p.town.unit)
    return "registry", [citizen.pk], {}, ["citizen.unconfirmed"]


@case("desk:paper")
def _(p: Place) -> Any:
    form = {
        "unit": p.town.unit.pk,
        "service": "pismo-ogolne",
        "subject": "Skarga",
        "sender_name": "Jan Nowak",
        "sender_kind": "person",
        "channel": "paper",
        "key": "a" * 32,
    }
    return "registry", [], form, ["case.opened", "letter.registered"]


@case("desk:deed")
def _(p: Place) -> Any:
    return "head", [p.filed().case.pk, "assign"], {"assign-to_user": p.town.clerk.pk}, ["case.assigned"]


@case("desk:message")
def _(p: Place) -> Any:
    return "clerk", [p.filed().case.pk], {"message-text": "Dzień dobry."}, ["message.from_office"]


@case("desk:bulk")
def _(p: Place) -> Any:
    form = {"zadanie": p.filed().case.tasks.get().pk, "potwierdzam": "1", "to_user": p.town.clerk.pk}
    return "head", ["przydziel"], form, ["case.assigned"]


@case("desk:filter_save")
def _(p: Place) -> Any:
    return "clerk", [], {"nazwa": "Pilne", "termin": "3-dni"}, ["filter.saved"]


@case("desk:filter_delete")
def _(p: Place) -> Any:
    kept = inbox.save_filter(p.town.access("clerk"), name="Pilne", filter=Filter(due="3-dni"))
    return "clerk", [kept.pk], {}, ["filter.deleted"]


@case("print_queue:wydrukowane")
def _(p: Place) -> Any:
    return "registry", [to_print(p).pk], {}, ["delivery.printed"]


@case("translations:translate")
def _(p: Place) -> Any:
    page = portal(p.town.units).home
    group = RoleGroup.objects.get(unit=p.town.units["UM"], role=Role.EDITOR)
    moderation.open_branch(SYSTEM, role_group=group, page=page)
    english = Locale.objects.get_or_create(language_code="en")[0]
    return "editor", [page.pk], {"locales": [english.pk]}, ["page.translation_begun"]


@case("alerts:add")
def _(p: Place) -> Any:
    form = {"unit": p.town.units["UM"].pk, "level": "info", "title": "Awaria", "text": "Nie działa telefon."}
    return "editor", [], form, ["alert.posted"]


@case("alerts:edit")
def _(p: Place) -> Any:
    form = {"level": "warn", "title": "Awaria", "text": "Nie działa telefon i poczta."}
    return "editor", [an_alert(p).pk], form, ["alert.changed"]


@case("alerts:wycofaj")
def _(p: Place) -> Any:
    return "editor", [an_alert(p).pk], {}, ["alert.withdrawn"]


def an_alert(p: Place) -> Alert:
    return alerts.post(SYSTEM, unit=p.town.units["UM"], level="info", title="Awaria", text="Nie działa telefon.")


def a_desk(p: Place) -> VisitDesk:
    return visits.add_desk(
        SYSTEM, unit=p.town.unit, services=Service.objects.filter(code="udostepnienie-danych"), name="Okienko 1",
        room="pokój 1", week=[[["00:00", "24:00"]]] * 7, valid_from=people.today(),
    )  # fmt: skip


@case("desk:hand_over")
def _(p: Place) -> Any:
    found = p.filed().case
    assignment.assign(SYSTEM, case=found, to_user=p.town.clerk)
    other = people.member(p.town.unit, Role.CLERK, people.staff("nowa"))
    return "head", [p.town.unit.pk, p.town.clerk.pk], {"to_user": other.pk, "reason": "odejście"}, ["case.assigned"]


@case("staff_calendar")
def _(p: Place) -> Any:
    user = p.town.clerk
    calendar.make(access_of(user), user=user)
    return "clerk", [], {"revoke": "1"}, ["calendar.revoked"]


@case("staff_notices:list")
def _(p: Place) -> Any:
    return "clerk", [], {}, ["user.notices_read"]


@case("staff_notices:choices")
def _(p: Place) -> Any:
    return "clerk", [], dict.fromkeys(Kind.values, "never"), ["user.notices_chosen"]


ROUTE = {
    "name": "Droga", "kroki-TOTAL_FORMS": 2, "kroki-INITIAL_FORMS": 0,
    "kroki-0-group": 1, "kroki-0-verb": "approve", "kroki-0-role": "head", "kroki-0-where": "case",
    "kroki-1-group": 2, "kroki-1-verb": "sign", "kroki-1-role": "head", "kroki-1-where": "body",
}  # fmt: skip


@case("routes:add")
def _(p: Place) -> Any:
    return "coordinator", [], {**ROUTE, "code": "nowa-droga"}, ["route.added"]


@case("routes:route")
def _(p: Place) -> Any:
    return "coordinator", ["standard"], {**ROUTE, "version": 1}, ["route.added"]


@case("works:list")
def _(p: Place) -> Any:
    return "coordinator", [], {"kind": "count-figures"}, ["work.begun"]


@case("works:cancel")
def _(p: Place) -> Any:
    return "coordinator", [works.begin(SYSTEM, kind="count-figures").pk], {}, ["work.cancelled"]


WEBHOOK = {"name": "System", "address": "https://system.invalid/x", "chosen": ["case.opened"], "keep": "1"}


@case("webhooks:add")
def _(p: Place) -> Any:
    return "admin", [], {**WEBHOOK, "unit": p.town.unit.pk}, ["webhook.made"]


@case("webhooks:one")
def _(p: Place) -> Any:
    made = webhooks.make(
        SYSTEM, unit=p.town.unit, name="x", address="https://system.invalid/x", chosen=["case.opened"]
    )
    return "admin", [made.pk], WEBHOOK, ["webhook.changed"]


DESK = {"name": "Okienko 2", "room": "pokój 2", "minutes": 15, "hours_0": "8-15"}


@case("visit_desk:add")
def _(p: Place) -> Any:
    service = Service.objects.get(code="udostepnienie-danych").pk
    form = {**DESK, "unit": p.town.unit.pk, "services": [service], "valid_from": people.today().isoformat()}
    return "admin", [], form, ["visit_desk.added"]


@case("visit_desk:edit")
def _(p: Place) -> Any:
    desk = a_desk(p)
    form = {**DESK, "services": [desk.services.get().pk], "valid_from": people.today().isoformat()}
    return "admin", [desk.pk], form, ["visit_desk.changed"]


@case("visit_desk:mark")
def _(p: Place) -> Any:
    desk = a_desk(p)
    slot = desk.slots.order_by("starts_at")[0]
    visit = visits.book(SYSTEM, slot_id=slot.pk, service=desk.services.get(), name="Jan", email="jan@example.org")
    return "clerk", [visit.pk, "arrived"], {}, ["visit.arrived"]


#: Tried with real failures of followers and jobs in tests/integration/journal/test_problems.py.
ELSEWHERE = {"journal_problems:retry", "journal_problems:drop"}


def test_every_address_that_writes_has_a_case() -> None:
    assert set(write_views()) == set(CASES) | ELSEWHERE


@pytest.mark.parametrize("name", sorted(CASES))
def test_one_write_is_one_entry(place: Place, name: str) -> None:
    who, args, form, actions = CASES[name](place)
    answer, entries = place.post(who, name, args, form)
    assert answer.status_code == 302, answer.content[:3000].decode()
    assert sorted(entry.action for entry in entries) == sorted(actions)
    assert {entry.user_id for entry in entries} == {int(place.clients[who].session["_auth_user_id"])}


def test_a_refused_write_leaves_no_entry(place: Place) -> None:
    for name, args, form in (
        (
            "people_units:add",
            [],
            {"symbol": "FN", "name": "Drugi", "kind": "cell", "parent": place.town.units["UM"].pk},
        ),
        ("people_memberships:edit", [place.town.clerk.memberships.get().pk], {"valid_until": "x"}),
    ):
        answer, entries = place.post("admin", name, args, form)
        assert answer.status_code == 200 and not entries
    answer, entries = place.post(
        "clerk", "desk:deed", [place.filed().case.pk, "assign"], {"assign-to_user": place.town.clerk.pk}
    )
    assert answer.status_code in (403, 422) and not entries


# --- the deeds of the desk --------------------------------------------------------------------------------------------


class Desk:
    """One case, deed after deed."""

    def __init__(self, place: Place) -> None:
        self.place, self.case, self.seen = place, place.filed().case, set[str]()

    def do(self, who: str, verb: str, *actions: str, **form: Any) -> None:
        data = {f"{verb}-{name}": value for name, value in form.items()}
        answer, entries = self.place.post(who, "desk:deed", [self.case.pk, verb], data)
        assert answer.status_code == 302, (verb, [str(p) for p in answer.context["panels"]])
        assert sorted(entry.action for entry in entries) == sorted(actions), verb
        self.seen.add(verb)

    def task(self, verb: str) -> Task:
        return Task.objects.filter(case=self.case, verb=verb, done_at=None).latest("pk")

    def letter(self) -> Letter:
        return Letter.objects.filter(case=self.case, direction="out").latest("pk")


def to_print(place: Place) -> Delivery:
    """A decision to a guest, which goes by post."""
    desk = Desk(place)
    settle(desk)
    found = Delivery.objects.filter(letter__case=desk.case, box="paper").first()
    if found is None:
        raise AssertionError("a guest's decision does not go by post")
    return found


def settle(desk: Desk) -> None:
    """From the head's desk to the signed decision."""
    clerk = desk.place.town.clerk
    desk.do("head", "assign", "case.assigned", to_user=clerk.pk, instruction="proszę")
    desk.do("clerk", "register", "case.registered", class_symbol="")
    desk.do("clerk", "draft", "letter.drafted", kind="decision", subject="Decyzja", body="Udostępniam.")
    desk.do(
        "clerk", "revise", "letter.changed", letter_id=desk.letter().pk, subject="Decyzja", body="Udostępniam dane."
    )
    desk.do("clerk", "send_for_approval", "letter.sent_for_approval", letter_id=desk.letter().pk)
    desk.do("head", "return", "letter.returned", task_id=desk.task("approve").pk, reason="popraw")
    desk.do("clerk", "send_for_approval", "letter.sent_for_approval", letter_id=desk.letter().pk)
    approve = desk.task("approve")
    desk.do("head", "approve", "letter.approved", task_id=approve.pk, version_id=approve.document_version_id)
    desk.do(
        "head",
        "sign",
        "letter.signed",
        "letter.registered",
        "delivery.started",
        task_id=desk.task("sign").pk,
        how="person",
    )


def test_every_deed_of_the_desk_is_known_here(place: Place) -> None:
    """The whole main job through the desk's one view: each verb makes the entries its deed promises."""
    desk = Desk(place)
    settle(desk)
    other = Desk(place)
    clerk = place.town.clerk
    other.do("head", "assign", "case.assigned", to_user=clerk.pk, instruction="")
    other.do("clerk", "register", "case.registered", class_symbol="")
    day = people.today().replace(year=people.today().year + 1)
    sent = ("letter.drafted", "letter.signed", "letter.registered", "delivery.started")
    other.do("clerk", "extend", *sent, "case.extended", new_day=day.isoformat(), reason="zawiłość")
    other.do("clerk", "suspend", "case.suspended", article="art. 97", reason="zagadnienie")
    other.do("clerk", "resume", "case.resumed", reason="")
    other.do(
        "clerk",
        "request_supplement",
        *("letter.drafted", "letter.signed", "letter.registered", "delivery.started", "supplement.requested"),
        missing="podpis: wniosek",
        days=7,
        reason="",
    )
    call = SupplementRequest.objects.get(case=other.case)
    intake.receive(GUEST, filings.filing(place.town.unit, answers_request_id=call.pk))
    stranger = {"state": "unverified", "file": "a.xml", "who": "Ola", "certificate": "CA, 1", "when": "", "reasons": []}
    supplements.keep_judgement(SYSTEM, request=call, found=[stranger])
    accepted = {"request_id": call.pk, "signature": 0, "reason": "wystawca sprawdzony"}
    other.do("clerk", "accept_signature", "supplement.signature_accepted", **accepted)
    third = Desk(place)
    typed = {"to_user": clerk.pk, "instruction": "", "decided_by": place.town.head.pk}
    third.do("clerk", "assign_for", "case.assigned", **typed)
    people.join(place.town.units["FN"], Role.HEAD, place.town.head)
    third.do("clerk", "invite", "case.shared", "case.invited", unit=place.town.units["FN"].pk, kind="informed")
    third.do("head", "noted", "case.noted", task_id=third.task("note").pk, comment="")
    asked = {"unit": place.town.units["FN"].pk, "kind": "cooperates", "instruction": "są środki?"}
    third.do("clerk", "invite", "case.invited", **asked)
    third.do("head", "opinion", "case.opinion_given", task_id=third.task("consult").pk, comment="są")
    third.do("head", "forward", "case.passed_on", to_unit=place.town.units["FN"].pk, instruction="")
    fourth = Desk(place)
    fourth.do("head", "take", "case.assigned", "case.registered")
    fourth.do("head", "link", "case.linked", other=str(other.case.pk), note="")
    fourth.do("head", "unlink", "case.unlinked", link_id=CaseLink.objects.get().pk)
    written = {"kind": "answer", "subject": "Odpowiedź", "body": "Tak.", "how": "person"}
    fourth.do("head", "answer_at_once", "letter.drafted", "letter.sent_for_approval", **written)
    #: These need days to pass or the post to answer: tests/integration/workflow/test_main_job.py.
    elsewhere = {"leave_unconsidered", "close", "cross", "posted", "receipt_returned", "returned_by_post"}
    assert desk.seen | other.seen | third.seen | fourth.seen | elsewhere == {str(verb) for verb in DEEDS}
