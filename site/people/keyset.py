"""Lists that never count everything and never skip: keyset paging for Wagtail's index views and for our own.

A page is asked for by the place after (or before) which it begins: `?after=<cursor>`, `?before=<cursor>`. The cursor
holds the sort values of one row; nothing is signed, since it only says where to begin in what the person may see.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

#: Rows are counted up to here; beyond, a list says "more than".
COUNT_LIMIT = 1000


@dataclass
class KeysetPage:
    """One page of a list, in the list's order. Cursors are empty where there is nothing more."""

    object_list: list[Any]
    next_cursor: str = ""
    previous_cursor: str = ""
    #: Rows in the list, counted up to COUNT_LIMIT; None when nobody asked.
    count: int | None = None
    more_than: bool = False
    #: Wagtail's templates ask a page for its paginator; this is it.
    paginator: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.paginator = self

    def __iter__(self) -> Any:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    @property
    def items_count_label(self) -> str:
        """ "17 rows" or "more than 1000 rows"."""
        if self.count is None:
            return ""
        if self.more_than:
            return _("more than %(count)s rows") % {"count": self.count}
        return ngettext("%(count)s row", "%(count)s rows", self.count) % {"count": self.count}

    def get_elided_page_range(self, number: object) -> list[int]:
        """No page numbers: nobody knows how many pages there are."""
        return []


def page_of(
    queryset: QuerySet[Any],
    *,
    ordering: Sequence[str],
    size: int,
    after: str = "",
    before: str = "",
    count: bool = True,
) -> KeysetPage:
    """Cut one page out of a filtered queryset: one query for the rows, one bounded count if asked.

    `ordering`: field paths, "-" for descending, all of them NOT NULL; the primary key is added as the last one.
    A cursor that cannot be read begins at the start."""
    order = _complete(ordering)
    place = _decode(queryset.model, order, before or after)
    backwards = bool(before) and place is not None
    walk = [_flipped(name) for name in order] if backwards else order
    rows = queryset.order_by(*walk)
    if place is not None:
        rows = rows.filter(_beyond(walk, place))
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    page = KeysetPage(found)
    if found:
        page.next_cursor = _encode(order, found[-1]) if has_next else ""
        page.previous_cursor = _encode(order, found[0]) if has_previous else ""
    if count:
        counted = queryset.order_by()[: COUNT_LIMIT + 1].count()
        page.count, page.more_than = min(counted, COUNT_LIMIT), counted > COUNT_LIMIT
    return page


class KeysetIndex:
    """Mixin for Wagtail's IndexView (before it in the bases): keyset paging instead of a counting paginator.

    Sorts by `?ordering=` of a sortable column over a NOT NULL field, else by `default_ordering`."""

    results_template_name = "people/listing_results.html"
    search_backend_name: str | None = None
    request: HttpRequest
    default_ordering: Any
    ordering: Any

    def get_valid_orderings(self) -> list[str]:
        names: list[str] = super().get_valid_orderings()  # type: ignore[misc]  # a mixin
        return [name for name in names if _sortable(self.model, name)]  # type: ignore[attr-defined]  # of the view

    def paginate_queryset(self, queryset: QuerySet[Any], page_size: int) -> tuple[Any, KeysetPage, list[Any], bool]:
        chosen = self.ordering or self.default_ordering or ()
        page = page_of(
            queryset,
            ordering=[chosen] if isinstance(chosen, str) else list(chosen),
            size=page_size,
            after=self.request.GET.get("after", ""),
            before=self.request.GET.get("before", ""),
        )
        return page, page, page.object_list, bool(page.next_cursor or page.previous_cursor)


def _complete(ordering: Sequence[str]) -> list[str]:
    names = [name for name in ordering if name]
    if not any(name.lstrip("-") in {"pk", "id"} for name in names):
        names.append("-pk" if names and names[0].startswith("-") else "pk")
    return names


def _flipped(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows after `place`: (a > x) or (a = x and b > y) or ..., with a plain bound on the first field for the index."""
    beyond, same = Q(), Q()
    for name, value in zip(order, place, strict=True):
        path = name.lstrip("-")
        beyond |= same & Q(**{f"{path}__{'lt' if name.startswith('-') else 'gt'}": value})
        same &= Q(**{path: value})
    first = order[0]
    bound = Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": place[0]})
    return bound & beyond


def _field(model: type[Model], path: str) -> Field[Any, Any]:
    *relations, last = path.split(LOOKUP_SEP)
    for name in relations:
        related = model._meta.get_field(name).related_model
        if not isinstance(related, type):
            raise FieldDoesNotExist(path)
        model = related
    found = model._meta.pk if last == "pk" else model._meta.get_field(last)
    if not isinstance(found, Field):
        raise FieldDoesNotExist(path)
    return found


def _sortable(model: type[Model], name: str) -> bool:
    path = name.lstrip("-")
    try:
        steps = path.split(LOOKUP_SEP)
        return not any(_field(model, LOOKUP_SEP.join(steps[: end + 1])).null for end in range(len(steps)))
    except FieldDoesNotExist:
        return False


def _encode(order: Sequence[str], row: Model) -> str:
    texts = []
    for name in order:
        value: Any = row
        path = name.lstrip("-").split(LOOKUP_SEP)
        for step in path[:-1]:
            value = getattr(value, step)
        owner_field = _field(type(value), path[-1])
        texts.append(owner_field.value_to_string(value))
    return base64.urlsafe_b64encode(json.dumps(texts, ensure_ascii=False).encode()).decode().rstrip("=")


def _decode(model: type[Model], order: Sequence[str], cursor: str) -> list[Any] | None:
    if not cursor or len(cursor) > 2000:
        return None
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(texts, list) or len(texts) != len(order) or not all(isinstance(t, str) for t in texts):
            return None
        if any("\0" in text for text in texts):
            return None
        values = [_field(model, name.lstrip("-")).to_python(text) for name, text in zip(order, texts, strict=True)]
    except (binascii.Error, UnicodeDecodeError, ValueError, ValidationError):
        return None
    return None if any(value is None for value in values) else values
