"""`manage.py due_date 2025-12-17 7d`: count one term and explain it. Reads no database."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from workflow.deadlines import DeadlineError, Term, due

_POLISH_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


def read_date(text: str) -> date:
    """2025-12-17 or 17.12.2025. Raises DeadlineError."""
    try:
        if match := _POLISH_DATE.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError as error:
        raise DeadlineError(_("There is no such day as %(text)s.") % {"text": text}) from error
    raise DeadlineError(_("“%(text)s” is not a date. Write it as 2025-12-17.") % {"text": text[:40]})


class Command(BaseCommand):
    help = "Count a term by art. 57 of the Code of Administrative Procedure and print the day it ends, with the rule."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("start", help="day of the event, e.g. 2025-12-17")
        parser.add_argument("term", help="length: days 7d, weeks 2w, months 1m")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = due(read_date(options["start"].strip()), Term.parse(options["term"]))
        except DeadlineError as error:
            raise CommandError(str(error)) from error
        rows = [
            (_("Event"), self.day(result.start)),
            (_("Term"), result.term.words()),
            (_("Raw end"), self.day(result.raw)),
            (_("Due date"), self.day(result.rolled)),
        ]
        width = max(len(label) for label, _value in rows) + 2
        for label, value in rows:
            self.stdout.write(f"{label + ':':<{width}}{value}")
        self.stdout.write(_("Rule:"))
        for step in result.steps:
            self.stdout.write(f"  - {step.text()} [{step.article}]")

    @staticmethod
    def day(day: date) -> str:
        name = date_format(day, "l")
        # only English writes the names of days with a capital
        return f"{day.isoformat()} ({name if (get_language() or 'en').startswith('en') else name.lower()})"
