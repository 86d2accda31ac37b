"""Every address x every role x {own unit, other unit, absent}: the answer is what `url_matrix.toml` says.

A route without a row fails, so a new address has to be thought about. A thing of another unit answers exactly as one
that is not there.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from tests.architecture.routes import Route, routes
from tests.architecture.world import ROLES, Side, World

TABLE: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("url_matrix.toml").read_text())["row"]
#: Where people are asked who they are.
LOGIN = ("/konto/login/", "/konto/reauthenticate/")


def row_of(route: Route) -> dict[str, Any] | None:
    """The first row of the table that names the route."""
    for row in TABLE:
        if any(fnmatch.fnmatchcase(route.key, name) for name in row["urls"]):
            return row
    return None


def values(route: Route, row: dict[str, Any], side: Side, world: World) -> dict[str, object]:
    """The arguments that name one side's thing."""
    kinds: dict[str, dict[str, object]] = {
        "case": {"case_id": side.taken.case.pk, "verb": "assign"},
        "delivery": {"case_id": side.taken.case.pk, "delivery_id": side.delivery.pk},
        "version": {
            "version_id": side.version.pk,
            "name": side.version.file_name,
            "number": side.taken.receipt.number if route.key == "documents:receipt_file" else 1,
            "form": "xml",
        },
        "incoming": {"pk": side.taken.letter.pk},
        "outgoing": {"pk": side.sent.pk},
        "printed": {"pk": side.printed.pk},
        "unit": {"pk": side.unit.pk},
        "staff": {"pk": side.staff.pk},
        "membership": {"pk": side.membership.pk},
        "substitution": {"pk": side.substitution.pk},
        "citizen": {"pk": side.owner.citizen.pk},
        "draft": {"uuid": side.draft.pk, "number": 1},
        "submission": {"uuid": side.submission.pk},
        "form": {"page_id": world.page.pk, "form": world.page.form_uid},
    }
    return kinds[row["object"]]


def answer(response: HttpResponseBase) -> str:
    """The class of an answer."""
    if response.status_code in (301, 302, 303, 307):
        place = urlsplit(response["Location"]).path
        if place in LOGIN:
            return "login"
        return "403" if place == "/admin/" else "moved"  # Wagtail says no by sending to its home page
    return "ok" if 200 <= response.status_code < 300 or response.status_code == 304 else str(response.status_code)


def ask(client: Client, path: str) -> str:
    """What a GET answers, and a POST where there is no GET. Nothing stays done."""
    cookies = client.cookies.copy()  # an address may sign out
    with transaction.atomic():
        found = answer(client.get(path))
        if found == "405":
            found = answer(client.post(path))
        transaction.set_rollback(True)
    client.cookies = cookies
    return found


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    keys = {route.key for route in routes()}
    assert not [route.key for route in routes() if row_of(route) is None]
    assert not [name for row in TABLE for name in row["urls"] if not fnmatch.filter(keys, name)]


def test_the_answers_of_every_address(world: World) -> None:
    wrong = []
    for role in ROLES:
        client = world.client(role)
        for route in routes():
            row = row_of(route)
            assert row is not None, route.key
            for side, path in paths(route, row, world):
                cache.clear()
                got, wanted = ask(client, path), expected(row, role, side)
                if got not in wanted.split("|"):
                    wrong.append(f"{role} {route.key} ({side}) {path}: {got}, not {wanted}")
    assert not wrong, "\n" + "\n".join(wrong)


def paths(route: Route, row: dict[str, Any], world: World) -> Iterator[tuple[str, str]]:
    """The addresses to ask, with which side each is of."""
    if "object" not in row:
        yield "plain", route.path()
        return
    yield "own", route.path(**values(route, row, world.own, world))
    if not row.get("public"):
        yield "other", route.path(**values(route, row, world.other, world))
    yield "absent", route.path()


def expected(row: dict[str, Any], role: str, side: str) -> str:
    """What the table says for one role and one side."""
    columns = [role, *(["staff"] if role not in ("guest", "citizen") else []), "all"]
    own = str(next(row[column] for column in columns if column in row))
    if side in ("own", "plain") or own in ("login", "401", "403"):
        return own
    said = row.get("other" if side == "other" else "absent_answer", "404")
    return str(said)
