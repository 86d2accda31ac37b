"""The one way to write an entry."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from typing import Any, Protocol

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from journal.clock import db_now
from journal.models import Audience, Entry, EntryDetail


class Actor(Protocol):
    """Who acts: `people.access.Access` is one."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def on_behalf_of_id(self) -> int | None: ...


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces, non-ASCII kept."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


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
) -> Entry:
    """Write the entry of one deed, as the last statement of the deed's own transaction.

    `data` is chained for ever: ids, numbers, codes only. Names, comments and reasons go into `detail`, which can be
    erased later. `happened_at` must have been allowed by the deed (the `backdate` permission). Raises
    TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written inside the deed's transaction")
    text = canonical(detail) if detail else ""
    salt = secrets.token_bytes(16)
    entry = Entry(
        content_type=ContentType.objects.get_for_model(thing, for_concrete_model=True),
        object_id=str(thing.pk),
        label=f"{thing._meta.label_lower}:{thing.pk}",
        action=action,
        data=data or {},
        user_id=actor.user_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        case_id=case_id,
        unit_id=unit_id,
        audience=audience,
        timestamp=happened_at or db_now(),
        detail_digest=hashlib.sha256(salt + text.encode()).hexdigest() if text else "",
    )
    models.Model.save(entry, force_insert=True)
    if text:
        EntryDetail.objects.create(entry=entry, salt=salt, text=text)
    return entry
