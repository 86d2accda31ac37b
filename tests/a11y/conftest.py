"""The demo town on a server of its own, made once for the run, with a list of what there is to look at."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.db import connection
from playwright.sync_api import Browser, Page
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from tests.a11y.specimens import Specimen, read


@dataclass
class Town:
    """The served town: its address, what there is to look at, and the sessions of those who look."""

    url: str
    specimens: list[Specimen]
    cookies: dict[str, str]
    about: dict[str, Any] = field(default_factory=dict)

    def of(self, *states: str, admin: bool | None = None) -> list[Specimen]:
        """The specimens in these states."""
        return [each for each in self.specimens if each.state in states and admin in (None, each.admin)]


def _url(name: str) -> str:
    """A database beside that of the tests, as an address."""
    about = connection.settings_dict
    user, password = quote(about["USER"] or "", safe=""), quote(about["PASSWORD"] or "", safe="")
    who = f"{user}:{password}@" if password else f"{user}@" if user else ""
    options = {key: value for key, value in about["OPTIONS"].items() if isinstance(value, str)}
    query = f"?{urlencode(options)}" if options else ""
    port = f":{about['PORT']}" if about["PORT"] else ""
    return f"postgresql://{who}{quote(about['HOST'] or '', safe='')}{port}/{name}{query}"


def _as_owner(url: str, *statements: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


@pytest.fixture(scope="session")
def town(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A copy of the tests' empty database becomes the small demo town, and is served until the run ends."""
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_town"
        environment = {
            **os.environ, "DATABASE_URL": _url(name), "VAR": str(tmp_path_factory.mktemp("town")),
            "DJANGO_SETTINGS_MODULE": "tests.a11y.settings",
            "PYTHONPATH": os.pathsep.join([str(root / "site"), str(root)]),
        }  # fmt: skip
        template = connection.settings_dict["NAME"]
        connection.close()
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        _as_owner(
            _url("postgres"), drop,
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)),
        )  # fmt: skip

    def run(*arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], env=environment, cwd=root, capture_output=True, text=True)
        assert not done.returncode, done.stderr[-4000:]
        return done.stdout

    run("site/manage.py", "seed_demo", "--small", "--jobs")
    specimens, about = read(run("-m", "tests.a11y.specimens"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "site/manage.py", "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield Town(f"http://127.0.0.1:{port}", specimens, about.pop("cookies"), about)
    finally:
        server.terminate()
        server.wait(20)
        with django_db_blocker.unblock():
            _as_owner(_url("postgres"), drop)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    for _attempt in range(300):
        assert server.poll() is None, "the town's server does not start"
        try:
            request = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            request.request("GET", "/healthz")
            if request.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the town's server does not answer")


@pytest.fixture(scope="session")
def as_role(town: Town, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Callable[[str], Page]]:
    """`as_role("clerk")`: that person's own page, at a desk; the same one each time."""
    opened: dict[str, Page] = {}

    def page_of(role: str) -> Page:
        if role not in opened:
            context = browser.new_context(**browser_context_args)
            context.set_default_timeout(20_000)
            if role in town.cookies:
                context.add_cookies([{"name": "sessionid", "value": town.cookies[role], "url": town.url}])
            opened[role] = context.new_page()
        return opened[role]

    yield page_of
    for page in opened.values():
        page.context.close()
