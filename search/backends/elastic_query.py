"""A query and an asker in the words of Elasticsearch: plain dictionaries, no connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search.acl import Filter
from search.analysis import QueryTerm, query_terms
from search.query import Query

#: What a word is worth by the place where it stands; on a page of text it is worth one.
_WORTH = {"title_words": 8.0, "reference_words": 6.0, "people_words": 4.0}
_KIND_WORTH = {"service": 0.5, "case": 0.1, "letter": 0.05}
#: Facets and the fields that hold their values.
FACET_FIELDS = {"kind": "kind", "unit": "unit", "state": "state", "class": "class_symbol", "year": "year"}


def text_of(text: str) -> str:
    """As the index can keep it: no half of a surrogate pair."""
    return text.encode("utf-8", "ignore").decode()


@dataclass(frozen=True)
class Wanted:
    """A query in the cluster's words. `in_text`: the terms again, to find the page that holds most of them."""

    every: list[dict[str, Any]]
    without: list[dict[str, Any]]
    exact: list[dict[str, Any]]
    in_text: list[dict[str, Any]]


def wanted(query: Query) -> Wanted | None:
    """None for a query that can find nothing."""
    terms = [[term] for term in query.terms() if term.alternatives or term.sequence]
    phrases = query.phrase_terms()
    runs = [*terms, *phrases]
    if query.is_empty or (query.must and not terms) or not all(phrases):
        return None
    named = {query.raw.strip(), *query.must, *query.fields.get("reference", ())}
    names = sorted(text_of(name.lower()) for name in named)
    return Wanted(
        every=[_anywhere(run) for run in runs],
        without=[_anywhere(run) for run in query.exclude_terms() if run],
        exact=[_constant({"terms": {"references": names}}, 100.0)],
        in_text=[_run("pages.words", run) for run in runs],
    )


def _constant(query: dict[str, Any], worth: float) -> dict[str, Any]:
    return {"constant_score": {"filter": query, "boost": worth}}


def either(queries: list[dict[str, Any]]) -> dict[str, Any]:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}


def _anywhere(run: list[QueryTerm]) -> dict[str, Any]:
    """A word or phrase in any place of a thing, worth what the best place is worth."""
    places = [_constant(_run(name, run), worth) for name, worth in _WORTH.items()]
    nested = {"nested": {"path": "pages", "score_mode": "none", "query": _run("pages.words", run)}}
    return {"dis_max": {"queries": [*places, _constant(nested, 1.0)]}}


def inside(name: str, term: QueryTerm) -> dict[str, Any]:
    """One term in one field: any of its forms, or (a reference) its parts side by side."""
    words = [text_of(word) for word in term.alternatives]
    found: list[dict[str, Any]] = [{"terms": {name: words}}] if words else []
    if term.prefix:
        found += [{"prefix": {name: {"value": word}}} for word in words]
    if term.sequence:
        found.append(_side_by_side(name, list(term.sequence), term.prefix))
    return either(found) if found else {"match_none": {}}


def _run(name: str, run: list[QueryTerm]) -> dict[str, Any]:
    """Terms side by side in one field; a single term as it is."""
    if len(run) == 1:
        return inside(name, run[0])
    steps: list[tuple[str, ...]] = []
    for term in run:
        steps += term.sequence or [term.alternatives]
    return _side_by_side(name, steps, False)


def _side_by_side(name: str, steps: list[tuple[str, ...]], typing: bool) -> dict[str, Any]:
    clauses = []
    for number, step in enumerate(steps):
        forms: list[dict[str, Any]] = [{"span_term": {name: text_of(word)}} for word in step]
        if typing and number == len(steps) - 1:
            forms += [{"span_multi": {"match": {"prefix": {name: {"value": text_of(word)}}}}} for word in step]
        if forms:
            clauses.append(forms[0] if len(forms) == 1 else {"span_or": {"clauses": forms}})
    if not clauses:
        return {"match_none": {}}
    return clauses[0] if len(clauses) == 1 else {"span_near": {"clauses": clauses, "slop": 0, "in_order": True}}


def permission(who: Filter) -> dict[str, Any]:
    """`search.acl` in the cluster's words. In every request."""
    if who.everything:
        return {"match_all": {}}
    in_scope = {"bool": {"filter": [{"terms": {"scopes": sorted(who.scopes)}}, {"term": {"sealed": False}},
                                    {"range": {"clearance": {"lte": who.clearance}}}]}}  # fmt: skip
    return either([in_scope, {"terms": {"readers": sorted(who.readers)}}])


def narrowed(kinds: Sequence[str], facets: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"terms": {"kind": list(kinds)}}] if kinds else []
    return found + [{"term": {FACET_FIELDS[name]: text_of(value)}} for name, value in facets.items()
                    if name in FACET_FIELDS]  # fmt: skip


def fields(query: Query) -> list[dict[str, Any]]:
    columns = {"unit": "unit_key", "state": "state_key", "kind": "kind"}
    found: list[dict[str, Any]] = []
    for wanted, negated in ((query.fields, False), (query.exclude_fields, True)):
        for name, values in wanted.items():
            if name in columns:
                one: dict[str, Any] = {"terms": {columns[name]: [text_of(v.lower()) for v in values]}}
            else:
                place = "reference_words" if name == "reference" else "people_words"
                said = [query_terms(value) for value in values]
                each = [{"bool": {"filter": [inside(place, term) for term in terms]}} for terms in said if terms]
                if not each and negated:
                    continue  # signs that no index holds exclude nothing
                one = either(each) if each else {"match_none": {}}
            found.append({"bool": {"must_not": [one]}} if negated else one)
    days = {"gte": query.date_from, "lte": query.date_to}
    if any(days.values()):
        found.append({"range": {"day": {name: day.isoformat() for name, day in days.items() if day}}})
    return found


def by_kind() -> list[dict[str, Any]]:
    """Services before cases, cases before their letters, where all else is equal."""
    return [_constant({"term": {"kind": kind}}, worth) for kind, worth in _KIND_WORTH.items()]
