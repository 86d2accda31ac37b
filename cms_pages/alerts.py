"""Urgent messages on the portal: what a page shows, and the deeds that post and withdraw them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.models import Page

from cms_pages.edition import remembered
from cms_pages.models.settings import Alert
from cms_pages.models.units import UnitPage
from journal.brief import briefly
from journal.clock import db_now
from journal.errors import NotAllowed, Refused
from journal.record import record
from people.access import Access
from people.models import Unit

#: What `post` and `change` take besides the unit.
FIELDS = frozenset({"level", "title", "text", "link", "starts_at", "ends_at", "page", "dismissible"})


def shown(request: HttpRequest) -> list[Alert]:
    """Messages for the page asked for: those of every page, and those of a page at or above it. At most one query; a
    remembered message begins and ends on time."""
    known, now = remembered(request, "alerts", lambda: _coming(request)), _moment()
    return [
        alert
        for alert, addresses in known
        if alert.starts_at <= now
        and (alert.ends_at is None or alert.ends_at > now)
        and (addresses is None or request.path.startswith(addresses))
    ]


@briefly
def _moment() -> dt.datetime:
    """This moment by the database clock."""
    return db_now()


def seconds_to_change(request: HttpRequest) -> float:
    """How long what `shown` says stays true: until the next message begins or ends; infinite when none does."""
    now = _moment()
    moments = [m for alert, _at in remembered(request, "alerts", lambda: _coming(request))
               for m in (alert.starts_at, alert.ends_at) if m is not None and m > now]  # fmt: skip
    return min(((moment - now).total_seconds() for moment in moments), default=float("inf"))


def _coming(request: HttpRequest) -> list[tuple[Alert, tuple[str, ...] | None]]:
    """Messages that are shown now or begin while this is remembered, with the addresses of their page (None: every
    page)."""
    found: list[tuple[Alert, tuple[str, ...] | None]] = []
    for alert in Alert.objects.now(within=settings.PAGE_CACHE_SECONDS).select_related("page"):
        if alert.page is None:
            found.append((alert, None))
            continue
        pages = alert.page.get_translations(inclusive=True).live()
        found.append((alert, tuple(filter(None, (page.get_url(request) for page in pages)))))
    return found


@transaction.atomic
def post(actor: Access, *, unit: Unit, **fields: Any) -> Alert:
    """Put a message on the portal. Needs `edit_content` in the unit.

    The head office (the top of the tree) may speak on every page; any other unit on its own page and below it, which
    is where a message without a page then stands. Raises NotAllowed, Refused. One entry: alert.posted."""
    actor.require("edit_content", unit)
    alert = Alert(unit=unit, **_known(fields))
    alert.starts_at = alert.starts_at or db_now()
    _check(alert)
    alert.save()
    record(actor, "alert.posted", alert, unit_id=unit.pk, data=_said(alert), detail=_words(alert))
    return alert


@transaction.atomic
def change(actor: Access, *, alert: Alert, **fields: Any) -> Alert:
    """Change a message. Needs `edit_content` in its unit. Raises as `post`. One entry: alert.changed."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("unit").get(pk=alert.pk)
    actor.require("edit_content", alert.unit)
    for name, value in _known(fields).items():
        setattr(alert, name, value)
    alert.starts_at = alert.starts_at or db_now()
    _check(alert)
    alert.save()
    record(actor, "alert.changed", alert, unit_id=alert.unit_id, data=_said(alert), detail=_words(alert))
    return alert


@transaction.atomic
def withdraw(actor: Access, *, alert: Alert) -> Alert:
    """Take a message down now. Needs `edit_content` in its unit. One entry: alert.withdrawn."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("unit").get(pk=alert.pk)
    actor.require("edit_content", alert.unit)
    now = db_now()
    if alert.ends_at and alert.ends_at <= now:
        raise Refused(_("This message is no longer shown."))
    alert.starts_at, alert.ends_at = min(alert.starts_at, now - dt.timedelta(seconds=1)), now
    alert.save(update_fields=["starts_at", "ends_at"])
    record(actor, "alert.withdrawn", alert, unit_id=alert.unit_id)
    return alert


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"unknown fields of an alert: {sorted(unknown)}")
    return fields


def _check(alert: Alert) -> None:
    if alert.unit.depth > 1:
        own = UnitPage.objects.filter(unit=alert.unit).order_by("pk").first()
        alert.page = alert.page or (Page.objects.get(pk=own.pk) if own else None)
        if own is None or alert.page is None or not alert.page.path.startswith(own.path):
            raise NotAllowed(_("A unit puts messages on its own page and the pages below it only."))
    if alert.ends_at and alert.ends_at <= alert.starts_at:
        raise Refused(_("The message ends before it begins."))
    try:
        alert.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def _said(alert: Alert) -> dict[str, Any]:
    return {
        "level": alert.level,
        "page": alert.page_id,
        "from": alert.starts_at.isoformat(),
        "until": alert.ends_at.isoformat() if alert.ends_at else None,
    }


def _words(alert: Alert) -> dict[str, Any]:
    return {"title": alert.title, "text": alert.text}
