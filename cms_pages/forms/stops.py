"""Where people give a form up: told by the drafts whose time ran out, before these are deleted."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.db import connection, transaction

from cms_pages.forms.drafts import progress
from cms_pages.forms.fields import KINDS
from cms_pages.forms.models import Draft, FormStop
from cms_pages.forms.spec import Field
from journal.clock import db_now, warsaw_day

#: Drafts deleted in one transaction.
BATCH = 500
Place = tuple[int, dt.date, str, str]


def place_of(draft: Draft) -> tuple[str, str]:
    """Ids of the step at which a draft stands, and of its first question that must be answered and is not; empty for
    none."""
    stands = progress(draft)
    step = stands.first_open
    if step is None:
        return "", ""
    typed = [name for name, values in draft.typed.get(step.id, {}).items() if any(values)]
    for item in step.fields:
        asked = item.id in stands.checked.shown.fields and KINDS[item.kind].asks and item.required
        if asked and item.id not in draft.answers and not draft.files.get(item.id) and not _begun(item, typed):
            return step.id, item.id
    return step.id, ""


def _begun(item: Field, typed: Iterable[str]) -> bool:
    """Whether something was typed into an input of a question (`f-<id>`, or `f-<id>-<part>`)."""
    return any(name == f"f-{item.id}" or name.startswith(f"f-{item.id}-") for name in typed)


def count(drafts: Iterable[Draft]) -> None:
    """Add drafts that were given up to the sums: one statement for each place."""
    found: Counter[Place] = Counter(
        (draft.version_id, warsaw_day(draft.created_at), *place_of(draft)) for draft in drafts
    )
    if found:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {FormStop._meta.db_table} AS kept (version_id, day, step, field, count) "  # noqa: S608  # our own table
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (version_id, day, step, field) "
                "DO UPDATE SET count = kept.count + EXCLUDED.count",
                [(*place, number) for place, number in sorted(found.items())],
            )


def delete_expired() -> int:
    """Delete drafts whose time has run out, after counting where they stood; how many. What is killed on the way leaves
    no draft counted twice: each batch is counted and deleted in one transaction."""
    done = 0
    while True:
        with transaction.atomic():
            expired = Draft.objects.select_for_update(of=("self",), skip_locked=True).filter(expires_at__lte=db_now())
            batch = list(expired.select_related("version")[:BATCH])
            count(batch)
            Draft.objects.filter(pk__in=[draft.pk for draft in batch]).delete()
        done += len(batch)
        if len(batch) < BATCH:
            return done
