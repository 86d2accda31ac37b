"""Sessions of a person, to be ended when the person leaves."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction


def end_sessions(user_id: int) -> None:
    """End every session of the user once the transaction commits."""

    def end() -> None:
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()

    transaction.on_commit(end)
