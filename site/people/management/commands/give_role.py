"""The operator's way to the first administrator, and to roles that nobody may give in the browser."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from journal.errors import DomainError
from people.access import SYSTEM
from people.models import Role, Unit, User
from people.services import memberships, users


class Command(BaseCommand):
    help = "Give a person a role in a unit; makes the staff account when there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("unit", help="symbol of the unit, e.g. UM")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--subtree", action="store_true", help="also in all units below")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--clearance", type=int, default=0)

    def handle(
        self,
        *,
        email: str,
        unit: str,
        role: str,
        subtree: bool,
        first_name: str,
        last_name: str,
        clearance: int,
        **_options: object,
    ) -> None:
        place = Unit.objects.filter(symbol=unit).first()
        if place is None:
            raise CommandError(f"There is no unit {unit}.")
        try:
            user = User.objects.filter(email=email.lower()).first() or users.create_staff(
                SYSTEM, email=email, first_name=first_name, last_name=last_name
            )
            memberships.start(SYSTEM, user=user, unit=place, role=role, subtree=subtree, clearance=clearance)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{user.email}: {role}, {place}{' and below' if subtree else ''}")
        if not user.has_usable_password():
            self.stdout.write("The account has no password yet: set it by “forgotten password” on the sign-in page.")
