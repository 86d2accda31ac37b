"""The inbox: filtered, kept under a name, worked through without going back, and many cases at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from documents.models import Case
from journal.clock import db_now
from journal.errors import NotAllowed, NotFound, Refused
from journal.models import Entry
from people.access import SYSTEM
from people.models import Role, User
from tests.factories import documents as filings
from tests.factories import people
from tests.factories.workflow import Office, office
from workflow import intake
from workflow.inbox import deeds
from workflow.inbox.filters import COLUMNS, Filter
from workflow.inbox.models import SavedFilter
from workflow.models import Task
from workflow.services import assignment

pytestmark = pytest.mark.django_db
INBOX = "desk:inbox"


@pytest.fixture
def town(settings: Any) -> Office:
    settings.STAFF_SECOND_FACTOR = False
    return office()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def filed(town: Office, subject: str, **fields: Any) -> Case:
    return intake.receive(
        SYSTEM, filings.filing(town.unit, service_code="udostepnienie-danych", subject=subject, **fields)
    ).case


def titles(page: Any) -> list[str]:
    return [row.task.case.title for row in page.context["rows"]]


# --- the filter ----------------------------------------------------------------------------------------------------


NAMES = st.sampled_from(["tab", "szukaj", "jednostka", "czynnosc", "usluga", "termin", "osoba", "za", "k"])
TYPED = st.lists(st.text(max_size=12) | st.sampled_from(["3", "assign", "dzis", "nikt", "termin"]), max_size=3)


@given(st.dictionaries(NAMES, TYPED))
def test_any_address_is_a_filter_and_its_own_address_is_the_same_filter(values: dict[str, list[str]]) -> None:
    address = QueryDict(mutable=True)
    for name, several in values.items():
        address.setlist(name, several)
    asked = Filter.read(address)
    assert Filter.read(QueryDict(asked.address())) == asked
    assert Filter.read(asked.parameters()) == asked
    asked.q(dt.date(2026, 3, 1))


def test_words_numbers_senders_and_days_narrow_the_list(town: Office) -> None:
    old = filed(town, "Wycinka drzewa")
    filed(town, "Odpis aktu")
    Task.objects.filter(case=old).update(due_on=people.today() - dt.timedelta(1))
    head = signed_in(town.head)
    for asked, found in (
        ("szukaj=DRZEWA", ["Wycinka drzewa"]),
        ("szukaj=akt+odpis", ["Odpis aktu"]),
        ("szukaj=przyk%C5%82adowa+wycinka", ["Wycinka drzewa"]),
        ("termin=po-terminie", ["Wycinka drzewa"]),
        ("termin=7-dni", ["Wycinka drzewa"]),
        ("osoba=nikt&szukaj=odpis", ["Odpis aktu"]),
        ("szukaj=nic+takiego", []),
    ):
        assert titles(head.get(f"{reverse(INBOX)}?tab=do-dekretacji&{asked}")) == found, asked


def test_a_filter_shows_no_more_than_its_tab_may(town: Office) -> None:
    filed(town, "Wycinka drzewa")
    stranger = people.member(town.units["FN"], Role.HEAD)
    page = signed_in(stranger).get(f"{reverse(INBOX)}?tab=do-dekretacji&jednostka={town.unit.pk}&szukaj=drzewa")
    assert titles(page) == [] and "Wycinka" not in page.content.decode()


def test_columns_are_chosen(town: Office) -> None:
    filed(town, "Wycinka drzewa")
    page = signed_in(town.head).get(f"{reverse(INBOX)}?tab=do-dekretacji&k=usluga&k=wplyw").content.decode()
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    assert str(COLUMNS["usluga"]) in head and str(COLUMNS["termin"]) not in head


# --- kept under a name ---------------------------------------------------------------------------------------------


def test_a_filter_is_kept_shared_with_the_unit_and_opens_the_desk(town: Office) -> None:
    filed(town, "Wycinka drzewa")
    filed(town, "Odpis aktu")
    head = signed_in(town.head)
    answer = head.post(reverse("desk:filter_save"), {"tab": "do-dekretacji", "szukaj": "drzewa", "nazwa": "Drzewa",
                                                     "dla": str(town.unit.pk), "otwiera": "1"})  # fmt: skip
    kept = SavedFilter.objects.get()
    assert answer.status_code == 302 and Entry.objects.filter(action="filter.saved", object_id=str(kept.pk)).exists()
    assert titles(head.get(reverse(INBOX))) == ["Wycinka drzewa"]
    assert titles(head.get(reverse(INBOX) + "?tab=do-dekretacji")) == ["Wycinka drzewa", "Odpis aktu"]
    colleague = signed_in(town.clerk).get(reverse(INBOX))
    assert [each.name for each in colleague.context["saved"]] == ["Drzewa"]
    assert colleague.context["opened_with"] is None, "it opens the desk of its owner only"
    stranger = people.member(town.units["FN"], Role.CLERK)
    assert signed_in(stranger).get(f"{reverse(INBOX)}?widok={kept.pk}").context["saved"] == []


def test_the_same_name_replaces_and_one_filter_opens_the_desk(town: Office) -> None:
    actor = town.access("clerk")
    deeds.save_filter(actor, name="Moje", filter=Filter(text="a"), opens_desk=True)
    deeds.save_filter(actor, name="Inne", filter=Filter(text="b"), opens_desk=True)
    deeds.save_filter(actor, name=" Moje ", filter=Filter(text="c"))
    assert {(f.name, f.parameters.get("szukaj"), f.opens_desk) for f in SavedFilter.objects.all()} == {
        ("Moje", "c", False), ("Inne", "b", True)
    }  # fmt: skip


def test_nobody_shares_with_a_unit_of_others_or_deletes_what_is_not_theirs(town: Office) -> None:
    actor = town.access("clerk")
    with pytest.raises(NotAllowed):
        deeds.save_filter(actor, name="Obce", filter=Filter(), unit=town.units["FN"])
    with pytest.raises(Refused):
        deeds.save_filter(actor, name="  ", filter=Filter())
    shared = deeds.save_filter(actor, name="Wspólny", filter=Filter(), unit=town.unit)
    with pytest.raises(NotFound):
        deeds.delete_filter(town.access("head"), pk=shared.pk)
    deeds.delete_filter(actor, pk=shared.pk)
    assert not SavedFilter.objects.exists()


# --- from case to case ---------------------------------------------------------------------------------------------


def test_from_case_to_case_without_going_back(town: Office) -> None:
    cases = [filed(town, f"Sprawa {number}") for number in range(3)]
    for number, case in enumerate(cases):
        Task.objects.filter(case=case).update(due_on=people.today() + dt.timedelta(number))
    head = signed_in(town.head)
    head.get(reverse(INBOX) + "?tab=do-dekretacji")
    page = head.get(reverse("desk:case", args=[cases[1].pk])).context["neighbours"]
    assert page.before == reverse("desk:case", args=[cases[0].pk])
    assert page.after == reverse("desk:case", args=[cases[2].pk])
    assert page.back.endswith("tab=do-dekretacji")

    assignment.assign(town.access("head"), case=cases[1], to_user=town.clerk)  # done: the place in the list stays
    page = head.get(reverse("desk:case", args=[cases[1].pk])).context["neighbours"]
    assert (page.before, page.after) == tuple(reverse("desk:case", args=[case.pk]) for case in (cases[0], cases[2]))
    first = head.get(reverse("desk:case", args=[cases[0].pk])).context["neighbours"]
    assert first.before == "" and first.after == reverse("desk:case", args=[cases[2].pk])


def test_a_case_that_is_not_of_the_list_has_no_neighbours(town: Office) -> None:
    case, other = filed(town, "Jedna"), filed(town, "Druga")
    head = signed_in(town.head)
    assert head.get(reverse("desk:case", args=[case.pk])).context["neighbours"] is None
    head.get(reverse(INBOX) + "?tab=do-dekretacji&szukaj=druga")
    assert head.get(reverse("desk:case", args=[case.pk])).context["neighbours"] is None
    assert head.get(reverse("desk:case", args=[other.pk])).context["neighbours"].after == ""


# --- many at once --------------------------------------------------------------------------------------------------


def tasks(*cases: Case) -> list[str]:
    return [str(pk) for pk in Task.objects.filter(case__in=cases, done_at__isnull=True).values_list("pk", flat=True)]


def test_many_are_assigned_after_a_look_each_with_its_result(town: Office) -> None:
    good, closed = [filed(town, f"Sprawa {number}") for number in range(2)], filed(town, "Zamknięta")
    Case.objects.filter(pk=closed.pk).update(withdrawn_at=db_now())
    head, chosen = signed_in(town.head), {"zadanie": tasks(*good, closed)}
    look = head.post(reverse("desk:bulk", args=["przydziel"]), chosen)
    assert look.status_code == 200 and look.context["ready"] == 2 and not Case.objects.filter(handler__isnull=False)
    assert [line.case for line in look.context["lines"] if line.refusal] == [closed]
    empty = head.post(reverse("desk:bulk", args=["przydziel"]), {**chosen, "potwierdzam": "1", "instruction": "Pilne"})
    assert empty.status_code == 422 and "Pilne" in empty.content.decode()
    done = head.post(reverse("desk:bulk", args=["przydziel"]),
                     {**chosen, "potwierdzam": "1", "to_user": town.clerk.pk, "instruction": "Pilne"})  # fmt: skip
    assert done.status_code == 200 and done.context["done"] == 2
    assert set(Case.objects.filter(handler=town.clerk)) == set(good)
    assert Entry.objects.filter(action="case.assigned").count() == 2


def test_only_ones_own_tasks_are_taken_and_only_clerks_of_all_units_offered(town: Office) -> None:
    case = filed(town, "Obca")
    stranger = signed_in(people.member(town.units["FN"], Role.HEAD))
    answer = stranger.post(reverse("desk:bulk", args=["przydziel"]), {"zadanie": tasks(case)})
    assert answer.status_code == 302
    odd = {"zadanie": [*tasks(case), "x", "9" * 40]}
    clerk = signed_in(town.clerk).post(reverse("desk:bulk", args=["zamknij"]), odd)
    assert clerk.status_code == 302 and not Case.objects.filter(closed_at__isnull=False)
    assert signed_in(town.head).post(reverse("desk:bulk", args=["usun"]), {}).status_code == 404


def test_the_page_of_many_costs_the_same_for_two_and_for_twenty(
    town: Office, django_assert_max_num_queries: Any
) -> None:
    head = signed_in(town.head)
    cases = [filed(town, f"Sprawa {number}") for number in range(20)]
    head.get(reverse(INBOX))
    with django_assert_max_num_queries(24):
        head.post(reverse("desk:bulk", args=["przydziel"]), {"zadanie": tasks(*cases)})
