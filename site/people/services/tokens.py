"""Deeds on API tokens of staff."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import APIToken

from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import User
from people.passkeys import holds_factor


@transaction.atomic
def create(actor: Access, *, user: User, name: str) -> tuple[APIToken, str]:
    """Make a token that acts as `user` with the rights they have at the moment of each request.

    Gives the row and the token itself, which is shown once and never kept. Only for active staff who hold a second
    factor, since the token is used instead of signing in; made by the operator's command or by the person. Raises
    NotAllowed, Refused."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("A token is made by the person it acts for, or by the operator."))
    if not user.is_staff or not user.is_active:
        raise Refused(_("This is not an active staff account."))
    if settings.STAFF_SECOND_FACTOR and not holds_factor(user):
        raise Refused(_("This person has no second factor yet; a token is given only to those who have one."))
    name = " ".join(name.split())[:255]
    if not name:
        raise Refused(_("Say what the token is for."))
    token, plaintext = APIToken.create_token(user=user, name=name)
    record(actor, "token.created", user, data={"token": token.pk}, detail={"name": name})
    return token, plaintext


@transaction.atomic
def revoke(actor: Access, *, token: APIToken) -> APIToken:
    """End a token at once. Raises NotAllowed; Refused when it has ended already."""
    token = APIToken.objects.select_for_update().select_related("user").get(pk=token.pk)
    if not actor.is_system and actor.user_id != token.user_id:
        raise NotAllowed(_("A token is ended by the person it acts for, or by the operator."))
    if token.revoked_at is not None:
        raise Refused(_("This token has been ended already."))
    token.revoked_at = db_now()
    token.save(update_fields=["revoked_at"])
    record(actor, "token.revoked", token.user, data={"token": token.pk})
    return token
