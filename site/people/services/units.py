"""Deeds on the tree of units."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.coreutils import string_to_ascii

from journal.errors import NotAllowed, Refused
from journal.record import record
from people import hours
from people.access import Access
from people.models import Unit
from people.services import role_groups

#: What `add` and `change` take besides kind, symbol and name.
FIELDS = frozenset(
    {
        "slug",
        "category",
        "street",
        "postcode",
        "town",
        "phone",
        "email",
        "edelivery",
        "opening_hours",
        "week_hours",
        "hours_exceptions",
        "privacy_notice",
        "dpo_name",
        "dpo_contact",
        "days_off",
        "closed_on",
    }
)


@transaction.atomic
def add(actor: Access, *, parent: Unit | None, kind: str, symbol: str, name: str, **fields: Any) -> Unit:
    """Add a unit below `parent` (None: a root, only by the system) and widen the roles over its subtree.

    Needs `manage_unit` in the parent. Raises NotAllowed; Refused when the symbol is taken or a field is wrong."""
    _lock_tree()
    if parent is None:
        if not actor.is_system:
            raise NotAllowed(_("Only the operator adds a unit at the top."))
        if kind != Unit.Kind.BODY:
            raise Refused(_("The unit at the top must be a body."))
    else:
        parent = Unit.objects.get(pk=parent.pk)  # the tree may have moved since it was read
        actor.require("manage_unit", parent)
        if parent.closed_on:
            raise Refused(_("The unit above is closed."))
    unit = Unit(kind=kind, symbol=symbol.strip(), name=name.strip(), **_known(fields))
    unit.slug = unit.slug or _free_slug(unit)
    unit.body = parent.body if parent and kind == Unit.Kind.CELL else None
    _check(unit)
    if parent is None:
        Unit.add_root(instance=unit)
    else:
        parent.add_child(instance=unit)
    if kind == Unit.Kind.BODY:
        unit.body = unit
        unit.save(update_fields=["body"])
    role_groups.tree_changed([unit.path])
    record(
        actor,
        "unit.added",
        unit,
        unit_id=unit.pk,
        data={"parent": parent.pk if parent else None, "kind": kind, "symbol": unit.symbol},
    )
    return unit


@transaction.atomic
def change(actor: Access, *, unit: Unit, **fields: Any) -> Unit:
    """Change what a unit says of itself: `symbol`, `name` and the fields of `FIELDS`. Needs `manage_unit` there.

    Case references already given keep the old symbol. Raises NotAllowed, Refused."""
    actor.require("manage_unit", unit)
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    new: dict[str, Any] = _known({key: value for key, value in fields.items() if key not in {"symbol", "name"}})
    new |= {key: str(fields[key]).strip() for key in ("symbol", "name") if key in fields}
    before = {key: getattr(unit, key) for key in new}
    changed = {key: value for key, value in new.items() if before[key] != value}
    for key, value in changed.items():
        setattr(unit, key, value)
    _check(unit)
    if changed:
        unit.save(update_fields=sorted(changed))
    if "symbol" in changed:
        role_groups.rename(unit)
    record(
        actor,
        "unit.changed",
        unit,
        unit_id=unit.pk,
        data={"fields": sorted(changed)},
        detail={key: [before[key], changed[key]] for key in sorted(changed)} or None,
    )
    return unit


@transaction.atomic
def move(actor: Access, *, unit: Unit, parent: Unit) -> Unit:
    """Hang a unit with everything below it under another one; roles over subtrees follow the new tree.

    Needs `manage_unit` in the unit, in the one it leaves and in the one it goes to. Raises NotAllowed, Refused."""
    _lock_tree()
    unit, parent = Unit.objects.get(pk=unit.pk), Unit.objects.get(pk=parent.pk)
    old_parent = unit.get_parent()
    if old_parent is None:
        raise Refused(_("The unit at the top does not move."))
    for place in (unit, old_parent, parent):
        actor.require("manage_unit", place)
    if parent.path.startswith(unit.path):
        raise Refused(_("A unit cannot stand below itself."))
    old_path = unit.path
    unit.move(parent, pos="last-child")
    unit.refresh_from_db()
    for node in Unit.objects.within(unit).filter(kind=Unit.Kind.CELL):
        nearest = node.get_ancestors().filter(kind=Unit.Kind.BODY).order_by("-depth").first()
        Unit.objects.filter(pk=node.pk).update(body=nearest)
    role_groups.tree_changed([old_path, unit.path, *Unit.objects.within(unit).values_list("path", flat=True)])
    record(actor, "unit.moved", unit, unit_id=unit.pk, data={"from": old_parent.pk, "to": parent.pk})
    unit.refresh_from_db()
    return unit


@transaction.atomic
def close(actor: Access, *, unit: Unit, closed_on: dt.date) -> Unit:
    """Close a unit from a day on: it stays in every register, but takes nothing new. Needs `manage_unit` above it."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    actor.require("manage_unit", unit.get_parent() or unit)
    if Unit.objects.within(unit).exclude(pk=unit.pk).active().exists():
        raise Refused(_("Close the units below it first."))
    unit.closed_on = closed_on
    unit.save(update_fields=["closed_on"])
    record(actor, "unit.closed", unit, unit_id=unit.pk, data={"on": closed_on.isoformat()})
    return unit


def _lock_tree() -> None:
    """One writer of the tree at a time: treebeard counts its paths itself."""
    list(Unit.objects.filter(depth=1).select_for_update().values_list("pk", flat=True))


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - FIELDS
    if unknown:
        raise TypeError(f"unknown fields of a unit: {sorted(unknown)}")
    return fields


def _check(unit: Unit) -> None:
    try:
        hours.check(unit.week_hours, unit.hours_exceptions)
    except hours.HoursError as error:
        raise Refused(str(error)) from error
    try:
        unit.full_clean(exclude=["path", "depth", "numchild", "body"])
    except ValidationError as error:
        texts = [f"{_field_name(field)}: {' '.join(texts)}" for field, texts in error.message_dict.items()]
        raise Refused(" ".join(texts)) from error


def _field_name(field: str) -> str:
    return str(Unit._meta.get_field(field).verbose_name) if field != "__all__" else _("unit")


def _free_slug(unit: Unit) -> str:
    base = slugify(string_to_ascii(unit.name))[:60] or "unit"
    if not Unit.objects.filter(slug=base).exists():
        return base
    return f"{base}-{slugify(string_to_ascii(unit.symbol))}"[:80]
