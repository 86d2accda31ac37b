"""What ends the moderation of a page. Wagtail imports this while its models are being built: it imports no model."""

from __future__ import annotations

from typing import Any


def publish_approved(workflow_state: Any, user: Any = None) -> None:
    """What ends a workflow (`WAGTAIL_FINISH_WORKFLOW_ACTION`): the approved page goes live.

    Editors hold no right to publish, so that nobody publishes alone; a task that has proved another pair of eyes
    (`FourEyesTask.two_pairs_of_eyes`) stands for it, and for the one revision that was read. Any other kind of task
    asks for the right as usual."""
    state = workflow_state.current_task_state
    proved = state is not None and getattr(state.task.specific, "two_pairs_of_eyes", False)
    revision = state.revision if proved else workflow_state.content_object.get_latest_revision()
    revision.publish(user=user, skip_permission_checks=proved)
