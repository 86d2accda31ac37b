"""Who is told of which entry: follows the journal, so each notice is made once, whatever is killed meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from documents.models import Case
from journal.clock import db_now
from journal.follow import Follower
from journal.models import Entry
from people.access import valid_now
from people.models import Substitution, User
from workflow.models import RouteStep, Task
from workflow.notices import mails
from workflow.notices.models import Kind, StaffNotice, StaffNoticeChoice, When
from workflow.routes import running

Verb = RouteStep.Verb
#: Deeds that happened longer ago (an import, a worker that was down for days) tell nobody any more.
TOO_OLD = dt.timedelta(days=3)
#: What a task that just came is called.
OF_TASK = {
    Verb.HANDLE: Kind.ASSIGNED, Verb.ASSIGN: Kind.TO_ASSIGN, Verb.REGISTER: Kind.TO_ASSIGN,
    Verb.APPROVE: Kind.TO_APPROVE, Verb.SIGN: Kind.TO_SIGN, Verb.CORRECT: Kind.RETURNED, Verb.CONSULT: Kind.ASKED,
    Verb.NOTE: Kind.ASKED,
}  # fmt: skip
#: Entries that bring tasks, and the names in their data under which these stand.
BRINGS = {
    "case.assigned": "task", "case.passed_on": "task", "case.invited": "task", "letter.sent_for_approval": "tasks",
    "letter.approved": "tasks", "letter.returned": "correction", "task.escalated": "to",
}  # fmt: skip
#: Entries of which who settles the case is told.
FOR_HANDLER = {
    "case.opinion_given": Kind.OPINION, "case.noted": Kind.OPINION, "supplement.answered": Kind.ANSWER,
    "message.from_party": Kind.ANSWER,
}  # fmt: skip


class StaffNotices(Follower):
    """Makes the notices and defers the mails that are wanted at once; all in the transaction that moves the cursor."""

    name = "staff-notices"

    def handle(self, entries: Sequence[Entry]) -> None:
        now = db_now()
        fresh = [entry for entry in entries if now - entry.timestamp <= TOO_OLD]
        for entry in fresh:
            for kind, user_id in sorted(set(told(entry))):
                notice, made = StaffNotice.objects.get_or_create(
                    user_id=user_id, entry_id=entry.pk, kind=kind, defaults={"case_id": entry.case_id, "made_at": now}
                )
                wanted = StaffNoticeChoice.objects.filter(user_id=user_id, kind=kind, when=When.NOW)
                if made and wanted.exists():
                    mails.send_notice.defer(notice_id=notice.pk)


def told(entry: Entry) -> Iterator[tuple[str, int]]:
    """(kind, user) of everybody who is told of an entry; never who did the deed."""
    own = int(entry.user_id) if entry.user_id else None
    for kind, user_id in _told(entry):
        if user_id != own:
            yield str(kind), user_id


def _told(entry: Entry) -> Iterator[tuple[str, int]]:
    if entry.action in BRINGS:
        named = entry.data.get(BRINGS[entry.action]) or []
        ids = named if isinstance(named, list) else [named]
        for task in Task.objects.open().filter(pk__in=ids).select_related("unit"):
            kind = Kind.ESCALATED if entry.action == "task.escalated" else OF_TASK.get(Verb(task.verb))
            if kind:
                yield from ((kind, user_id) for user_id in doers(task))
    elif entry.action == "case.opened":  # by intake, in whose transaction the case's first task came too
        for task in Task.objects.open().filter(case=entry.case_id, verb=Verb.ASSIGN).select_related("unit"):
            yield from ((Kind.TO_ASSIGN, user_id) for user_id in doers(task))
    elif entry.action == "task.reminded":
        for task in Task.objects.open().filter(pk=entry.object_id).select_related("unit"):
            yield from ((Kind.REMINDED, user_id) for user_id in doers(task))
    elif entry.action in FOR_HANDLER:
        handler = Case.objects.values_list("handler_id", flat=True).filter(pk=entry.case_id or 0).first()
        if handler is not None:
            yield from ((FOR_HANDLER[entry.action], user_id) for user_id in with_substitutes([handler]))


def doers(task: Task) -> frozenset[int]:
    """Who may do a task: its person, or everybody who holds its position; and who takes their place now."""
    people = [task.assignee_id] if task.assignee_id else running.holders(task.role, task.unit)
    return with_substitutes(people)


def with_substitutes(people: Iterable[int]) -> frozenset[int]:
    """These people and their substitutes of today; nobody whose account is closed."""
    known = set(people)
    known |= set(Substitution.objects.filter(valid_now(), absent__in=known).values_list("substitute_id", flat=True))
    return frozenset(User.objects.filter(pk__in=known, is_active=True).values_list("pk", flat=True))
