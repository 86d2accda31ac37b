"""A durable PostgreSQL of the bench's own (fsync on), a prepared office in it, and a gunicorn as in production."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import embedded_pg

ROOT = Path(__file__).resolve().parents[2]
#: Stands behind the database's name.
COPY = "_copy"


@dataclass
class Bench:
    """The running installation: where it answers, what is in it, and how to run a Python module on it."""

    port: int
    environ: dict[str, str]
    office: dict[str, Any]

    def run(self, *arguments: str) -> str:
        """The output of `python ARGUMENTS` with the bench's settings."""
        return run(self.environ, *arguments)

    def run_on_copy(self, *arguments: str) -> str:
        """The same on a copy of the office into which nothing was filed."""
        return run({**self.environ, "DATABASE_URL": self.environ["DATABASE_URL"] + COPY}, *arguments)


def run(environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, text=True, capture_output=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="obieg-bench-") as folder:
        os.chmod(folder, 0o711)
        var = Path(folder) / "var"
        var.mkdir()
        with embedded_pg.session(var) as url:
            yield from _served(var, url)
        embedded_pg.destroy(var)


def _served(var: Path, url: str) -> Iterator[Bench]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "VAR": str(var), "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
               "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}", "PORT": str(port), "WEB_CONCURRENCY": "2"}  # fmt: skip
    run(environ, "site/manage.py", "migrate", "--verbosity", "0")
    run(environ, "site/manage.py", "createcachetable")
    run(environ, "site/manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    office = json.loads(run(environ, "-m", "tests.bench.prepare", "office"))
    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {embedded_pg.DATABASE}{COPY} TEMPLATE {embedded_pg.DATABASE}")
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "-c", "site/config/gunicorn_conf.py"], cwd=ROOT,
                              env=environ)  # fmt: skip
    try:
        _wait(port)
        yield Bench(port, environ, office)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(port: int) -> None:
    for _n in range(120):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/formularz/")
            answer = connection.getresponse()
        except OSError:
            time.sleep(0.5)
            continue
        assert answer.status == 200, answer.read()[-2000:]
        return
    raise AssertionError("the web server did not start")
