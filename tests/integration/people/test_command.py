"""The operator's command."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from people.access import access_of
from people.models import User
from tests.factories import people as make

pytestmark = pytest.mark.django_db


def test_the_operator_gives_the_first_roles() -> None:
    town = make.town()
    call_command("give_role", "Szef@um.example.org", "UM", "unit_admin", "--subtree")
    call_command("give_role", "szef@um.example.org", "UM", "coordinator")
    access = access_of(User.objects.get(email="szef@um.example.org"))
    assert town["SP-1"].pk in access.units["manage_unit"] and access.anywhere("manage_records")
    for arguments in (("szef@um.example.org", "NIE-MA", "clerk"), ("szef@um.example.org", "UM", "coordinator")):
        with pytest.raises(CommandError):
            call_command("give_role", *arguments)
