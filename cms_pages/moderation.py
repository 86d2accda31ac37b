"""Four eyes: what one editor wrote, another one approves; Wagtail's own workflow does the rest."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from wagtail.models import (
    GroupPagePermission,
    Page,
    Task,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)
from wagtail.permissions import page_permission_policy

from journal.record import record
from people.access import Access
from people.models import Role, RoleGroup, User
from people.policy import access_for

#: What a revision says of itself and of the page's place; it changes without anybody's writing.
_BOOKKEEPING = frozenset(
    {"latest_revision", "latest_revision_created_at", "live_revision", "has_unpublished_changes", "last_published_at",
     "first_published_at", "draft_title", "path", "depth", "numchild", "url_path", "comments"}
)  # fmt: skip


def _author_of(obj: Any) -> int | None:
    """Id of whoever wrote the page's newest text. Wagtail's editor saves a revision for somebody who only looks or
    approves; one that changes nothing leaves the authorship where it was."""
    author: int | None = None
    later: dict[str, Any] | None = None
    for revision in obj.revisions.order_by("-pk").iterator():
        said = {name: value for name, value in revision.content.items() if name not in _BOOKKEEPING}
        if later is not None and said != later:
            break
        author, later = revision.user_id, said
    return author


class FourEyesTask(Task):
    """Approval by any editor of the page's branch but the one who made the revision, nor whoever asked for approval.

    Being an editor is asked of Access, the branch of Wagtail's page rights: who writes a school's pages does not write
    or approve the city's."""

    #: An approval here stands for the right to publish (`cms_pages.finish`).
    two_pairs_of_eyes = True

    class Meta:
        verbose_name = _("approval by another editor")
        verbose_name_plural = _("approvals by another editor")

    @classmethod
    def get_description(cls) -> Any:
        return _("Any editor of the page except the author of the change can approve.")

    def _edits(self, obj: Any, user: User) -> bool:
        return user.is_superuser or (
            access_for(user).anywhere("edit_content")
            and page_permission_policy.user_has_permission_for_instance(user, "change", obj)
        )

    def _wrote(self, obj: Any, user: User) -> bool:
        state = obj.current_workflow_state
        return _author_of(obj) == user.pk or (state is not None and state.requested_by_id == user.pk)

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

    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Refuses the author on every path, not only in the screens."""
        obj = task_state.workflow_state.content_object
        if action_name in {"approve", "reject"} and not any(
            a == action_name for a, _l, _d in self.get_actions(obj, user)
        ):
            raise PermissionDenied
        super().on_action(task_state, user, action_name, **kwargs)

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
    WorkflowPage.objects.update_or_create(page=page, defaults={"workflow": workflow})
    record(actor, "page.moderated", page)
    return workflow


@transaction.atomic
def open_branch(actor: Access, *, role_group: RoleGroup, page: Page) -> None:
    """Let the editors of a unit write in a branch of pages (never publish alone). One entry: page.branch_opened."""
    if not actor.is_system and not actor.may("manage_unit", role_group.unit_id):
        raise PermissionDenied
    if role_group.role != Role.EDITOR:
        raise ValueError("a branch is opened to editors")
    for codename in ("add_page", "change_page"):
        GroupPagePermission.objects.get_or_create(
            group=role_group.group,
            page=page,
            permission=Permission.objects.get(content_type__app_label="wagtailcore", codename=codename),
        )
    record(actor, "page.branch_opened", page, unit_id=role_group.unit_id, data={"role_group": role_group.pk})
