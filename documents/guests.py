"""The right of a party: the case's own account, or, for a case filed without one, a session that opened it by its code
and second factor or has just filed it.

The session keeps ids of cases for a few hours; the rule of who may open a case as its party has this one home.
"""

from __future__ import annotations

import time

from django.http import HttpRequest

from documents.models import Case

_KEY = "party_cases"
#: How long a guest's session opens a case, in seconds.
LASTS = 4 * 3600


def remember(request: HttpRequest, case: Case) -> None:
    """Let this session open the case as its party. The session gets a new key, so that an old one is worth nothing."""
    known = dict(request.session.get(_KEY, {}))
    known[str(case.pk)] = int(time.time())
    request.session.cycle_key()
    request.session[_KEY] = dict(sorted(known.items(), key=lambda item: item[1])[-20:])


def may_open(request: HttpRequest, case: Case) -> bool:
    """Whether the request comes from the case's owner, or, where it has none, from a guest who has opened it. What was
    filed with an account is open to nothing weaker: letters are delivered to that account (KPA art. 46)."""
    if case.owner_id is not None:
        return request.user.is_authenticated and case.owner_id == request.user.pk
    opened = request.session.get(_KEY, {}).get(str(case.pk))
    return opened is not None and time.time() - opened < LASTS
