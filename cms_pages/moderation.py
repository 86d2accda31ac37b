"""Four eyes: what one editor wrote, another one reads and approves; Wagtail's own workflow does the rest.

An approval is bound to the text that was read (`read_mark`): no text goes live that its approver did not see."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.forms import TaskStateCommentForm
from wagtail.models import (
    GroupPagePermission,
    Page,
    Revision,
    Task,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)
from wagtail.permissions import page_permission_policy

from journal.errors import Conflict, Refused
from journal.record import record
from people.access import Access
from people.models import Role, RoleGroup, User
from people.policy import access_for

#: What a revision says of itself and of the page's place; it changes without anybody's writing.
_BOOKKEEPING = frozenset(
    {"latest_revision", "latest_revision_created_at", "live_revision", "has_unpublished_changes", "last_published_at",
     "first_published_at", "draft_title", "path", "depth", "numchild", "url_path", "comments", "live", "expired",
     "locked", "locked_at", "locked_by"}
)  # fmt: skip
#: Values chosen from a list: their order says nothing.
_SETS = frozenset({"extensions"})
_BLOCK_KEY = re.compile(r' data-block-key="[^"]*"')
_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>")


class Unread(Conflict):
    """The page has a newer text than the one the approver read; says who changed it and when."""


def _plain(name: str, value: Any) -> Any:
    """A value as a reader sees it. The editor's screen rewrites what it only shows: it gives paragraphs keys, writes an
    empty text for none, and puts chosen values into the order of its list."""
    if isinstance(value, str):
        if value[:1] in {"[", "{"}:  # a StreamField keeps its blocks as JSON in a text
            try:
                return _plain(name, json.loads(value))
            except ValueError:
                return value
        return _EMPTY_PARAGRAPH.sub("", _BLOCK_KEY.sub("", value))
    if isinstance(value, dict):
        inner = {key: _plain(key, item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item or item == 0 and item is not False}
    if isinstance(value, list):
        items = [_plain(name, item) for item in value]
        return sorted(items) if name in _SETS else items
    return value


def _said(content: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = _plain("", {name: value for name, value in content.items() if name not in _BOOKKEEPING})
    return said


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(_said(content), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_mark(revision: Revision | None) -> str:
    """What a screen that shows this revision sends back with an approval: its number and a digest of its text.

    The editor saves over its own revision while somebody types, so the number alone would not say what was read."""
    return f"{revision.pk}.{_digest(revision.content)}" if revision else ""


def says_the_same(page: Page, seen: str) -> bool:
    """Whether the page, as it stands in memory, says what a screen showed (`read_mark`)."""
    content = json.loads(json.dumps(page.serializable_data(), cls=DjangoJSONEncoder))
    return seen.partition(".")[2] == _digest(content)


def _same_text(one: str, other: str) -> bool:
    return one.partition(".")[2] == other.partition(".")[2]


def _newest(page_id: int) -> Revision | None:
    """The page's newest revision as it stands now, whatever the caller's copy says."""
    return Revision.objects.filter(pk__in=Page.objects.filter(pk=page_id).values("latest_revision")).first()


def _not_live_yet(page_id: int) -> list[Revision]:
    """The revisions that changed the text since the live version, in their order. Wagtail's editor saves one for
    somebody who only looks or approves; one that changes nothing is nobody's writing."""
    page = Page.objects.only("live_revision", "last_published_at").get(pk=page_id)
    revisions = Revision.objects.page_revisions().filter(object_id=str(page_id)).order_by("pk").select_related("user")
    live = page.live_revision_id
    if live is None and page.last_published_at:  # withdrawn from the portal: what stood there had been approved
        published = revisions.filter(created_at__lte=page.last_published_at)
        live = published.order_by("-pk").values_list("pk", flat=True).first()
    changed: list[Revision] = []
    before: dict[str, Any] | None = None
    for revision in revisions.filter(pk__gte=live or 0).iterator():
        said = _said(revision.content)
        if revision.pk != live and said != before:
            changed.append(revision)
        before = said
    return changed


def writers(page: Page) -> frozenset[int]:
    """Ids of everybody who wrote something of the page that is not live yet."""
    return frozenset(r.user_id for r in _not_live_yet(page.pk) if r.user_id)


def require_read(page: Page, seen: str) -> None:
    """Raises Unread unless `seen` (`read_mark` of what a screen showed) is the page's newest text. Call it with the
    page's row locked, else somebody may save between this answer and its use."""
    if not seen:
        raise Unread(_("Read the page before you approve it: open it and use the button there."))
    newest = _newest(page.pk)
    if newest is None or not _same_text(seen, read_mark(newest)):
        last = (_not_live_yet(page.pk) or [newest])[-1]
        who = str(last.user) if last and last.user else gettext("Somebody")
        when = date_format(localtime(last.created_at), "j E Y, H:i") if last else ""
        text = gettext(
            "%(who)s changed the page (%(when)s) after you had opened it. Nothing was published. The newer text is "
            "shown now: read it, then approve it or ask for changes."
        )
        raise Unread(text % {"who": who, "when": when})


class ReasonForm(TaskStateCommentForm):
    """Why a page goes back to who wrote it: they are told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = True
        self.fields["comment"].label = _("What should be changed")
        self.fields["comment"].help_text = _("Whoever wrote the page is told by mail.")


class FourEyesTask(Task):
    """Approval by any editor of the page's branch who wrote nothing of what is not live yet, nor asked for approval.

    Being an editor is asked of Access, the branch of Wagtail's page rights: who writes a school's pages does not write
    or approve the city's."""

    #: An approval here stands for the right to publish (`cms_pages.finish`).
    two_pairs_of_eyes = True
    #: Within how many working days somebody should have looked (`moderation_due`).
    days = models.PositiveSmallIntegerField(_("working days to approve"), default=3)

    admin_form_fields = [*Task.admin_form_fields, "days"]

    class Meta:
        verbose_name = _("approval by another editor")
        verbose_name_plural = _("approvals by another editor")

    @classmethod
    def get_description(cls) -> Any:
        return _("Any editor of the page who wrote none of the changes can approve.")

    def _edits(self, obj: Any, user: User) -> bool:
        return user.is_superuser or (
            access_for(user).anywhere("edit_content")
            and page_permission_policy.user_has_permission_for_instance(user, "change", obj)
        )

    def _wrote(self, obj: Any, user: User) -> bool:
        state = obj.current_workflow_state
        return (state is not None and state.requested_by_id == user.pk) or user.pk in writers(obj)

    def user_can_access_editor(self, obj: Any, user: User) -> bool:
        return self._edits(obj, user)

    def locked_for_user(self, obj: Any, user: User) -> bool:
        return not self._edits(obj, user)

    def get_actions(self, obj: Any, user: User) -> list[tuple[str, Any, bool]]:
        if not self._edits(obj, user) or self._wrote(obj, user):
            return []
        return [
            ("reject", _("Request changes"), True),
            ("approve", _("Approve"), False),
            ("approve", _("Approve with comment"), True),
        ]

    def get_form_for_action(self, action: str) -> Any:
        return ReasonForm if action == "reject" else super().get_form_for_action(action)

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Refuses the author on every path, not only in the screens. One entry: page.approved or page.returned.

        `seen`: `read_mark` of what the approver read; only that text goes live. `comment`: the reason, which a refusal
        needs. Raises PermissionDenied, Unread, Conflict when nothing waits any more, Refused without a reason."""
        if action_name not in {"approve", "reject"}:
            super().on_action(task_state, user, action_name, **kwargs)
            return
        seen, comment = str(kwargs.get("seen", "")), str(kwargs.get("comment", "")).strip()
        # Whoever saves the page writes its row: until this transaction ends, nobody does.
        page_id = int(task_state.workflow_state.object_id)
        page = Page.objects.select_for_update(of=("self",)).get(pk=page_id).specific
        current = page.current_workflow_task_state
        if current is None or current.pk != task_state.pk:
            raise Conflict(_("The page does not wait for approval any more."))
        if not any(name == action_name for name, _label, _modal in self.get_actions(page, user)):
            raise PermissionDenied
        if action_name == "approve":
            require_read(page, seen)
            current.revision = page.latest_revision  # this row is published (`cms_pages.finish`)
            current.approve(user=user, comment=comment)
            record(access_for(user), "page.approved", page, data={"revision": current.revision_id})
            return
        if not comment:
            raise Refused(_("Say what should be changed."))
        told = sorted({*writers(page), current.workflow_state.requested_by_id or 0} - {user.pk, 0})
        current.reject(user=user, comment=comment)
        record(access_for(user), "page.returned", page, data={"revision": page.latest_revision_id, "to": told},
               detail={"reason": comment})  # fmt: skip

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> Any:
        if not user.is_superuser and not access_for(user).anywhere("edit_content"):
            return TaskState.objects.none()
        pages = page_permission_policy.instances_user_has_permission_for(user, "change").order_by()
        ids = pages.annotate(text_id=Cast("pk", CharField())).values("text_id")
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS, workflow_state__object_id__in=ids)
        return waiting.exclude(workflow_state__requested_by=user)


@transaction.atomic
def moderate(actor: Access, *, page: Page) -> Workflow:
    """Put a branch of pages under four-eyes moderation. One entry: page.moderated. Needs the system or superuser rights
    that set a portal up."""
    if not actor.is_system:
        raise PermissionDenied
    task, _made = FourEyesTask.objects.get_or_create(name=str(_("Another editor approves")), defaults={"active": True})
    workflow, _made = Workflow.objects.get_or_create(name=str(_("Four eyes")), defaults={"active": True})
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task.task_ptr, defaults={"sort_order": 0})
    for each in page.get_translations(inclusive=True):
        WorkflowPage.objects.update_or_create(page=each, defaults={"workflow": workflow})
    record(actor, "page.moderated", page)
    return workflow


@transaction.atomic
def open_branch(actor: Access, *, role_group: RoleGroup, page: Page) -> None:
    """Let the editors of a unit write in a branch of pages and its translations (never publish alone). One entry:
    page.branch_opened."""
    if not actor.is_system and not actor.may("manage_unit", role_group.unit_id):
        raise PermissionDenied
    if role_group.role != Role.EDITOR:
        raise ValueError("a branch is opened to editors")
    rights = Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=("add_page", "change_page"))
    for each in page.get_translations(inclusive=True):
        for right in rights:
            GroupPagePermission.objects.get_or_create(group=role_group.group, page=each, permission=right)
    record(actor, "page.branch_opened", page, unit_id=role_group.unit_id, data={"role_group": role_group.pk})
