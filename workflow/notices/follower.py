"""Who is told of which entry: follows the journal, so each notice is made once, whatever is killed meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from documents.models import Case, Letter
from journal.clock import db_now
from journal.follow import Follower
from journal.jobs import defer_together
from journal.models import Entry
from people.access import valid_now
from people.models import Role, Substitution, User
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
        heard = {(user_id, entry.pk, kind): entry.case_id for entry in fresh for kind, user_id in told(entry)}
        if not heard:
            return
        known = StaffNotice.objects.filter(entry__in=[entry.pk for entry in fresh])
        for key in known.values_list("user_id", "entry_id", "kind"):
            heard.pop(key, None)
        made = StaffNotice.objects.bulk_create(
            StaffNotice(user_id=user_id, entry_id=entry_id, kind=kind, case_id=case_id, made_at=now)
            for (user_id, entry_id, kind), case_id in sorted(heard.items())
        )
        at_once = StaffNoticeChoice.objects.filter(user__in={notice.user_id for notice in made}, when=When.NOW)
        wanted = set(at_once.values_list("user_id", "kind"))
        defer_together(
            *((mails.send_notice, {"notice_id": n.pk}) for n in made if (n.user_id, n.kind) in wanted)
        )


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
    elif entry.action == "case.overdue":
        case = Case.objects.select_related("unit").get(pk=entry.case_id or 0)
        people = running.holders(Role.HEAD, case.unit) | ({case.handler_id} if case.handler_id else set())
        yield from ((Kind.OVERDUE, user_id) for user_id in with_substitutes(people))
    elif entry.action == "substitution.planned":
        yield Kind.SUBSTITUTE, int(entry.data["substitute"])
    elif entry.action == "letter.registered":
        yield from ((Kind.LETTER, user_id) for user_id in _of_further_letter(entry))
    elif entry.action in FOR_HANDLER:
        handler = Case.objects.values_list("handler_id", flat=True).filter(pk=entry.case_id or 0).first()
        if handler is not None:
            yield from ((FOR_HANDLER[entry.action], user_id) for user_id in with_substitutes([handler]))


def _of_further_letter(entry: Entry) -> frozenset[int]:
    """Who settles the case that a letter came into: one that neither opened it nor answers a call (told so itself)."""
    if entry.data.get("direction") != "in" or entry.case_id is None:
        return frozenset()
    letter = Letter.objects.filter(pk=entry.object_id).exclude(kind="supplement").select_related("case").first()
    if letter is None or letter.case is None or letter.case.handler_id is None:
        return frozenset()
    first = letter.case.letters.incoming().order_by("id").values_list("pk", flat=True).first()
    return frozenset() if first == letter.pk else with_substitutes([letter.case.handler_id])


def doers(task: Task) -> frozenset[int]:
    """Who may do a task: its person, or everybody who holds its position; and who takes their place now."""
    people = [task.assignee_id] if task.assignee_id else running.holders(task.role, task.unit)
    return with_substitutes(people)


def with_substitutes(people: Iterable[int]) -> frozenset[int]:
    """These people and their substitutes of today; nobody whose account is closed."""
    known = set(people)
    known |= set(Substitution.objects.filter(valid_now(), absent__in=known).values_list("substitute_id", flat=True))
    return frozenset(User.objects.filter(pk__in=known, is_active=True).values_list("pk", flat=True))
