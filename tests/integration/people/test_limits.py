"""Limits of tries: counted together however fast they come, by the client's own address behind a proxy too."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from people.limits import Limit, address_of, give_back
from people.middleware import ClientAddressMiddleware
from tests.factories import documents as make
from tests.factories import people


@pytest.fixture(autouse=True)
def _nothing_counted(settings: Any, tmp_path: Any) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"
    cache.clear()


def test_so_many_tries_and_no_more_until_one_is_given_back() -> None:
    limit = Limit("test", 3, 60)
    slots = [limit.take("a") for _n in range(4)]
    assert all(slots[:3]) and slots[3] == "" and limit.take("b")
    give_back(slots[1])
    assert limit.take("a") == slots[1] and not limit.take("a")


def _address(settings: Any, trusted: int, forwarded: str | None, remote: str = "10.0.0.1") -> str:
    settings.TRUSTED_PROXIES = trusted
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    ClientAddressMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=remote, **extra))
    return address_of(seen[0])


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "10.0.0.1"),  # no proxy: what a client says of itself is worth nothing
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # the last is what our proxy saw
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, None, "10.0.0.1"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "nonsense", "10.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_the_clients_address_is_what_the_outermost_own_proxy_saw(
    settings: Any, trusted: int, forwarded: str | None, expected: str
) -> None:
    assert _address(settings, trusted, forwarded) == expected


def _track(code: str, factor: str, **extra: str) -> int:
    return Client().post(reverse("cms_pages:track"), {"code": code, "factor": factor}, **extra).status_code


@pytest.mark.django_db
def test_wrong_tries_of_the_tracking_form_and_of_the_api_are_counted_together() -> None:
    case = make.file(people.town(schools=0)["OR"])[0]
    for _n in range(5):
        assert _track(case.tracking_code, "ktos@example.org") == 422
        wrong = {"code": case.tracking_code, "factor": "ktos@example.org"}
        assert Client().post("/api/v1/cases/status", wrong, content_type="application/json").status_code == 404
    assert _track(case.tracking_code, "ola@example.org") == 429
    assert _track(case.tracking_code, "ola@example.org", REMOTE_ADDR="192.0.2.7") == 302


@pytest.mark.django_db
def test_one_code_is_not_guessed_from_many_addresses() -> None:
    case = make.file(people.town(schools=0)["OR"])[0]
    answers = [_track(case.tracking_code, f"1.1.{1950 + n}", REMOTE_ADDR=f"192.0.2.{n}") for n in range(21)]
    assert answers == [422] * 20 + [429]


@pytest.mark.django_db
def test_the_right_code_is_never_counted() -> None:
    case = make.file(people.town(schools=0)["OR"])[0]
    assert {_track(case.tracking_code, "ola@example.org") for _n in range(25)} == {302}


def test_the_limit_of_the_api_believes_no_header(settings: Any) -> None:
    from ninja.throttling import AnonRateThrottle

    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="1.2.3.4")
    assert AnonRateThrottle("1/h").get_ident(request) == "192.0.2.7"
