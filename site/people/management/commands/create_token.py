"""Make an API token for a member of staff: ``create_token EMAIL NAME``. The token is printed once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from journal.errors import DomainError
from people.access import SYSTEM
from people.models import User
from people.services import tokens


class Command(BaseCommand):
    help = "Make an API token for a member of staff who has a second factor; it is printed once and never kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="whose rights the token has")
        parser.add_argument("name", help='what it is for, e.g. "scanner in room 12"')

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        try:
            _token, plaintext = tokens.create(SYSTEM, user=user, name=options["name"])
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(plaintext)
