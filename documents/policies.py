"""Who may open the screens of the registers. Nobody writes through them: deeds do. Rows: `visible_to`."""

from __future__ import annotations

from wagtail.permissions import register_permission_policy

from documents.models import Case, Delivery, Letter
from people.policy import AccessPermissionPolicy

_READ_ONLY: dict[str, str | None] = {"add": None, "change": None, "delete": None}

register_permission_policy(Letter, AccessPermissionPolicy(Letter, permission="view_letters", actions=_READ_ONLY))
register_permission_policy(Case, AccessPermissionPolicy(Case, permission="view_cases", actions=_READ_ONLY))
register_permission_policy(Delivery, AccessPermissionPolicy(
    Delivery, permission="dispatch_letters", unit_path="letter__unit", actions=_READ_ONLY))
