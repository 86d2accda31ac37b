"""States of a case and what may be done in each: one table, used by deeds, desk, API and the citizen's timeline.

A state is never stored: it derives from the times on the case, its open supplement request and its open suspension.
`case_state` reads one case; `with_state` is the same rule in SQL for lists. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Case as SqlCase
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from documents.models import Case
from journal.errors import Refused
from workflow.models import Interval, SupplementRequest


class State(StrEnum):
    FILED = "filed"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    SUSPENDED = "suspended"
    DECISION_READY = "decision_ready"
    DELIVERED = "delivered"
    CLOSED = "closed"
    LEFT = "left"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    CROSSED = "crossed"


class Verb(StrEnum):
    """Deeds on a case, with Wagtail's words where Wagtail has them."""

    ASSIGN = "assign"
    FORWARD = "forward"
    INVITE = "invite"
    REGISTER = "register"
    REQUEST_SUPPLEMENT = "request_supplement"
    ANSWER_SUPPLEMENT = "answer_supplement"
    ACCEPT_SIGNATURE = "accept_signature"
    LEAVE = "leave_unconsidered"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    DRAFT = "draft"
    SEND_FOR_APPROVAL = "send_for_approval"
    APPROVE = "approve"
    RETURN = "return"
    SIGN = "sign"
    DELIVER = "deliver"
    CLOSE = "close"
    CROSS = "cross"


_ANY_TIME = {Verb.ASSIGN, Verb.EXTEND, Verb.INVITE}
_LETTER_WORK = {Verb.DRAFT, Verb.SEND_FOR_APPROVAL, Verb.APPROVE, Verb.RETURN}

#: state -> verb -> state after it. What is not listed is refused.
TRANSITIONS: Mapping[State, Mapping[Verb, State]] = {
    State.FILED: {
        **dict.fromkeys(_ANY_TIME, State.FILED),
        Verb.FORWARD: State.FILED,
        Verb.REGISTER: State.IN_PROGRESS,
        Verb.CROSS: State.CROSSED,
    },
    State.IN_PROGRESS: {
        **dict.fromkeys(_ANY_TIME | _LETTER_WORK, State.IN_PROGRESS),
        Verb.REQUEST_SUPPLEMENT: State.WAITING,
        Verb.ACCEPT_SIGNATURE: State.IN_PROGRESS,
        Verb.SUSPEND: State.SUSPENDED,
        Verb.SIGN: State.DECISION_READY,
        Verb.CLOSE: State.CLOSED,
        Verb.CROSS: State.CROSSED,
    },
    State.WAITING: {
        **dict.fromkeys(_ANY_TIME, State.WAITING),
        Verb.ANSWER_SUPPLEMENT: State.IN_PROGRESS,
        Verb.LEAVE: State.LEFT,
    },
    State.SUSPENDED: {
        Verb.ASSIGN: State.SUSPENDED,
        Verb.INVITE: State.SUSPENDED,
        Verb.RESUME: State.IN_PROGRESS,
    },
    State.DECISION_READY: {Verb.ASSIGN: State.DECISION_READY, Verb.DELIVER: State.DELIVERED},
    State.DELIVERED: {Verb.ASSIGN: State.DELIVERED, Verb.CLOSE: State.CLOSED},
    State.CLOSED: {},
    State.LEFT: {},
    State.TRANSFERRED: {},
    State.WITHDRAWN: {},
    State.CROSSED: {},
}

STATE_LABELS: Mapping[State, Promise] = {
    State.FILED: _("waiting for a reference"),
    State.IN_PROGRESS: _("in progress"),
    State.WAITING: _("waiting for a supplement"),
    State.SUSPENDED: _("suspended"),
    State.DECISION_READY: _("letter on its way"),
    State.DELIVERED: _("delivered"),
    State.CLOSED: _("closed"),
    State.LEFT: _("left unconsidered"),
    State.TRANSFERRED: _("transferred"),
    State.WITHDRAWN: _("withdrawn"),
    State.CROSSED: _("crossed out"),
}

ENDED = frozenset({State.CLOSED, State.LEFT, State.TRANSFERRED, State.WITHDRAWN, State.CROSSED})


def _open_request(case_ref: Any) -> QuerySet[SupplementRequest]:
    return SupplementRequest.objects.filter(case=case_ref, answered_at__isnull=True, left_at__isnull=True)


def _open_suspension(case_ref: Any) -> QuerySet[Interval]:
    return Interval.objects.filter(case=case_ref, kind=Interval.Kind.SUSPENDED, until_day__isnull=True)


#: The times that decide alone, strongest first.
_BY_TIME: tuple[tuple[str, State], ...] = (
    ("crossed_at", State.CROSSED),
    ("left_at", State.LEFT),
    ("transferred_at", State.TRANSFERRED),
    ("withdrawn_at", State.WITHDRAWN),
    ("closed_at", State.CLOSED),
    ("delivered_at", State.DELIVERED),
    ("decision_ready_at", State.DECISION_READY),
)


def case_state(case: Case) -> State:
    """The state of one case by its facts (at most two small queries)."""
    for name, state in _BY_TIME:
        if getattr(case, name) is not None:
            return state
    if case.registered_at is None:
        return State.FILED
    if _open_request(case).exists():
        return State.WAITING
    if _open_suspension(case).exists():
        return State.SUSPENDED
    return State.IN_PROGRESS


def with_state(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Annotate `state` by the same rule, in SQL."""
    ref = OuterRef("pk")
    return cases.annotate(
        state=SqlCase(
            *(When(Q(**{f"{name}__isnull": False}), then=Value(state.value)) for name, state in _BY_TIME),
            When(registered_at__isnull=True, then=Value(State.FILED.value)),
            When(Exists(_open_request(ref)), then=Value(State.WAITING.value)),
            When(Exists(_open_suspension(ref)), then=Value(State.SUSPENDED.value)),
            default=Value(State.IN_PROGRESS.value),
            output_field=CharField(),
        )
    )


def allowed(state: State, verb: Verb) -> bool:
    """Whether the verb is possible in the state."""
    return verb in TRANSITIONS[state]


def require(case: Case, verb: Verb) -> State:
    """Raise Refused (naming the state) unless the verb is possible now; return the state. Call with the case locked."""
    state = case_state(case)
    if not allowed(state, verb):
        raise Refused(gettext("This cannot be done while the case is: %(state)s.") % {"state": STATE_LABELS[state]})
    return state


@dataclass(frozen=True)
class PublicStatus:
    """What the citizen reads: a word, what it means, and what happens next."""

    code: str
    label: Promise
    explanation: Promise
    next_step: Promise
    tone: str = "info"  # info | action | good | ended


PUBLIC: Mapping[State, PublicStatus] = {
    State.FILED: PublicStatus(
        "registered",
        _("registered"),
        _("Your letter has reached the office and has a number."),
        _("A clerk will be assigned and the case will get its reference."),
    ),
    State.IN_PROGRESS: PublicStatus(
        "considered",
        _("being considered"),
        _("A clerk is working on your case."),
        _("You will get a decision or a question from the office."),
    ),
    State.WAITING: PublicStatus(
        "supplement",
        _("needs a supplement"),
        _("The office has asked you for something."),
        _("Read what is missing and answer before the date given."),
        "action",
    ),
    State.SUSPENDED: PublicStatus(
        "suspended",
        _("suspended"),
        _("The case waits for something outside the office."),
        _("The office will take it up again and tell you."),
    ),
    State.DECISION_READY: PublicStatus(
        "ready",
        _("letter ready"),
        _("The office has settled your case."),
        _("Confirm that you receive the letter; then you can open it."),
        "action",
    ),
    State.DELIVERED: PublicStatus(
        "delivered",
        _("delivered"),
        _("The letter has been delivered to you."),
        _("You may appeal within the time given in the letter."),
        "good",
    ),
    State.CLOSED: PublicStatus("closed", _("closed"), _("The case is settled."), _("You need to do nothing."), "good"),
    State.LEFT: PublicStatus(
        "left",
        _("left unconsidered"),
        _("The case was left unconsidered, because what was asked for did not come."),
        _("You may file again."),
        "ended",
    ),
    State.TRANSFERRED: PublicStatus(
        "transferred",
        _("transferred"),
        _("Another office is competent for your case."),
        _("That office will write to you."),
        "ended",
    ),
    State.WITHDRAWN: PublicStatus(
        "withdrawn", _("withdrawn"), _("The application was withdrawn."), _("You need to do nothing."), "ended"
    ),
    State.CROSSED: PublicStatus(
        "crossed", _("opened by mistake"), _("This case was opened by mistake."), _("You need to do nothing."), "ended"
    ),
}


def public_status(case: Case) -> PublicStatus:
    """What the citizen is told about a case (uses the annotation of `with_state` when it is there)."""
    return PUBLIC[State(getattr(case, "state", None) or case_state(case))]


def offered(case: Case, *, signature_missing: bool, state: State | None = None) -> list[Verb]:
    """Deeds offered to the clerk, the one that fits best first. `state`: that of the case, where it is known."""
    state = state or case_state(case)
    order = [
        Verb.REGISTER,
        Verb.REQUEST_SUPPLEMENT,
        Verb.LEAVE,
        Verb.DRAFT,
        Verb.CLOSE,
        Verb.RESUME,
        Verb.EXTEND,
        Verb.SUSPEND,
        Verb.ASSIGN,
        Verb.FORWARD,
        Verb.INVITE,
        Verb.CROSS,
    ]
    if not signature_missing:
        order.remove(Verb.REQUEST_SUPPLEMENT)
        order.insert(order.index(Verb.CLOSE) + 1, Verb.REQUEST_SUPPLEMENT)
    if case.handler_id is None:
        order = [Verb.ASSIGN, Verb.FORWARD, *(verb for verb in order if verb not in {Verb.ASSIGN, Verb.FORWARD})]
    return [verb for verb in order if allowed(state, verb)]
