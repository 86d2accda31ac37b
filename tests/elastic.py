"""A real Elasticsearch for tests: one node for the whole run, started when the first test asks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search import backends
from search.backends.base import Backend
from search.backends.elastic import ElasticBackend

ROOT = Path(__file__).resolve().parents[1]


def _free_port() -> int:
    """A port with room behind it for the node's own traffic."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """The address of a node. `ELASTICSEARCH_TEST_URL` names one that runs already."""
    if given := os.environ.get("ELASTICSEARCH_TEST_URL"):
        yield given
        return
    if not (shutil.which("javac") and shutil.which("mvn")):
        reason = "a JDK and Maven are needed for a node of Elasticsearch"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    var, port = Path(tempfile.mkdtemp(prefix="obieg-es-")), _free_port()
    var.chmod(0o711)
    command = [str(ROOT / "scripts" / "elasticsearch")]
    place = ["--var", str(var), "--port", str(port)]
    try:
        subprocess.run([*command, "start", *place], check=True)
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([*command, "stop", *place], check=True)
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def elastic(elasticsearch_url: str, settings: Any) -> Iterator[ElasticBackend]:
    """The backend on that node, empty, where what was put is found at once; the installation uses it."""
    settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_INDEX = elasticsearch_url, "test"
    made = backends.cluster()
    assert made is not None
    made.refresh = True
    made.clear()
    yield made
    made.clear()


@pytest.fixture(params=["embedded", "elasticsearch"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Each backend in turn, empty."""
    made: Backend = request.getfixturevalue("elastic") if request.param == "elasticsearch" else backends.in_database()
    made.clear()
    yield made
    made.clear()
