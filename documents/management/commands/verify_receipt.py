"""Check receipts (UPP, UPD as XML or PDF) against the trusted certificates of this installation. No database."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext_lazy as _

from documents.proof import verify
from journal import keyring


class Command(BaseCommand):
    help = _("Checks receipts (UPP, UPD).")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        verify.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        files = keyring.default().trust_anchor_files()
        code = verify.run(argparse.Namespace(**options), files, self.stdout.write)
        if code:
            sys.exit(code)
