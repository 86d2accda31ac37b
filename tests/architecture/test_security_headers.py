"""What every answer says to the browser: a strict policy on the portal, a looser one for the staff's pages only."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponseBase
from django.test import Client
from lxml import html

from documents.models import Document
from tests.architecture.world import World
from tests.factories import people

ROOT = Path(__file__).resolve().parents[2]
PORTAL = [
    "/",
    "/szukaj/",
    "/szukaj/?q=%3Cscript%3E",
    "/sprawdz-sprawe/",
    "/sprawdz-poswiadczenie/",
    "/konto/login/",
    "/konto/signup/",
    "/konto/password/reset/",
    "/nie-ma-takiej-strony/",
    "/sprawy/",
    "/sprawy/udostepnienie-danych/",
]
CITIZEN = ["/moje-sprawy/", "/konto/email/", "/konto/2fa/", "/konto/sessions/"]
STAFF = ["/admin/", "/admin/biurko/", "/admin/sprawy/", "/admin/rejestry/wplywajace/", "/admin/szukaj/?q=x"]


def policy(response: HttpResponseBase) -> dict[str, list[str]]:
    """The content security policy by directive."""
    found = [part.split() for part in response.headers.get("Content-Security-Policy", "").split(";") if part.strip()]
    return {name: values for name, *values in found}


def assert_strict(response: Any) -> None:
    """No inline code but that whose digest the policy names, or with the answer's own nonce."""
    said = policy(response)
    assert said["default-src"] == ["'self'"] and said["object-src"] == ["'none'"] and said["base-uri"] == ["'none'"]
    assert said["form-action"] == ["'self'"] and said["frame-ancestors"] == ["'self'"]
    everything = {value for values in said.values() for value in values}
    assert not everything & {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:"}
    nonces = {value[7:-1] for value in said["script-src"] + said["style-src"] if value.startswith("'nonce-")}
    page = html.fromstring(response.content)
    for element in page.xpath("//script[not(@src)] | //style"):
        if element.get("type") in ("application/json", "application/ld+json"):
            continue
        digest = base64.b64encode(hashlib.sha256((element.text or "").encode()).digest()).decode()
        named = element.tag == "script" and f"'sha256-{digest}'" in said["script-src"]
        assert named or element.get("nonce") in nonces, html.tostring(element)[:200]
    assert not page.xpath("//@*[starts-with(name(), 'on') or name() = 'style']")
    assert not page.xpath("//a[starts-with(normalize-space(@href), 'javascript:')]")
    for source in page.xpath("//script/@src | //link[@rel='stylesheet']/@href | //img/@src | //iframe/@src"):
        assert not urlsplit(source).netloc, source  # nothing from other servers


def assert_common(response: HttpResponseBase) -> None:
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] in ("SAMEORIGIN", "DENY")
    for name in ("camera", "geolocation", "microphone", "payment", "usb"):
        assert f"{name}=()" in response["Permissions-Policy"]
    assert "Server" not in response and "X-Powered-By" not in response


def test_portal_pages_are_strict(world: World) -> None:
    guest, citizen = world.client("guest"), world.client("citizen")
    for client, urls in ((guest, [*PORTAL, f"/wniosek/nowy/{world.page.pk}/"]), (citizen, CITIZEN)):
        for url in urls:
            response = client.get(url, follow=True)
            assert response.status_code in (200, 404), (url, response.status_code)
            assert_strict(response)
            assert_common(response)
    assert not [value for value in policy(guest.get("/"))["script-src"] if value.startswith("'nonce-")]  # it is kept


def test_only_the_staffs_pages_are_looser(world: World) -> None:
    client = world.client("head")
    for url in STAFF:
        response = client.get(url)
        assert response.status_code == 200, url
        said = policy(response)
        assert "'unsafe-inline'" in said["script-src"] and "'unsafe-eval'" not in said["script-src"]
        assert not [v for v in said["script-src"] if v.startswith("'nonce-")]  # it would switch the exception off
        assert said["default-src"] == ["'self'"] and said["frame-ancestors"] == ["'self'"]
        assert said["object-src"] == ["'none'"] and said["form-action"] == ["'self'"]
        assert_common(response)
        assert "no-store" in response.get("Cache-Control", "") or "private" in response.get("Cache-Control", ""), url
    assert_strict(client.get("/"))  # the same person on the portal


def test_a_download_is_never_shown_or_run(world: World) -> None:
    side = world.own
    client = world.client("clerk")
    response = client.get(f"/pliki/{side.version.pk}/{side.version.file_name}")
    receipt = client.get(f"/poswiadczenia/{side.taken.receipt.number}.xml")
    attached = Document.objects.get(letter=side.taken.letter, kind="attachment").versions.get()
    for found in (response, receipt, client.get(f"/pliki/{attached.pk}/x.html")):
        assert found.status_code == 200
        assert found["Content-Disposition"].startswith("attachment;")
        assert found["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
        assert found["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in found["Cache-Control"]


def test_a_stale_form_says_in_polish_that_nothing_is_lost(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sprawdz-sprawe/", {"code": "x", "factor": "y"}, headers={"Accept-Language": "pl"})
    assert response.status_code == 403
    text = " ".join(html.fromstring(response.content).text_content().split())
    assert "Nic nie zostało wysłane i nic z tego, co wpisano, nie przepadło" in text, text[:500]
    assert_strict(response)


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "\t//evil.example",
    ],
)
def test_no_address_sends_people_elsewhere(db: None, place: str) -> None:
    citizen = people.citizen()
    client = Client()
    answers = [
        client.post("/jezyk/setlang/", {"language": "en", "next": place}),
        client.get("/admin/login/", {"next": place}),
        client.get("/_util/login/", {"next": place}),
        client.post("/konto/login/", {"login": citizen.user.email, "password": people.PASSWORD, "next": place}),
        client.get("/konto/login/", {"next": place}),  # signed in already
        client.post("/konto/logout/", {"next": place}),
    ]
    for answer in answers:
        if answer.status_code in (301, 302, 303):
            where = answer["Location"]
            assert not urlsplit(where).netloc and not urlsplit(where).scheme and "\\" not in where, where
            assert not re.match(r"\s*/[\s/\\]", where), where


def test_cookies_of_a_session_stay_with_the_browser(db: None) -> None:
    citizen = people.citizen()
    client = Client()
    client.post("/konto/login/", {"login": citizen.user.email, "password": people.PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_in_production_cookies_need_https_and_the_own_host(tmp_path: Path) -> None:
    names = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "SESSION_COOKIE_SAMESITE",
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "DEBUG",
        "PRODUCTION",
        "DEMO_TOWN",
        "STAFF_SECOND_FACTOR",
        "SESSION_COOKIE_DOMAIN",
    )
    code = (
        "import json, sys; from config.settings import production as found; "
        "print(json.dumps({name: getattr(found, name, None) for name in sys.argv[1:]}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
            "VAR": str(tmp_path),
            "SECRET_KEY": "k9" * 32,
            "SITE_URL": "https://e-urzad.example.org",
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
        },
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"] and found["SESSION_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-") and found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax" and found["SESSION_COOKIE_DOMAIN"] is None
    assert found["SECURE_SSL_REDIRECT"] and found["SECURE_HSTS_SECONDS"] >= 31536000
    assert found["PRODUCTION"] and found["STAFF_SECOND_FACTOR"] and not found["DEBUG"] and not found["DEMO_TOWN"]
