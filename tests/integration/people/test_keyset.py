"""Keyset paging: every row once, forwards and backwards, over ties and descending fields, whatever the cursor says."""

from __future__ import annotations

import random

import pytest

from people.keyset import page_of
from people.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("ordering", [["last_name"], ["-last_name", "first_name"], ["-pk"], [], ["last_name", "-pk"]])
def test_every_row_once_in_order(ordering: list[str]) -> None:
    dice = random.Random(1)
    User.objects.bulk_create(
        [
            User(email=f"u{n}@example.org", last_name=dice.choice("AĄBĆż"), first_name=dice.choice("xyz"))
            for n in range(47)
        ]
    )
    tie = "-pk" if ordering and ordering[0].startswith("-") else "pk"
    whole = [user.pk for user in User.objects.order_by(*ordering, tie)]
    seen: list[int] = []
    after, pages = "", []
    while True:
        page = page_of(User.objects.all(), ordering=ordering, size=10, after=after)
        pages.append([user.pk for user in page])
        seen += pages[-1]
        last, after = page, page.next_cursor
        if not after:
            break
    assert seen == whole
    back = []
    while last.previous_cursor:
        last = page_of(User.objects.all(), ordering=ordering, size=10, before=last.previous_cursor)
        back.append([user.pk for user in last])
    assert [pk for page_pks in reversed(back) for pk in page_pks] == [pk for page_pks in pages[:-1] for pk in page_pks]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJhIl0", "W251bGwsbnVsbF0", "WyJBIiwiXHUwMDAwIl0", "ż" * 3000, "WyJBIiwiYSJd"]
)
def test_a_broken_cursor_begins_at_the_start(cursor: str) -> None:
    made = User.objects.create(email="a@example.org", last_name="A")
    assert page_of(User.objects.all(), ordering=["last_name"], size=5, after=cursor).object_list == [made]


def test_the_count_stops_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("people.keyset.COUNT_LIMIT", 3)
    User.objects.bulk_create([User(email=f"u{n}@example.org") for n in range(5)])
    page = page_of(User.objects.all(), ordering=["pk"], size=2)
    assert (page.count, page.more_than) == (3, True)
    exact = page_of(User.objects.filter(email="u1@example.org"), ordering=["pk"], size=2)
    assert (exact.count, exact.more_than, exact.next_cursor) == (1, False, "")
