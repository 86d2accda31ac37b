"""The deed by which a citizen deletes their account. What the law makes the office keep stays (GDPR art. 17(3)(b) and
(d)); the account itself becomes a number without a name."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urljoin

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from journal import mail, notify
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.jobs import job
from journal.record import record
from people import access as rights
from people.access import Access
from people.holdings import Subject, holders, subject_of
from people.models import Citizen, DataExport, Farewell, IdentityCode, User
from people.services import exports
from people.sessions import end_sessions

#: Sign-ins are a log of the system's security: kept two years (regulation on the National Interoperability Framework
#: of 12 April 2012, § 21 section 4), then deleted.
LOG_KEPT = dt.timedelta(days=2 * 365 + 1)
#: A last message that could not be sent by then is given up, and the address with it.
FAREWELL_KEPT = dt.timedelta(days=7)


class Obstructed(Refused):
    """Something must be settled before; `obstacles` says what."""


@transaction.atomic
def delete(actor: Access, *, user: User) -> User:
    """Delete a citizen's account, by its owner: nobody can sign in to it, what it kept is gone, its cases go on without
    it. The old address gets a last message; it may make a new account, which sees nothing of this one. Entry
    `account.deleted`.

    Raises NotAllowed for another's account, Refused for staff and one deleted before, Obstructed while something waits
    (a letter to collect)."""
    if not actor.is_system and actor.user_id != user.pk:
        raise NotAllowed(_("Only the owner of an account deletes it."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff:
        raise Refused(_("A staff account is closed by the administrator of the unit."))
    if user.deleted_at is not None:
        raise Refused(_("This account has been deleted already."))
    subject = subject_of(user)
    waiting = [obstacle for holder in holders() for obstacle in holder.obstacles(subject)]
    if waiting:
        raise Obstructed(" ".join(str(obstacle.text) for obstacle in waiting))
    language = Citizen.objects.filter(user=user).values_list("language", flat=True).first() or "pl"
    farewell = Farewell.objects.create(address=user.email, language=language, made_at=db_now())
    for holder in holders():
        holder.erase(subject)
    _empty(subject)
    say_farewell.defer(farewell_id=farewell.pk)
    record(actor, "account.deleted", user)
    return user


def _empty(subject: Subject) -> None:
    """The account's own rows. What other apps keep was deleted by their holders."""
    user = subject.user
    exports.remove(list(DataExport.objects.filter(user=user).exclude(file="")))
    for model in (DataExport, IdentityCode, Authenticator, EmailAddress, Citizen):
        model.objects.filter(user=user).delete()
    rights.forget_shares(user)
    user.groups.clear()
    user.user_permissions.clear()
    AccessAttempt.objects.filter(username__in=subject.emails).delete()
    AccessFailureLog.objects.filter(username__in=subject.emails).delete()
    user.email = f"usuniete-{user.pk}@konto.invalid"
    user.first_name = user.last_name = user.phone = user.post = ""
    user.set_unusable_password()
    user.is_active, user.last_login, user.deleted_at = False, None, db_now()
    user.save()
    end_sessions(user.pk)


@job("mail", name="people.say_farewell")
def say_farewell(farewell_id: int) -> None:
    """Send the last message and forget the address; a job."""
    farewell = Farewell.objects.filter(pk=farewell_id).first()
    if farewell is None:
        return
    with override(farewell.language):
        message = notify.Mail(
            to=(farewell.address,),
            subject=_("Your account has been deleted"),
            lines=(
                _("Your account on the portal has been deleted, as you asked. Nobody can sign in to it any more."),
                _("Cases that are open go on. You can follow them with their tracking code and the e-mail address or "
                  "the date of birth you gave in the form; the office will write to you by post."),
                _("If it was not you, tell the office at once."),
            ),
            link=urljoin(settings.SITE_URL, reverse("cms_pages:track")),
            link_text=_("Check a case"),
            language=farewell.language,
        )  # fmt: skip
        mail.send_once(f"farewell:{farewell.pk}", farewell.address, message)
    farewell.delete()


def forget() -> int:
    """Delete sign-ins older than the law has them kept, addresses of messages that could not be sent, and what a form
    sent in the instant of a deletion still tied to the account; gives how many rows of the first two."""
    now = db_now()
    for user in User.objects.filter(deleted_at__gt=now - FAREWELL_KEPT):
        with transaction.atomic():
            for holder in holders():
                holder.erase(Subject(user))
    gone = 0
    for rows in (
        AccessLog.objects.filter(attempt_time__lt=now - LOG_KEPT),
        AccessFailureLog.objects.filter(attempt_time__lt=now - LOG_KEPT),
        Farewell.objects.filter(made_at__lt=now - FAREWELL_KEPT),
    ):
        gone += rows.delete()[0]
    return gone
