"""Who may use the screens of the portal's editors."""

from __future__ import annotations

from wagtail.permissions import register_permission_policy

from cms_pages.models.settings import Alert
from people.policy import AccessPermissionPolicy

register_permission_policy(Alert, AccessPermissionPolicy(Alert, permission="edit_content"))
