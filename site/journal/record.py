"""The one way to write an entry."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from typing import Any, Protocol

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from wagtail.log_actions import get_active_log_context
from wagtail.log_actions import registry as log_actions

from journal.canon import canonical_json, detail_digest
from journal.models import Audience, Entry, EntryDetail
from journal.rows import insert

#: The database's time, and the body a unit belongs to.
_NOW_AND_BODY = "SELECT clock_timestamp(), (SELECT body_id FROM {units} WHERE id = %s)"


class Actor(Protocol):
    """Who acts: `people.access.Access` is one."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def on_behalf_of_id(self) -> int | None: ...
    @property
    def is_system(self) -> bool: ...
    def require(self, permission: str, unit: int) -> None: ...


def record(
    actor: Actor,
    action: str,
    thing: models.Model,
    *,
    case_id: int | None = None,
    unit_id: int | None = None,
    audience: str = Audience.STAFF,
    data: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
    happened_at: dt.datetime | None = None,
    body_id: int | None = None,
) -> Entry:
    """Write the entry of one deed, as the last statement of the deed's own transaction.

    `data` is chained for ever: ids, numbers, codes only, in JSON values without floats. Names, comments and reasons
    go into `detail`, which can be erased later. `happened_at` must have been allowed by the deed (the `backdate`
    permission). `body_id`: the unit's body, where the deed has it at hand; with both no query is asked before the
    entry is written. `recorded_at` is set by the database. Raises TransactionManagementError outside a transaction,
    ValueError for an action that no app registered, a thing without a key or data that cannot be hashed for ever.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written inside the deed's transaction")
    if not log_actions.action_exists(action):
        raise ValueError(f"action {action!r} is not registered: journal.notify.register it in the app's actions.py")
    if thing.pk is None:
        raise ValueError(f"a {thing._meta.label} without a key has no entries")
    if happened_at is None or body_id is None:
        now, body_id = _now_and_body(unit_id)
        happened_at = happened_at or now
    text = canonical_json(detail) if detail else ""
    salt = secrets.token_bytes(16)
    entry = Entry(
        content_type=ContentType.objects.get_for_model(thing, for_concrete_model=True),
        object_id=str(thing.pk),
        label=f"{thing._meta.label_lower}:{thing.pk}",
        action=action,
        data=_permanent(data or {}),
        user_id=actor.user_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        case_id=case_id,
        unit_id=unit_id,
        chain=body_id or 0,
        audience=audience,
        timestamp=happened_at,
        uuid=get_active_log_context().uuid,
        detail_digest=detail_digest(salt, text) if text else "",
    )
    insert(entry)
    if text:
        insert(EntryDetail(entry=entry, salt=salt, text=text))
    return entry


def _now_and_body(unit_id: int | None) -> tuple[dt.datetime, int | None]:
    units = connection.ops.quote_name(Entry.unit.field.related_model._meta.db_table)  # journal imports no app
    with connection.cursor() as cursor:
        cursor.execute(_NOW_AND_BODY.format(units=units), [unit_id])
        now, body_id = cursor.fetchone()
    return now.astimezone(dt.UTC), body_id


def _permanent(data: dict[str, Any]) -> dict[str, Any]:
    """The data as plain JSON values; floats are refused, since their text is not promised for ever."""

    def refuse(text: str) -> None:
        raise ValueError(f"float {text} in the data of an entry: write it as text or whole units")

    plain: dict[str, Any] = json.loads(canonical_json(data), parse_float=refuse, parse_constant=refuse)
    return plain
