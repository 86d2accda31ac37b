"""What every test run needs: a database, compiled translations, and honest answers about missing servers."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent
for folder in (ROOT, ROOT / "site"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from config import embedded_pg, env  # noqa: E402 - needs the path above

# Playwright's synchronous interface keeps an event loop in the thread in which Django's ORM runs too.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CI = os.environ.get("CI", "").lower() in {"1", "true"}

_closing = contextlib.ExitStack()


def _program(*names: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    return next((found for found in (shutil.which(name, path=path) for name in names) if found), None)


def chromium() -> str | None:
    """The browser for the journeys: OBIEG_CHROMIUM, else the system's."""
    return os.environ.get("OBIEG_CHROMIUM") or _program("chromium", "chromium-browser", "google-chrome")


# What a test may ask for by name, and how to see whether it is there.
SERVERS: dict[str, Callable[[], object]] = {
    "chromium": chromium,
    "clamd": lambda: os.environ.get("CLAMD_URL") or _program("clamd"),
    "elasticsearch": lambda: os.environ.get("ELASTICSEARCH_URL"),
    "java": lambda: _program("java") and _program("mvn"),
    "msgfmt": lambda: _program("msgfmt"),
    "pdfsig": lambda: _program("pdfsig"),
    "soffice": lambda: _program("soffice", "libreoffice"),
    "verapdf": lambda: _program("java") and (_program("mvn") or os.environ.get("VERAPDF_HOME")),
    "xmlsec1": lambda: _program("xmlsec1"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keyboard", action="store_true", help="the journeys in the browser without a mouse")


def _require(name: str) -> None:
    if SERVERS[name]():
        return
    if CI:
        pytest.fail(f"{name} is missing: in CI every server is there (scripts/system-packages)", pytrace=False)
    pytest.skip(f"{name} is not installed")


def pytest_configure(config: pytest.Config) -> None:
    """Start the test cluster (unless DATABASE_URL names a server) and compile the translations."""
    if config.getoption("--help", default=False) or config.getoption("--collect-only", default=False):
        return
    compiled = subprocess.run([sys.executable, str(ROOT / "scripts" / "compile-messages")], check=False)
    if compiled.returncode and CI:
        raise pytest.UsageError("a translation cannot be compiled")
    if env.is_embedded():
        try:
            _closing.enter_context(embedded_pg.session(env.VAR_DIR, throwaway=True))
        except embedded_pg.EmbeddedPostgresError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the test cluster, unless another run still uses it."""
    _closing.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """``@pytest.mark.servers("clamd", "xmlsec1")``: skipped without them here, failed in CI."""
    for mark in item.iter_markers("servers"):
        for name in mark.args:
            _require(name)


#: Runs only when asked for by name (``-m bench``): what takes long, or proves nothing.
ASKED_FOR = ("a11y", "bench", "screenshots")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not asked for."""
    unasked = [name for name in ASKED_FOR if name not in config.getoption("markexpr", default="")]
    kept = [item for item in items if not any(item.get_closest_marker(name) for name in unasked)]
    if len(kept) != len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def requires_server() -> Callable[[str], None]:
    """``requires_server("clamd")`` inside a test or fixture; same rule as the ``servers`` mark."""
    return _require


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; as root it starts only without its sandbox."""
    _require("chromium")
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Polish visitors in Polish time, on a desktop unless a test says otherwise."""
    yield {
        **browser_context_args,
        "locale": "pl-PL",
        "timezone_id": "Europe/Warsaw",
        "viewport": {"width": 1280, "height": 900},
    }
