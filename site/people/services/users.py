"""Deeds on staff accounts. They give no rights: rights come with memberships."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from journal.errors import NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import User
from people.rules import require_manager_of
from people.sessions import end_sessions

#: What `change` takes. The address names the account, so it is not among them.
FIELDS = ("first_name", "last_name", "post", "phone")


@transaction.atomic
def create_staff(
    actor: Access,
    *,
    email: str,
    first_name: str,
    last_name: str,
    post: str = "",
    phone: str = "",
    password: str | None = None,
) -> User:
    """Make a staff account with a confirmed address. Without a password the person sets one by "forgotten password".

    Needs `manage_unit` in any unit; the account has no rights until a membership starts. Raises NotAllowed; Refused
    when the address is wrong or taken (a citizen's account never becomes a staff account)."""
    if not actor.is_system and not actor.anywhere("manage_unit"):
        raise NotAllowed(_("You do not manage any unit."))
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    if User.objects.filter(email__iexact=email).exists() or EmailAddress.objects.filter(email__iexact=email).exists():
        raise Refused(_("There is already an account with this e-mail address."))
    user = User.objects.create_user(
        email,
        password,
        is_staff=True,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        post=post.strip(),
        phone=phone.strip(),
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    record(
        actor,
        "user.created",
        user,
        data={"staff": True},
        detail={"email": email, "name": user.get_full_name(), "post": user.post},
    )
    return user


@transaction.atomic
def change(actor: Access, *, user: User, **fields: str) -> User:
    """Change name, post or phone of a staff account. Needs `manage_unit` in all units the person works in.

    Raises NotAllowed (also for the own account: the post is printed under signatures), Refused."""
    unknown = fields.keys() - set(FIELDS)
    if unknown:
        raise TypeError(f"unknown fields of a user: {sorted(unknown)}")
    user = _lock(user)
    require_manager_of(actor, user)
    before = {key: getattr(user, key) for key in fields}
    changed = {key: value.strip() for key, value in fields.items() if before[key] != value.strip()}
    for key, value in changed.items():
        setattr(user, key, value)
    if changed:
        user.save(update_fields=sorted(changed))
    record(
        actor,
        "user.changed",
        user,
        data={"fields": sorted(changed)},
        detail={key: [before[key], changed[key]] for key in sorted(changed)} or None,
    )
    return user


@transaction.atomic
def disable(actor: Access, *, user: User) -> User:
    """Close a staff account to signing in and end its sessions at once. Its memberships stay as they are written."""
    user = _lock(user)
    require_manager_of(actor, user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user.pk)
    record(actor, "user.disabled", user)
    return user


@transaction.atomic
def enable(actor: Access, *, user: User) -> User:
    """Open a disabled staff account again."""
    user = _lock(user)
    require_manager_of(actor, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor, "user.enabled", user)
    return user


@transaction.atomic
def reset_second_factor(actor: Access, *, user: User) -> None:
    """Remove a lost second factor; the person sets up a new one at the next sign-in. Ends all sessions."""
    user = _lock(user)
    require_manager_of(actor, user)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user.pk)
    record(actor, "user.second_factor_reset", user)


def _lock(user: User) -> User:
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.is_staff:
        raise Refused(_("This is not a staff account."))
    return locked
