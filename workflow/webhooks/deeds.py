"""Making, changing and ending webhooks; each deed needs `manage_unit` in all units that the webhook hears of."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from journal import http
from journal.clock import db_now
from journal.errors import NotFound, Refused
from journal.record import record
from people import rules
from people.access import Access
from people.models import Unit
from workflow.webhooks import signing
from workflow.webhooks.messages import actions
from workflow.webhooks.models import Webhook

#: Of one unit; more are no help and much work.
MOST = 20


def _require(actor: Access, unit: Unit, below: bool) -> None:
    for unit_id in rules.reach(unit, below):
        actor.require("manage_unit", unit_id)


def managed(actor: Access, pk: int) -> Webhook:
    """A webhook that the actor manages, locked. Raises NotFound, NotAllowed."""
    found = Webhook.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=pk).first()
    if found is None or not (actor.is_system or actor.may("manage_unit", found.unit_id)):
        raise NotFound(_("There is no such webhook."))
    _require(actor, found.unit, found.below)
    return found


def _check(address: str, chosen: Sequence[str]) -> None:
    """Raise Refused for an address that may not be called and for no or unknown deeds."""
    if not chosen or set(chosen) - {code for code, _label in actions()}:
        raise Refused(_("Choose the deeds of which the address is told."))
    plain = urlsplit(address).scheme != "https"
    try:
        place, _port = http.place_of(address, settings.WEBHOOK_NETWORKS)
        plain = plain and not http.is_ours(place, settings.WEBHOOK_NETWORKS)  # inside our own network that is enough
    except http.Forbidden as error:
        raise Refused(
            _("This address cannot be called: it is none, or it lies in a network that the operator has not allowed "
              "(WEBHOOK_NETWORKS).")
        ) from error  # fmt: skip
    except http.Unreachable:
        pass  # it may come up later
    if plain:
        raise Refused(_("The address must begin with https."))


@transaction.atomic
def make(
    actor: Access, *, unit: Unit, name: str, address: str, chosen: Sequence[str], below: bool = False
) -> Webhook:
    """A new webhook. Needs `manage_unit` in the unit, and in every one below it with `below`. Raises Refused for an
    address that may not be called, for none or unknown deeds, past MOST. One entry: webhook.made."""
    _require(actor, unit, below)
    _check(address, chosen)
    if len(Webhook.objects.filter(unit=unit)[:MOST]) >= MOST:
        raise Refused(_("This unit has %(n)d webhooks already.") % {"n": MOST})
    made = Webhook.objects.create(
        unit=unit, name=name.strip()[:80], address=address, actions=sorted(set(chosen)), below=below, made_at=db_now(),
        made_by_id=actor.user_id,
    )  # fmt: skip
    record(actor, "webhook.made", made, unit_id=unit.pk, data={"actions": made.actions, "below": below},
           detail={"address": address})  # fmt: skip
    return made


@transaction.atomic
def change(actor: Access, *, pk: int, name: str, address: str, chosen: Sequence[str], below: bool) -> Webhook:
    """Change a webhook, which also turns it on again. As `make`. One entry: webhook.changed."""
    kept = managed(actor, pk)
    _require(actor, kept.unit, below)
    _check(address, chosen)
    kept.name, kept.address, kept.actions, kept.below = name.strip()[:80], address, sorted(set(chosen)), below
    kept.off_at, kept.off_because = None, ""
    kept.save()
    record(actor, "webhook.changed", kept, unit_id=kept.unit_id, data={"actions": kept.actions, "below": below},
           detail={"address": address})  # fmt: skip
    return kept


@transaction.atomic
def renew_secret(actor: Access, *, pk: int) -> Webhook:
    """A new secret; the old one signs beside it for `signing.OVERLAP`. One entry: webhook.secret_renewed."""
    kept = managed(actor, pk)
    kept.generation += 1
    kept.overlap_until = db_now() + signing.OVERLAP
    kept.save(update_fields=["generation", "overlap_until"])
    record(actor, "webhook.secret_renewed", kept, unit_id=kept.unit_id, data={"generation": kept.generation})
    return kept


@transaction.atomic
def turn_off(actor: Access, *, webhook: Webhook, reason: str = "") -> None:
    """Call the address no more. One entry: webhook.turned_off."""
    kept = managed(actor, webhook.pk)
    kept.off_at, kept.off_because = db_now(), reason[:200]
    kept.save(update_fields=["off_at", "off_because"])
    record(actor, "webhook.turned_off", kept, unit_id=kept.unit_id, data={"reason": kept.off_because})


@transaction.atomic
def delete(actor: Access, *, pk: int) -> None:
    """Delete a webhook with what is kept of its calls. One entry: webhook.deleted."""
    kept = managed(actor, pk)
    record(actor, "webhook.deleted", kept, unit_id=kept.unit_id)
    kept.delete()
