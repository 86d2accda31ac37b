"""Who may use the screens about people. Registered before Wagtail asks for the first time."""

from __future__ import annotations

from wagtail.permissions import register_permission_policy

from people.models import Citizen, Membership, StaffMember, Substitution, Unit
from people.policy import AccessPermissionPolicy, StaffPermissionPolicy

register_permission_policy(Unit, AccessPermissionPolicy(Unit, permission="manage_unit", unit_path="pk"))
register_permission_policy(
    Membership, AccessPermissionPolicy(Membership, permission="manage_unit", unit_path="role_group__unit")
)
#: On the proxy alone: Wagtail's own user editor asks about User and stays with superusers.
register_permission_policy(
    StaffMember,
    AccessPermissionPolicy(StaffMember, permission="manage_unit", unit_path="memberships__role_group__unit"),
    exact_class=True,
)
register_permission_policy(Substitution, StaffPermissionPolicy(Substitution, actions=["add", "view", "delete"]))
register_permission_policy(
    Citizen,
    AccessPermissionPolicy(
        Citizen, permission="register_letters", unit_path=None, actions={"add": None, "delete": None}
    ),
)
