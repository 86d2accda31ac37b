"""Full text in PostgreSQL, with words made in Python (`search.analysis`), so no extension is needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from search.acl import Filter
from search.analysis import fold, highlight_html, index_words, query_terms
from search.backends.base import FACETS, TOTAL_LIMIT, Backend
from search.document import Hit, IndexDocument, Results
from search.models import IndexedPage, IndexedThing
from search.query import Query
from search.tsearch import phrase_literal, to_tsquery_literal, to_tsvector_literal

_COLUMNS = {
    "kind": "t.kind",
    "unit": "t.unit_symbol",
    "state": "t.state",
    "class": "t.class_symbol",
    "year": "extract(year FROM t.day)::int::text",
}


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


def _permission(who: Filter, where: _Where) -> None:
    if not who.everything:
        where.add(
            "(NOT t.sealed AND t.scopes && %s::varchar[] AND t.clearance <= %s) OR t.readers && %s::varchar[]",
            sorted(who.scopes),
            who.clearance,
            sorted(who.readers),
        )


def _vector(document: IndexDocument, text: str) -> str:
    heading = index_words(f"{document.title} {document.reference}")
    people = index_words(document.people)
    shift = max((p for _w, p in heading), default=0) + 1
    people = [(w, p + shift) for w, p in people]
    shift = max((p for _w, p in people), default=shift) + 1
    body = [(w, p + shift) for w, p in index_words(text)]
    return " ".join(
        filter(
            None, [to_tsvector_literal(heading, "A"), to_tsvector_literal(people, "B"), to_tsvector_literal(body, "D")]
        )
    )


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
        matched, values = self._matched(query, who, kinds, facets or {})
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH matched AS MATERIALIZED ({matched}) "
                "SELECT kind, unit_symbol, state, class_symbol, year, count(*), "
                "GROUPING(kind, unit_symbol, state, class_symbol, year) FROM matched "
                "GROUP BY GROUPING SETS ((), (kind), (unit_symbol), (state), (class_symbol), (year))",
                values,
            )
            total, counted = self._facets(cursor.fetchall())
            score, _sep, last = after.partition("_")
            onward, bound = "", []
            if last and score.replace(".", "", 1).isdigit():
                onward, bound = "WHERE (score, key) < (%s::numeric, %s)", [score, last]
            cursor.execute(
                f"WITH matched AS MATERIALIZED ({matched}) "
                "SELECT m.key, m.kind, m.object_id, m.title, m.reference, m.people, m.unit_symbol, m.state, m.day, "
                "m.url, m.page, p.text, m.score FROM (SELECT * FROM matched "
                f"{onward} ORDER BY score DESC, key DESC LIMIT %s) m "
                "JOIN search_indexedpage p ON p.thing_id = m.key AND p.number = m.page "
                "ORDER BY m.score DESC, m.key DESC",
                [*values, *bound, size + 1],
            )
            rows = cursor.fetchall()
        hits = tuple(self._hit(row, query) for row in rows[:size])
        following = f"{rows[size - 1][12]}_{rows[size - 1][0]}" if len(rows) > size else ""
        return Results(hits, min(total, TOTAL_LIMIT), total > TOTAL_LIMIT, counted, following)

    def _matched(
        self, query: Query, who: Filter, kinds: Sequence[str], facets: dict[str, str]
    ) -> tuple[str, list[Any]]:
        where = _Where()
        _permission(who, where)
        if kinds:
            where.add("t.kind = ANY(%s)", list(kinds))
        self._fields(query, where)
        for name, value in facets.items():
            if name in _COLUMNS:
                where.add(f"{_COLUMNS[name]} = %s", value)
        wanted = " & ".join(
            filter(
                None,
                [
                    to_tsquery_literal(query.terms()),
                    *(f"({p})" for p in map(phrase_literal, query.phrase_terms()) if p),
                ],
            )
        )
        if query.is_empty or ((query.must or query.phrases) and not wanted):
            where.add("false")
        rank = "0::numeric"
        rank_values: list[Any] = []
        if wanted:
            where.add("p.vector @@ %s::tsquery", wanted)
            # Heading counts most; an exact reference first; newer before older by a little.
            rank = (
                "round((ts_rank('{0.1,0.3,0.6,1.0}', p.vector, %s::tsquery, 1) "
                "+ CASE WHEN lower(t.reference) = %s THEN 10 ELSE 0 END "
                "+ 0.02 / (1 + greatest(0, coalesce(current_date - t.day, 3650)) / 365.0))::numeric, 6)"
            )
            rank_values = [wanted, query.raw.strip().lower()]
        else:
            where.add("p.number = 0")
        for terms in query.exclude_terms():
            without = phrase_literal(terms)
            if without:
                where.add(
                    "NOT EXISTS (SELECT 1 FROM search_indexedpage x WHERE x.thing_id = t.key "
                    "AND x.vector @@ %s::tsquery)",
                    without,
                )
        sql = (
            "SELECT DISTINCT ON (t.key) t.key, t.kind, t.object_id, t.title, t.reference, t.people, t.unit_symbol, "
            "t.state, t.class_symbol, t.day, extract(year FROM t.day)::int::text AS year, t.url, p.number AS page, "
            f"{rank} AS score FROM search_indexedthing t JOIN search_indexedpage p ON p.thing_id = t.key "
            f"WHERE {where.sql} ORDER BY t.key, score DESC, p.number LIMIT {TOTAL_LIMIT + 1}"
        )
        return sql, [*rank_values, *where.values]

    @staticmethod
    def _fields(query: Query, where: _Where) -> None:
        columns = {"unit": "lower(t.unit_symbol)", "state": "lower(t.state)", "kind": "lower(t.kind)"}
        for wanted, negated in ((query.fields, False), (query.exclude_fields, True)):
            for name, values in wanted.items():
                if name in columns:
                    where.add(f"{'NOT ' if negated else ''}{columns[name]} = ANY(%s)", [v.lower() for v in values])
                    continue
                literal = " | ".join(filter(None, (to_tsquery_literal(query_terms(v)) for v in values)))
                if literal:
                    source = "t.reference" if name == "reference" else "t.people"
                    weight = "A" if name == "reference" else "B"
                    # The page vectors carry reference (A) and people (B) as analysed words.
                    where.add(
                        f"{'NOT ' if negated else ''}({source} <> '' AND ts_filter(p.vector, %s) @@ %s::tsquery)",
                        "{" + weight.lower() + "}",
                        literal,
                    )
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
        where.add("ts_filter(p.vector, '{a}') @@ %s::tsquery", wanted)
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
            yield key, version, tokens(scopes, readers, sealed=sealed, clearance=clearance)

    def clear(self) -> None:
        IndexedThing.objects.all().delete()


def tokens(scopes: Iterable[str], readers: Iterable[str], *, sealed: bool, clearance: int) -> str:
    """Permission data of one thing as one comparable string."""
    return f"{'!' if sealed else ''}{clearance}:{','.join(sorted(scopes))}:{','.join(sorted(readers))}"
