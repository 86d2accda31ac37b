"""Full text in PostgreSQL, with words made in Python (`search.analysis`), so no extension is needed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from search.acl import Filter
from search.analysis import fold, highlight_html, index_words, query_terms
from search.backends.base import FACETS, TOTAL_LIMIT, Backend
from search.document import Hit, IndexDocument, Results, permission_text
from search.models import IndexedPage, IndexedThing
from search.query import Query
from search.tsearch import phrase_literal, term_literal, to_tsquery_literal, to_tsvector_literal

_COLUMNS = {
    "kind": "t.kind",
    "unit": "t.unit_symbol",
    "state": "t.state",
    "class": "t.class_symbol",
    "year": "extract(year FROM t.day)::int::text",
}


_ON_A_PAGE = "SELECT 1 FROM search_indexedpage x WHERE x.thing_id = t.key AND x.vector @@ %s::tsquery"
_CURSOR = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)_([a-z]{1,12}:\d{1,19})", re.ASCII)


@dataclass
class _Where:
    """SQL conditions and their parameters, in step."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, sql: str, *values: Any) -> None:
        self.parts.append(sql)
        self.values.extend(values)

    @property
    def sql(self) -> str:
        return " AND ".join(f"({part})" for part in self.parts) or "true"


@dataclass(frozen=True)
class _Words:
    """The words of a query as tsquery literals: each of `every` must match, none of `without` may; `any` ranks."""

    every: list[str]
    without: list[str]
    any: str
    references: list[str]
    """What may be a whole reference, in lower case."""

    @classmethod
    def of(cls, query: Query) -> _Words | None:
        """None for a query that can find nothing."""
        terms = [term_literal(term) for term in query.terms()]
        phrases = [phrase_literal(phrase) for phrase in query.phrase_terms()]
        every = [literal for literal in (*terms, *phrases) if literal]
        if query.is_empty or len(every) < len(terms) + len(phrases) or (query.must and not terms):
            return None
        without = [literal for phrase in query.exclude_terms() if (literal := phrase_literal(phrase))]
        named = {query.raw.strip(), *query.must, *query.fields.get("reference", ())}
        references = sorted(name.lower().replace("\0", "").encode("utf-8", "ignore").decode() for name in named)
        return cls(every, without, " | ".join(f"({literal})" for literal in every), references)


def _permission(who: Filter, where: _Where) -> None:
    if not who.everything:
        where.add(
            "(NOT t.sealed AND t.scopes && %s::varchar[] AND t.clearance <= %s) OR t.readers && %s::varchar[]",
            sorted(who.scopes),
            who.clearance,
            sorted(who.readers),
        )


def _vector(document: IndexDocument, text: str) -> str:
    """Words of one page: title (A), people (B), reference (C), text (D), one after the other."""
    parts: list[str] = []
    shift = 0
    for weight, part in (("A", document.title), ("C", document.reference), ("B", document.people), ("D", text)):
        words = [(word, position + shift) for word, position in index_words(part)]
        shift = max((position for _word, position in words), default=shift) + 1
        parts.append(to_tsvector_literal(words, weight))
    return " ".join(filter(None, parts))


class EmbeddedBackend(Backend):
    """The default: no server beside the database."""

    name = "embedded"

    def put(self, documents: Iterable[IndexDocument]) -> None:
        for document in documents:
            with transaction.atomic():
                self._put_one(document)

    def _put_one(self, document: IndexDocument) -> None:
        fields = {
            "kind": document.kind,
            "object_id": document.object_id,
            "scopes": sorted(document.scopes),
            "readers": sorted(document.readers),
            "sealed": document.sealed,
            "clearance": document.clearance,
            "title": document.title,
            "reference": document.reference,
            "people": document.people,
            "unit_symbol": document.unit_symbol,
            "class_symbol": document.class_symbol,
            "state": document.state,
            "day": document.day,
            "version": document.version,
            "url": document.url,
        }
        thing, created = IndexedThing.objects.select_for_update().get_or_create(key=document.key, defaults=fields)
        if not created:
            if thing.version > document.version:
                return
            IndexedThing.objects.filter(pk=thing.pk).update(**fields)
            IndexedPage.objects.filter(thing=thing).delete()
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_indexedpage (thing_id, number, text, vector) VALUES (%s, %s, %s, %s::tsvector)",
                [
                    (document.key, number, text.replace("\0", ""), _vector(document, text))
                    for number, text in enumerate([document.body, *document.pages])
                ],
            )

    def remove(self, keys: Sequence[str]) -> None:
        IndexedThing.objects.filter(key__in=list(keys)).delete()

    def search(
        self,
        query: Query,
        who: Filter,
        *,
        kinds: Sequence[str] = (),
        facets: dict[str, str] | None = None,
        after: str = "",
        size: int = 20,
    ) -> Results:
        wanted = _Words.of(query)
        if wanted is None:
            return Results((), 0, more=False, facets={name: [] for name in FACETS})
        found, values = self._found(query, wanted, who, kinds, facets or {})
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH found AS MATERIALIZED ({found}) "
                "SELECT kind, unit_symbol, state, class_symbol, year, count(*), "
                "GROUPING(kind, unit_symbol, state, class_symbol, year) FROM found "
                "GROUP BY GROUPING SETS ((), (kind), (unit_symbol), (state), (class_symbol), (year))",
                values,
            )
            total, counted = self._facets(cursor.fetchall())
            ranked, rank_values = self._ranked(wanted)
            onward, bound = "", []
            if cursor_of := _CURSOR.fullmatch(after):
                onward, bound = "WHERE (score, key) < (%s::numeric, %s)", [cursor_of[1], cursor_of[2]]
            cursor.execute(
                f"WITH found AS MATERIALIZED ({found}), ranked AS ({ranked}) "
                "SELECT m.key, m.kind, m.object_id, m.title, m.reference, m.people, m.unit_symbol, m.state, m.day, "
                f"m.url, m.page, p.text, m.score FROM (SELECT * FROM ranked {onward} "
                "ORDER BY score DESC, key DESC LIMIT %s) m "
                "JOIN search_indexedpage p ON p.thing_id = m.key AND p.number = m.page "
                "ORDER BY m.score DESC, m.key DESC",
                [*values, *rank_values, *bound, size + 1],
            )
            rows = cursor.fetchall()
        hits = tuple(self._hit(row, query) for row in rows[:size])
        following = f"{rows[size - 1][12]}_{rows[size - 1][0]}" if len(rows) > size else ""
        return Results(hits, min(total, TOTAL_LIMIT), total > TOTAL_LIMIT, counted, following)

    def _found(
        self, query: Query, wanted: _Words, who: Filter, kinds: Sequence[str], facets: dict[str, str]
    ) -> tuple[str, list[Any]]:
        """The things that match, at most one more than the limit: of a larger number the newest."""
        where = _Where()
        _permission(who, where)
        if kinds:
            where.add("t.kind = ANY(%s)", list(kinds))
        self._fields(query, where)
        for name, value in facets.items():
            if name in _COLUMNS:
                where.add(f"{_COLUMNS[name]} = %s", value.replace("\0", ""))
        for literal in wanted.every:  # the words of one thing may stand on different pages of it
            where.add(f"EXISTS ({_ON_A_PAGE})", literal)
        for literal in wanted.without:
            where.add(f"NOT EXISTS ({_ON_A_PAGE})", literal)
        sql = (
            "SELECT t.key, t.kind, t.object_id, t.title, t.reference, t.people, t.unit_symbol, t.state, "
            "t.class_symbol, t.day, extract(year FROM t.day)::int::text AS year, t.url FROM search_indexedthing t "
            f"WHERE {where.sql} ORDER BY t.day DESC NULLS LAST, t.key DESC LIMIT {TOTAL_LIMIT + 1}"
        )
        return sql, where.values

    @staticmethod
    def _ranked(wanted: _Words) -> tuple[str, list[Any]]:
        """Each found thing with the page whose text holds most of the words. Scores depend on
        nothing but the row, so that paging is stable:
        an exact reference first, then the heading, then the text; of equals
        the case before its letters and files, and the newer. Without words the newest."""
        if not wanted.any:
            score = (
                "(CASE WHEN lower(f.reference) = ANY(%s) THEN 2000000 "
                "WHEN string_to_array(lower(f.reference), ' ') && %s THEN 1000000 ELSE 0 END "
                "+ greatest(0, coalesce(f.day - date '1900-01-01', 0)))::numeric"
            )
            return f"SELECT f.*, 0 AS page, {score} AS score FROM found f", [wanted.references] * 2
        sql = (
            "SELECT DISTINCT ON (f.key) f.*, CASE WHEN o.in_text > 0 THEN p.number ELSE 0 END AS page, round(("
            "ts_rank('{0.1,1.0,0.6,1.0}', p.vector, w.words, 1) "
            "+ CASE f.kind WHEN 'service' THEN 0.5 WHEN 'case' THEN 0.1 WHEN 'letter' THEN 0.05 ELSE 0 END "
            "+ CASE WHEN lower(f.reference) = ANY(%s) THEN 20 "
            "WHEN string_to_array(lower(f.reference), ' ') && %s THEN 10 ELSE 0 END "
            "+ greatest(0, coalesce(f.day - date '2000-01-01', 0)) / 200000.0)::numeric, 6) AS score "
            "FROM found f CROSS JOIN (SELECT %s::tsquery AS words) w "
            "JOIN search_indexedpage p ON p.thing_id = f.key AND p.vector @@ w.words "
            "CROSS JOIN LATERAL (SELECT ts_rank(ts_filter(p.vector, '{d}'), w.words) AS in_text) o "
            "ORDER BY f.key, o.in_text DESC, score DESC, p.number"
        )
        return sql, [wanted.references, wanted.references, wanted.any]

    @staticmethod
    def _fields(query: Query, where: _Where) -> None:
        columns = {"unit": "lower(t.unit_symbol)", "state": "lower(t.state)", "kind": "lower(t.kind)"}
        for wanted, negated in ((query.fields, False), (query.exclude_fields, True)):
            no = "NOT " if negated else ""
            for name, values in wanted.items():
                if name in columns:
                    where.add(f"{no}{columns[name]} = ANY(%s)", [v.lower() for v in values])
                    continue
                literals = [to_tsquery_literal(query_terms(v)) for v in values]
                if literal := " | ".join(f"({x})" for x in literals if x):
                    where.add(
                        f"{no}EXISTS (SELECT 1 FROM search_indexedpage x WHERE x.thing_id = t.key AND x.number = 0 "
                        "AND ts_filter(x.vector, %s) @@ %s::tsquery)",
                        "{c}" if name == "reference" else "{b}",
                        literal,
                    )
                elif not negated:
                    where.add("false")  # asked for signs that no index holds
        if query.date_from:
            where.add("t.day >= %s", query.date_from)
        if query.date_to:
            where.add("t.day <= %s", query.date_to)

    @staticmethod
    def _facets(rows: list[tuple[Any, ...]]) -> tuple[int, dict[str, list[tuple[str, int]]]]:
        counted: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
        total = 0
        for kind, unit, state, class_symbol, year, count, grouping in rows:
            values = dict(
                zip(("kind", "unit", "state", "class", "year"), (kind, unit, state, class_symbol, year), strict=True)
            )
            if grouping == 0b11111:
                total = count
                continue
            name = {0b01111: "kind", 0b10111: "unit", 0b11011: "state", 0b11101: "class", 0b11110: "year"}[grouping]
            if values[name]:
                counted[name].append((str(values[name]), count))
        return total, {name: sorted(found, key=lambda v: (-v[1], v[0]))[:20] for name, found in counted.items()}

    @staticmethod
    def _hit(row: tuple[Any, ...], query: Query) -> Hit:
        key, kind, object_id, title, reference, people, unit, state, day, url, page, text, _score = row
        assert day is None or isinstance(day, dt.date)
        return Hit(
            key,
            kind,
            object_id,
            highlight_html(title, query.text, width=200, count=1),
            highlight_html(text[:200_000], query.text),
            reference,
            people,
            unit,
            state,
            day,
            url,
            page,
        )

    def suggest(self, text: str, who: Filter, *, kinds: Sequence[str] = (), size: int = 8) -> list[tuple[str, str]]:
        wanted = to_tsquery_literal(query_terms(fold(text)[:100], typing=True))
        if not wanted:
            return []
        where = _Where()
        _permission(who, where)
        where.add("p.number = 0")
        where.add("ts_filter(p.vector, '{a,c}') @@ %s::tsquery", wanted)
        if kinds:
            where.add("t.kind = ANY(%s)", list(kinds))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.title, t.url FROM search_indexedthing t JOIN search_indexedpage p ON p.thing_id = t.key "
                f"WHERE {where.sql} AND p.vector @@ %s::tsquery ORDER BY t.day DESC NULLS LAST, t.key LIMIT %s",
                [*where.values, wanted, size],
            )
            return [(title, url) for title, url in cursor.fetchall()]

    def keys(self) -> Iterable[tuple[str, int, str]]:
        rows = IndexedThing.objects.order_by("key").values_list(
            "key", "version", "scopes", "readers", "sealed", "clearance"
        )
        for key, version, scopes, readers, sealed, clearance in rows.iterator(chunk_size=2000):
            yield key, version, permission_text(scopes, readers, sealed=sealed, clearance=clearance)

    def clear(self) -> None:
        IndexedThing.objects.all().delete()
