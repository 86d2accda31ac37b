"""The journal's words for the deeds of people."""

from __future__ import annotations

from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from journal import notify
from journal.models import Entry
from people.models import User


def invitation(entry: Entry) -> notify.Mail | None:
    """The message to a new member of staff who has no password yet; None for one who was given a password."""
    user = User.objects.filter(pk=entry.object_id, is_active=True).first()
    if user is None or user.has_usable_password():
        return None
    with override(settings.LANGUAGE_CODE):
        return notify.Mail(
            to=(user.email,),
            subject=_("Your staff account is ready"),
            lines=(
                _("An account for work in the office's system has been made for you."),
                _(
                    "Set your password first: give this e-mail address on the page below and follow the link that "
                    "comes by e-mail. At your first sign-in you will set up a second factor."
                ),
            ),
            link=urljoin(settings.SITE_URL, reverse("account_reset_password")),
            link_text=_("Set a password"),
        )


for _action, _label in (
    ("unit.added", gettext_lazy("Unit added")),
    ("unit.changed", gettext_lazy("Unit changed")),
    ("unit.moved", gettext_lazy("Unit moved in the tree")),
    ("unit.closed", gettext_lazy("Unit closed")),
    ("membership.started", gettext_lazy("Role given")),
    ("membership.ended", gettext_lazy("Role ended")),
    ("substitution.planned", gettext_lazy("Substitution planned")),
    ("substitution.ended", gettext_lazy("Substitution ended")),
    ("user.changed", gettext_lazy("Staff account changed")),
    ("user.disabled", gettext_lazy("Staff account disabled")),
    ("user.enabled", gettext_lazy("Staff account enabled")),
    ("user.second_factor_reset", gettext_lazy("Second factor reset")),
    ("token.created", gettext_lazy("API token made")),
    ("token.revoked", gettext_lazy("API token ended")),
    ("citizen.registered", gettext_lazy("Citizen's account confirmed by e-mail")),
    ("citizen.changed", gettext_lazy("Citizen's data changed")),
    ("citizen.confirmed", gettext_lazy("Citizen's identity confirmed in the office")),
    ("citizen.unconfirmed", gettext_lazy("Confirmation of a citizen's identity revoked")),
    ("citizen.code_made", gettext_lazy("Code for confirming identity made")),
    ("user.notices_chosen", gettext_lazy("Notifications chosen")),
    ("user.phone_asked", gettext_lazy("Code sent to a telephone")),
    ("user.phone_confirmed", gettext_lazy("Telephone confirmed")),
    ("user.phone_dropped", gettext_lazy("Telephone removed")),
    ("representation.added", gettext_lazy("Party to represent declared")),
    ("representation.changed", gettext_lazy("Represented party corrected")),
    ("representation.ended", gettext_lazy("Representation ended")),
    ("account.data_asked", gettext_lazy("Archive of own data asked for")),
    ("account.deleted", gettext_lazy("Account deleted by its owner")),
):
    notify.register(_action, label=_label)

notify.register("user.created", label=gettext_lazy("Staff account made"), mail=invitation)
