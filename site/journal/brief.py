"""What stands still for a moment: answers that a process remembers for `settings.BRIEFLY` seconds.

For facts that change by the hour and are asked by the second: who offers a service, whether sealing keeps up. Nothing
about a person, a case or a right belongs here. Each process has its own memory, so a change is seen everywhere within
that time; 0 remembers nothing.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Hashable
from typing import ParamSpec, TypeVar

from django.conf import settings

P = ParamSpec("P")
T = TypeVar("T")
#: More answers of one kind than this are not kept at once.
_MOST = 1000


def briefly(ask: Callable[P, T]) -> Callable[P, T]:
    """Decorator: remember the answer to equal positional arguments (hashable). An error is never remembered; what is
    given must not be changed by who gets it."""
    known: dict[Hashable, tuple[float, T]] = {}

    @functools.wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        now = time.monotonic()
        found = known.get(args)
        if found is not None and now - found[0] < settings.BRIEFLY:
            return found[1]
        answer = ask(*args, **kwargs)
        if settings.BRIEFLY:
            if len(known) >= _MOST:
                known.clear()
            known[args] = (now, answer)
        return answer

    return asked
