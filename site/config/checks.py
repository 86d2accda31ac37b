"""Whether this installation may start: one sentence per fault, each with an id of its own and what to set.

Errors stop every command and the web server. The rules of production hold under the production settings only.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from journal import keyring

TAG = "obieg"
OLDEST_POSTGRES = 15


@register(TAG)
def data_folder(**_kwargs: Any) -> list[CheckMessage]:
    """E001: the data folder can be written."""
    folder = Path(settings.VAR_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return []
    except OSError as error:
        return [
            Error(
                f"The data folder {folder} cannot be written ({error.strerror}).",
                id="obieg.E001",
                hint="Run as the account that owns it, or choose another with VAR=/some/folder.",
            )
        ]


@register(TAG)
def checkpoints(**_kwargs: Any) -> list[CheckMessage]:
    """E011: a folder for checkpoints that is there can be written. W002: in production it lies outside the data."""
    folder = Path(settings.CHECKPOINT_DIR)
    if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
        return [
            Error(
                f"The folder of checkpoints {folder} cannot be written.",
                id="obieg.E011",
                hint="Give it to the account that runs Obieg, or name another in CHECKPOINT_DIR.",
            )
        ]
    if settings.PRODUCTION and folder.is_relative_to(settings.VAR_DIR):
        return [
            Warning(
                "Checkpoints are kept beside what they prove.",
                id="obieg.W002",
                hint="Set CHECKPOINT_DIR to a folder of another machine, e.g. CHECKPOINT_DIR=/mnt/proofs/obieg.",
            )
        ]
    return []


@register(TAG)
def production(**_kwargs: Any) -> list[CheckMessage]:
    """E002 to E008: nothing of a demo, and addresses and keys of its own, in production."""
    return list(_production()) if settings.PRODUCTION else []


def _production() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" or (site.hostname or "") in {"localhost", "127.0.0.1", "::1"}:
        yield Error(
            f"The public address {settings.SITE_URL} is no public https address.",
            id="obieg.E002",
            hint="Set SITE_URL, e.g. SITE_URL=https://e-urzad.example.org.",
        )
    if len(settings.SECRET_KEY) < 40 or len(set(settings.SECRET_KEY)) < 10:
        yield Error(
            "The signing key is too short or too simple.",
            id="obieg.E003",
            hint="Set SECRET_KEY_FILE to a file made with: openssl rand -hex 32.",
        )
    if settings.DEMO_TOWN:
        yield Error("The demo town is switched on in production.", id="obieg.E004", hint="Leave DEMO_TOWN at False.")
    if not settings.STAFF_SECOND_FACTOR:
        yield Error(
            "Staff could sign in without a second factor.", id="obieg.E005", hint="Leave STAFF_SECOND_FACTOR at True."
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG shows the inside of the program to everybody.", id="obieg.E006", hint="Leave DEBUG at False."
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "The site answers to every host name.", id="obieg.E007", hint="Set ALLOWED_HOSTS to the names of the site."
        )
    for problem in keyring.check_production():
        yield Error(str(problem), id="obieg.E008", hint="The keyring signs receipts and seals the journal.")


@register(Tags.database)
def database(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """E009: a PostgreSQL that is new enough. W001: migrations that have not been run."""
    if not databases or "default" not in databases:
        return []
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            if faults := of_version(int(cursor.fetchone()[0])):
                return faults
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return [
            Error(
                f"The database does not answer: {reason}.",
                id="obieg.E010",
                hint="Look at DATABASE_URL and whether its server runs.",
            )
        ]
    if waiting:
        return [
            Warning(
                f"{waiting} migrations have not been run.", id="obieg.W001", hint="Run: python site/manage.py migrate."
            )
        ]
    return []


def of_version(number: int) -> list[CheckMessage]:
    """Whether PostgreSQL's version number (e.g. 180001) is new enough."""
    major = number // 10000
    if major >= OLDEST_POSTGRES:
        return []
    return [
        Error(
            f"PostgreSQL {major} is too old; Obieg needs {OLDEST_POSTGRES} or newer.",
            id="obieg.E009",
            hint="Name a newer server in DATABASE_URL.",
        )
    ]


def stop_if_wrong() -> None:
    """Raise ImproperlyConfigured with every fault, for a web server, which runs no checks by itself."""
    faults = [found for found in run_checks(tags=[TAG]) if found.is_serious() and not found.is_silenced()]
    if faults:
        raise ImproperlyConfigured(
            "\n".join(f"({found.id}) {found.msg} {found.hint or ''}".strip() for found in faults)
        )
