"""Wagtail's page editor with approvals bound to what was read, and with one save of a page at a time."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.action_menu import PageActionMenu
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page, WorkflowState
from wagtail.models.workflows import TaskState
from wagtail.signals import workflow_rejected

from cms_pages import moderation_due
from cms_pages.moderation import FourEyesTask, Unread, read_mark, require_read, says_the_same, writers
from journal.clock import db_now
from journal.errors import DomainError

#: The name under which the editor's screen sends back what it showed.
SEEN = "seen-revision"

# A refusal is told to everybody who wrote the page, by our own mail (`moderation_mail`), which waits for a mail server.
workflow_rejected.disconnect(sender=WorkflowState, dispatch_uid="workflow_state_rejected_email_notification")


class ReadMenu(PageActionMenu):
    """The editor's buttons, and what their presser has seen."""

    seen = ""

    def render_html(self) -> SafeString:
        return format_html('<input type="hidden" name="{}" value="{}">{}', SEEN, self.seen, super().render_html())


class ReadingEditView(EditView):
    """The page editor: only what was on the approver's screen is approved."""

    page: Page

    def dispatch(self, request: HttpRequest, page_id: int, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase
        if request.method != "POST":
            answer = super().dispatch(request, page_id, **kwargs)
            return answer
        # One save, one approval at a time: what is looked at below stays so until it is answered.
        with transaction.atomic():
            if not Page.objects.select_for_update(of=("self",)).filter(pk=page_id).exists():
                raise Http404
            answer = super().dispatch(request, page_id, **kwargs)
        return answer

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._say_how_it_stands()
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def run_hook(self, hook_name: str, *args: Any, **kwargs: Any) -> Any:
        """A translation that waits for approval is read as the page it becomes, not as a list of texts to translate."""
        if hook_name == "before_edit_page" and self.page.alias_of_id is None and self.page.workflow_in_progress:
            return None
        return super().run_hook(hook_name, *args, **kwargs)

    def get_action_menu(self) -> ReadMenu:
        menu = ReadMenu(self.request, view="edit", page=self.page, lock=self.lock,
                        locked_for_user=self.locked_for_user)  # fmt: skip
        # A form that was refused still shows what was loaded at first.
        menu.seen = self.request.POST.get(SEEN, "") or read_mark(self.latest_revision)
        return menu

    def save_action(self) -> HttpResponse:
        """What is live stays as it was published: a save over that revision makes a new one."""
        if self.request.POST.get("overwrite_revision_id") == str(self.real_page_record.live_revision_id):
            self.request.POST = self.request.POST.copy()
            del self.request.POST["overwrite_revision_id"]
        answer: HttpResponse = super().save_action()
        return answer

    def perform_workflow_action(self) -> HttpResponse:
        task, state = self.page.current_workflow_task, self.page.current_workflow_task_state
        if not isinstance(task, FourEyesTask):
            other: HttpResponse = super().perform_workflow_action()
            return other
        seen = self.request.POST.get(SEEN, "")
        try:
            require_read(self.page, seen)
            mine = self._save_what_was_typed(seen)
            if mine and self.workflow_action == "approve":
                messages.error(self.request, _("You changed the page yourself. Your change is saved and nothing was "
                                               "published: another editor approves it."))  # fmt: skip
                return redirect(self.get_edit_url())
            task.on_action(state, self.request.user, self.workflow_action, seen=seen, comment=self._comment())
        except DomainError as error:
            messages.error(self.request, str(error.message), buttons=self._comparison(seen, error))
            return redirect(self.get_edit_url())
        messages.success(self.request, self._done())
        answer: HttpResponse = self.run_hook("after_edit_page", self.request, self.page) or self.redirect_away()
        return answer

    def _save_what_was_typed(self, seen: str) -> bool:
        """Save the form where it says other words than the approver was shown; whether it does."""
        if not self.has_content_changes:
            return False
        self.page = self.form.save(commit=False)
        if says_the_same(self.page, seen):
            return False
        self.subscription.save()
        self.page.save_revision(user=self.request.user, log_action=True)
        return True

    def _comment(self) -> str:
        try:
            said = json.loads(self.request.POST.get("workflow-action-extra-data", "") or "{}")
        except ValueError:
            return ""
        return str(said.get("comment", ""))[:4000] if isinstance(said, dict) else ""

    def _done(self) -> str:
        if self.workflow_action == "approve" and self.page.go_live_at and self.page.go_live_at > db_now():
            said = _("You approved the page “%(title)s”. It goes live on %(when)s.")
            return said % {"title": self.page.title, "when": date_format(localtime(self.page.go_live_at), "j E Y, H:i")}
        if self.workflow_action == "approve":
            return _("You approved the page “%(title)s”. It is published.") % {"title": self.page.title}
        return _("The page “%(title)s” goes back to its writers with your words.") % {"title": self.page.title}

    def _comparison(self, seen: str, error: DomainError) -> list[dict[str, Any]]:
        """A way from what was read to what is there now, where both are still kept apart."""
        read = seen.partition(".")[0]
        newest = self.latest_revision
        if not isinstance(error, Unread) or newest is None or not read.isdecimal() or int(read) == newest.pk:
            return []
        url = reverse("wagtailadmin_pages:revisions_compare", args=[self.page.pk, int(read), newest.pk])
        return [messages.button(url, _("See what changed"))]

    def _say_how_it_stands(self) -> None:
        """Why there is no button to approve, and what a colleague wants changed."""
        state = self.page.current_workflow_state
        task_state: TaskState | None = state.current_task_state if state else None
        if task_state is None or not isinstance(task_state.task.specific, FourEyesTask):
            return
        user, four_eyes = self.request.user, task_state.task.specific
        if state.status == WorkflowState.STATUS_NEEDS_CHANGES and task_state.comment:
            said = _("%(who)s asks for changes: %(reason)s")
            messages.warning(self.request, said % {"who": task_state.finished_by or _("An editor"),
                                                   "reason": task_state.comment})  # fmt: skip
        elif state.status == WorkflowState.STATUS_IN_PROGRESS and (
            four_eyes.get_actions(self.page, user)
        ):
            due = moderation_due.due_on(task_state, four_eyes.days)
            messages.info(self.request, _("The page waits for your approval until %(day)s.")
                          % {"day": date_format(due, "j E Y")})  # fmt: skip
        elif state.status == WorkflowState.STATUS_IN_PROGRESS and (
            state.requested_by_id == user.pk or user.pk in writers(self.page)
        ):
            messages.info(self.request, _("The page waits for another editor. Whoever wrote a part of the changes or "
                                          "asked for approval does not approve them."))  # fmt: skip


class ReadFirstView(WorkflowActionView):
    """Buttons beside a list: nobody approves there what they have not opened."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(self.task, FourEyesTask):
            other: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            return other
        try:
            if self.action_name == "approve" and self.object.workflow_in_progress:
                self.check_action()
                raise Unread(_("Read the page before you approve it: open it and use the button there."))
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error.message))
            url = reverse("wagtailadmin_pages:edit", args=[self.object.pk])
            if request.headers.get("x-requested-with") == "XMLHttpRequest":
                answer = self.render_modal_json(request, {"step": "success", "redirect": url})
            else:
                answer = redirect(url)
        return answer

    def check_action(self) -> None:
        if not self.task.user_can_access_editor(self.object, self.request.user):
            raise PermissionDenied
        super().check_action()


class ReadingPageViewSet(PageViewSet):
    edit_view_class = ReadingEditView
    workflow_action_view_class = ReadFirstView
