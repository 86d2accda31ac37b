"""All that the desk shows of one case, read at a constant number of queries."""

from __future__ import annotations

import datetime as dt
import json
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.safestring import SafeString

from documents.models import Case, CaseLink, Delivery, Document, DocumentVersion, Letter
from documents.services import links
from journal import notify
from journal.clock import db_now, warsaw_day
from journal.models import Audience, Entry
from people.access import Access
from workflow import deadlines, process, states
from workflow.models import Assignment, RouteStep, SupplementRequest, Task
from workflow.regimes import Regime
from workflow.routes import engine, picture
from workflow.routes.diagram import Row
from workflow.services import supplements
from workflow.states import State


def _with_times(request: SupplementRequest) -> list[dict[str, Any]]:
    """The judged files of an answer, with the signers' times as times."""
    found = request.signatures.get("files", ())
    return [{**one, "when": dt.datetime.fromisoformat(one["when"]) if one["when"] else None} for one in found]


def opened_for(access: Access) -> str:
    """The end of an address that keeps the desk opened for the absent person, if it is."""
    return f"?za={access.place_of_id}" if access.place_of_id else ""


def frames(access: Access) -> QuerySet[Case]:
    """Cases whose frame the person sees for what they do in them by position: a task, or a posted letter whose return
    receipt is awaited."""
    tasks = Task.objects.actionable_by(access)
    posted = Delivery.objects.visible_to(access).awaiting_receipt().with_permission(access, "dispatch_letters")
    return Case.objects.filter(Q(pk__in=tasks.values("case_id")) | Q(pk__in=posted.values("letter__case_id")))


class CaseFile:
    """A case with its letters, documents, tasks, clock and history, as one person may see them."""

    def __init__(self, case: Case, access: Access) -> None:
        self.case = case
        self.access = access

    @cached_property
    def whole(self) -> bool:
        """Whether the person sees the case itself. Who only has a task in it by position (the registry that posts a
        letter) sees the frame: title, that task, and the letters that their registers show."""
        return Case.objects.visible_to(self.access).filter(pk=self.case.pk).exists()

    @cached_property
    def state(self) -> State:
        return states.case_state(self.case)

    @cached_property
    def letters(self) -> list[Letter]:
        versions = DocumentVersion.objects.select_related("blob").order_by("-number")
        documents = (
            Document.objects.visible_to(self.access)
            .order_by("position", "id")
            .prefetch_related(Prefetch("versions", versions))
        )
        return list(
            Letter.objects.visible_to(self.access)
            .filter(case=self.case)
            .select_related("correspondent", "author", "delivery")
            .prefetch_related(Prefetch("documents", documents))
            .order_by("id")
        )

    @cached_property
    def tasks(self) -> list[Task]:
        return list(
            Task.objects.visible_to(self.access)
            .filter(case=self.case)
            .select_related("unit", "assignee", "done_by", "document_version", "letter")
            .order_by("id")
        )

    @cached_property
    def actionable(self) -> list[Task]:
        ids = set(Task.objects.actionable_by(self.access).filter(case=self.case).values_list("pk", flat=True))
        return [task for task in self.tasks if task.pk in ids]

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Who was given the case, oldest first, with what came of it."""
        if not self.whole:
            return []
        kept = self.case.assignments.select_related("unit", "user", "decided_by", "entered_by", "task__done_by")
        return list(kept.order_by("id"))

    @cached_property
    def entries(self) -> list[Entry]:
        """The newest entries of the log, oldest first; the whole log is the metryka."""
        if not self.whole:
            return []
        newest = (
            Entry.objects.of_case(self.case.pk).select_related("user", "on_behalf_of", "detail").order_by("-id")[:200]
        )
        return list(newest)[::-1]

    @cached_property
    def told(self) -> list[tuple[dt.datetime, str]]:
        """What the party reads of the case in their account: the public entries as sentences, the newest first."""
        shown = (entry for entry in self.entries if entry.audience == Audience.PARTY)
        found = [(each.timestamp, notify.sentence(each)) for each in shown if notify.has_sentence(each.action)]
        return found[::-1]

    @cached_property
    def requests(self) -> list[SupplementRequest]:
        return list(self.case.supplement_requests.order_by("id")) if self.whole else []

    @cached_property
    def calls(self) -> list[tuple[SupplementRequest, list[dict[str, Any]], str]]:
        """The calls, each with the judged files of its answer and the reason for which a clerk accepted a
        signature among them (mostly "")."""
        reasons = (
            Entry.objects.of_case(self.case.pk)
            .filter(action="supplement.signature_accepted")
            .exclude(detail__text="")  # erased
            .values_list("object_id", "detail__text")
            if any(request.signatures.get("accepted") for request in self.requests)
            else ()
        )
        said = {object_id: str(json.loads(text)["reason"]) for object_id, text in reasons}
        return [(request, _with_times(request), said.get(str(request.pk), "")) for request in self.requests]

    @cached_property
    def to_decide(self) -> list[SupplementRequest]:
        """Calls whose answers hold a good signature of an unknown issuer that waits for the clerk's decision."""
        return supplements.to_decide(self.requests, signature_missing=self.case.process.signature_missing)

    @cached_property
    def route_words(self) -> list[Row]:
        """The steps of the case's route, with what is done, under way and still to come; none for a frame only."""
        steps = engine.read(self.case.process.route) if self.whole else ()
        return picture.rows(steps, picture.standings(steps, self.tasks))

    @cached_property
    def route_picture(self) -> SafeString:
        """The same drawn; empty without steps."""
        return picture.of_process(self.route_words, str(self.case)) if self.route_words else SafeString("")

    @cached_property
    def related(self) -> list[CaseLink]:
        """Links to other cases that this person sees."""
        return links.linked(self.case, self.access) if self.whole else []

    @cached_property
    def same_party(self) -> list[Case]:
        """Other cases of the same party that this person sees and that are not linked."""
        known = {pk for link in self.related for pk in (link.first_id, link.second_id)}
        found = links.of_the_same_party(self.case, self.access) if self.whole else []
        return [case for case in found if case.pk not in known]

    @cached_property
    def due(self) -> deadlines.Due:
        return process.count(self.case)

    @cached_property
    def law(self) -> Regime:
        """By which law the time of the case runs."""
        return process.regime_of(self.case, self.due.start)

    @cached_property
    def deadline(self) -> deadlines.State | None:
        if self.case.due_on is None or self.state in states.ENDED:
            return None
        return deadlines.state(self.due.rolled, warsaw_day(db_now()), stopped=self.due.stopped_by is not None)

    @cached_property
    def late(self) -> bool:
        """Whether the time of the case has passed without a new date having been told."""
        return self.deadline is not None and self.deadline.urgency is deadlines.Urgency.OVERDUE

    @cached_property
    def preview(self) -> DocumentVersion | None:
        """What stands on the left first: the letter a task is about, else the newest letter with a file."""
        for task in self.actionable:
            if task.letter_id and task.verb in {
                RouteStep.Verb.APPROVE,
                RouteStep.Verb.SIGN,
                RouteStep.Verb.CORRECT,
                RouteStep.Verb.DISPATCH,
            }:
                version = self.newest(task.letter_id)
                if version:
                    return version
        for letter in reversed(self.letters):
            version = self.newest(letter.pk)
            if version:
                return version
        return None

    @cached_property
    def preview_pages(self) -> range:
        """Pages of the previewed file that are shown: those whose text was read, at least the first, at most twelve."""
        if self.preview is None:
            return range(0)
        return range(1, min(max(self.preview.pages.count(), 1), 12) + 1)

    def newest(self, letter_id: int) -> DocumentVersion | None:
        """Newest version of the letter's own document (a PDF a person can read)."""
        for letter in self.letters:
            if letter.pk == letter_id:
                for document in letter.documents.all():
                    versions = list(document.versions.all())
                    if versions and versions[0].blob.media_type == "application/pdf":
                        return versions[0]
        return None
