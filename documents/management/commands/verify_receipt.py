"""Check receipts (UPP, UPD as XML or PDF) against the trusted certificates of this installation. No database."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from documents.proof import verify
from journal import keyring


class Command(BaseCommand):
    requires_system_checks: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _("Checks receipts (UPP, UPD).")

    def add_arguments(self, parser: CommandParser) -> None:
        verify.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        files = keyring.default().trust_anchor_files()
        code = verify.run(argparse.Namespace(**options), files, self.stdout.write)
        if code:
            sys.exit(code)
