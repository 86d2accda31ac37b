"""Who may sign in to look around the demo town, and a guest's case that needs no account."""

from __future__ import annotations

from demo import reading, town
from demo.crew import ACCOUNTS
from documents.models import Case
from people.models import User


def lines() -> list[str]:
    """The accounts that are there, one line each, and the password they share. Empty without a demo town."""
    data = reading.toml(ACCOUNTS)
    wanted = [*data["account"], data["operator"], *data["citizen"]]
    if town.office() is None:
        return []
    known = set(User.objects.filter(email__in=[about["email"] for about in wanted]).values_list("email", flat=True))
    shown = [about for about in wanted if about["email"] in known]
    if not shown:
        return []
    width = max(len(about["email"]) for about in shown)
    return ["Konta do wypróbowania (hasło dla wszystkich: " + data["password"] + ")",
            *(f"  {about['email']:<{width}}  {about['about']}" for about in shown), *_guest()]


def _guest() -> list[str]:
    """A guest's case in progress: its tracking code and second factor, for the page that checks a case."""
    case = (Case.objects.open().filter(owner__isnull=True, reference__isnull=False, parties__email__startswith="gosc")
            .order_by("pk").first())
    party = case.parties.exclude(email="").first() if case else None
    if case is None or party is None:
        return []
    return [f"Sprawa gościa bez konta: kod {case.tracking_code}, e-mail {party.email}"]
