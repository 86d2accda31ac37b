#!/usr/bin/env python
"""Obieg's command line: ``.venv/bin/python site/manage.py COMMAND``, from any folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SITE_DIR = Path(__file__).resolve().parent
ROOT = SITE_DIR.parent

sys.path[:0] = [folder for folder in (str(ROOT), str(SITE_DIR)) if folder not in sys.path]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config import embedded_pg, env
except ModuleNotFoundError as error:
    sys.exit(f"A package is missing ({error.name}): run `make setup` and use .venv/bin/python.")

# Commands that neither need nor start a database. All others get the embedded one (unless DATABASE_URL
# is set) for as long as they run.
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "due_date",
    "help",
    "makemessages",
    "startapp",
    "verify_receipt",
    "version",
}


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    command = arguments[1] if len(arguments) > 1 else "help"
    no_database = command in WITHOUT_DATABASE or command.startswith("-") or {"-h", "--help"} & set(arguments)
    try:
        if no_database or not env.is_embedded():
            execute_from_command_line(arguments)
        else:
            with embedded_pg.session(env.VAR_DIR):
                execute_from_command_line(arguments)
    except (ImproperlyConfigured, embedded_pg.EmbeddedPostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
