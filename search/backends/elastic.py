"""Full text in Elasticsearch, with words made in Python (`search.analysis`) as in the embedded backend.

The index gets words, not text to analyse: all forms of one word stand in one token ("dowodu|dowod"), which the filter
`pattern_capture` takes apart at one position. So nothing of Polish has to be installed on the nodes; tokenizer and
filter are in every ordinary distribution (core and analysis-common).

Scores hold nothing that depends on the other documents: that keeps paging stable while documents come and go.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import elasticsearch
from django.conf import settings
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError, dsl, helpers
from elasticsearch.dsl import Document, InnerDoc

from search.acl import Filter
from search.analysis import QueryTerm, fold, highlight_html, index_words, query_terms
from search.backends.base import FACETS, TOTAL_LIMIT, Backend, Outage
from search.document import Hit, IndexDocument, Results, permission_text
from search.query import Query

#: Raised with every change of the mapping or of `search.analysis`: an index of another number is built anew.
MAPPING = 1
SETTINGS: dict[str, Any] = {
    # A thing that is gone may come back with the version it had (a case unsealed, a page published again).
    "index": {"gc_deletes": "0s", "mapping.nested_objects.limit": 100_000},
    "analysis": {
        "tokenizer": {"words": {"type": "whitespace", "max_token_length": 4000}},
        "filter": {"forms": {"type": "pattern_capture", "preserve_original": False, "patterns": ["([^|]+)"]}},
        "analyzer": {"words": {"type": "custom", "tokenizer": "words", "filter": ["forms"]}},
    },
}


class Page(InnerDoc):
    """One page of text: 0 the thing's own, then those of the attachment."""

    number = dsl.Integer()
    words = dsl.Text(analyzer="words", similarity="boolean")
    text = dsl.Keyword(index=False, doc_values=False)


class Thing(Document):
    """What can be found."""

    key = dsl.Keyword()
    kind = dsl.Keyword()
    object_id = dsl.Long()
    version = dsl.Long()
    scopes = dsl.Keyword(multi=True)
    readers = dsl.Keyword(multi=True)
    sealed = dsl.Boolean()
    clearance = dsl.Integer()
    title = dsl.Keyword(index=False, doc_values=False)
    reference = dsl.Keyword(index=False, doc_values=False)
    people = dsl.Keyword(index=False, doc_values=False)
    url = dsl.Keyword(index=False, doc_values=False)
    lead = dsl.Keyword(index=False, doc_values=False)
    title_words = dsl.Text(analyzer="words", similarity="boolean")
    reference_words = dsl.Text(analyzer="words", similarity="boolean")
    people_words = dsl.Text(analyzer="words", similarity="boolean")
    references = dsl.Keyword(multi=True)
    unit = dsl.Keyword()
    unit_key = dsl.Keyword()
    state = dsl.Keyword()
    state_key = dsl.Keyword()
    class_symbol = dsl.Keyword()
    year = dsl.Keyword()
    day = dsl.Date()
    #: Days since 1900: of equals the newer comes first.
    rank = dsl.Integer()
    pages = dsl.Nested(Page)

    class Meta:
        dynamic = dsl.MetaField("strict")


MAPPINGS: dict[str, Any] = {**Thing._doc_type.mapping.to_dict(), "_meta": {"mapping": MAPPING}}
_FACET_FIELDS = {"kind": "kind", "unit": "unit", "state": "state", "class": "class_symbol", "year": "year"}
#: What a word is worth by the place where it stands, in tenths of a point; a page of text one.
_WORTH = {"title_words": 8.0, "reference_words": 6.0, "people_words": 4.0}
_CONFLICT = 409  # an older version came late
_KIND_WORTH = {"service": 0.5, "case": 0.1, "letter": 0.05}
_CURSOR = re.compile(r"(\d{1,12}(?:\.\d{1,12})?(?:E-?\d{1,2})?)_(\d{1,9})_([a-z]{1,12}:\d{1,19})", re.ASCII)
_SECONDS = 1.5
_PAGE_TEXT, _LEAD_TEXT = 200_000, 4_000
#: How long (seconds) a process believes to know the indexes that are written to.
_TARGETS_FOR = 2.0


class ElasticBackend(Backend):
    """One or more nodes of `settings.ELASTICSEARCH_URL`. `name` of the index: `settings.ELASTICSEARCH_INDEX`.

    Reads go to the alias of that name, writes to all indexes behind "<name>-write": while an index is built anew these
    are two. Every trouble with the cluster is raised as `Outage`."""

    name = "elasticsearch"

    def __init__(self, *, index: str = "", refresh: bool = False) -> None:
        self.index = index or settings.ELASTICSEARCH_INDEX
        self.refresh = refresh
        self.client = Elasticsearch(settings.ELASTICSEARCH_URL.split(","), request_timeout=_SECONDS, max_retries=1,
                                    retry_on_timeout=False)  # fmt: skip
        self._known: tuple[float, list[str]] = (0.0, [])

    # --- indexes ----------------------------------------------------------------------------------------------------

    @property
    def _writing(self) -> str:
        return f"{self.index}-write"

    def _targets(self) -> list[str]:
        asked, found = self._known
        if not found or time.monotonic() - asked > _TARGETS_FOR:
            try:
                found = sorted(self.client.indices.get_alias(name=self._writing))
            except NotFoundError:
                found = [self._create()]
                self._point(found[0])
            self._known = (time.monotonic(), found)
        return found

    def _create(self) -> str:
        made = f"{self.index}-{MAPPING}-{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S%f}"
        self.client.options(request_timeout=30).indices.create(
            index=made, settings=SETTINGS, mappings=MAPPINGS, aliases={self._writing: {}}
        )
        return made

    def _point(self, made: str) -> None:
        """Read from the new index, write to it alone; the old ones go."""
        old = [name for name in self.client.indices.get(index=f"{self.index}-*") if name != made]
        actions: list[dict[str, Any]] = [{"add": {"index": made, "alias": self.index}}]
        actions += [{"remove_index": {"index": name}} for name in old if re.fullmatch(rf"{self.index}-\d+-\d+", name)]
        self.client.options(request_timeout=30).indices.update_aliases(actions=actions)
        self._known = (0.0, [])

    def misfit(self) -> tuple[str, str] | None:
        """What keeps this cluster from being used, and what to do; None when nothing does."""
        with _trouble():
            nodes = self.client.nodes.info(metric="os")["nodes"].values()
            versions = sorted({node["version"] for node in nodes})
            ours = elasticsearch.__version__[0]
            if not all(ours <= int(version.split(".")[0]) <= ours + 1 for version in versions):
                return (f"Elasticsearch {', '.join(versions)} does not fit the client, which speaks {ours}.x.",
                        f"Run nodes of version {ours} or {ours + 1}.")  # fmt: skip
            try:
                found = self.client.indices.get_mapping(index=self.index)
            except NotFoundError:
                return None  # nothing indexed yet: made at the first write
            kept = sorted({one["mappings"].get("_meta", {}).get("mapping", 0) for one in found.values()})
        if kept != [MAPPING]:
            return (f"The search index has mapping {kept[0]}; this version needs {MAPPING}.",
                    "Run: manage.py reindex --only elasticsearch")  # fmt: skip
        return None

    def clear(self) -> None:
        with _trouble():
            self._point(self._create())

    @contextmanager
    def rebuilding(self) -> Iterator[Backend]:
        """An empty index beside the old one. What the follower hears meanwhile is written to both; at the end reading
        moves over in one step and the old index goes. After an error the old one stays and the new one goes."""
        with _trouble():
            self._targets()
            made = self._create()
            time.sleep(_TARGETS_FOR)  # every process that writes has heard of it by then
        only = ElasticBackend(index=self.index)
        only._known = (float("inf"), [made])
        try:
            yield only
        except BaseException:
            self.client.indices.delete(index=made, ignore_unavailable=True)
            raise
        with _trouble():
            self.client.options(request_timeout=60).indices.refresh(index=made)
            self._point(made)

    # --- writing ----------------------------------------------------------------------------------------------------

    def put(self, documents: Iterable[IndexDocument]) -> None:
        with _trouble():
            targets = self._targets()
            actions = (
                {"_op_type": "index", "_index": target, "_id": document.key, "version": document.version,
                 "version_type": "external_gte", "_source": _source(document)}
                for document in documents for target in targets
            )  # fmt: skip
            client = self.client.options(request_timeout=60)
            for good, answer in helpers.streaming_bulk(client, actions, raise_on_error=False, refresh=self.refresh):
                result = answer["index"]
                if not good and result["status"] != _CONFLICT:
                    raise Outage(str(result.get("error"))[:500])

    def remove(self, keys: Sequence[str]) -> None:
        with _trouble():
            actions = [{"_op_type": "delete", "_index": target, "_id": key}
                       for key in keys for target in self._targets()]  # fmt: skip
            if actions:
                helpers.bulk(self.client, actions, raise_on_error=False, refresh=True)

    # --- asking -----------------------------------------------------------------------------------------------------

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
        wanted = _wanted(query)
        if wanted is None:
            return Results((), 0, more=False, facets={name: [] for name in FACETS})
        filters = [_permission(who), *_fields(query), *_narrowed(kinds, facets or {})]
        inner = {"name": "page", "size": 1, "_source": ["pages.number", "pages.text"],
                 "sort": [{"_score": "desc"}, {"pages.number": "asc"}]}  # fmt: skip
        body = {
            "bool": {
                "filter": filters, "must": wanted.every, "must_not": wanted.without,
                "should": [
                    *wanted.exact,
                    *({"constant_score": {"filter": {"term": {"kind": kind}}, "boost": worth}}
                      for kind, worth in _KIND_WORTH.items()),
                    *([{"nested": {"path": "pages", "score_mode": "none", "inner_hits": inner,
                                   "query": {"bool": {"should": wanted.in_text}}}}] if wanted.in_text else []),
                ],
            }
        }  # fmt: skip
        cursor = _CURSOR.fullmatch(after)
        with _trouble():
            self._targets()
            answer = self.client.search(
                index=self.index, query=body, size=size + 1, track_total_hits=TOTAL_LIMIT + 1, track_scores=True,
                source={"excludes": ["pages", "*_words", "scopes", "readers", "references"]},
                sort=[{"_score": "desc"}, {"rank": "desc"}, {"key": "desc"}],
                search_after=[float(cursor[1]), int(cursor[2]), cursor[3]] if cursor else None,
                aggs={name: {"terms": {"field": column, "size": 20, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
                      for name, column in _FACET_FIELDS.items()},
            )  # fmt: skip
        found = answer["hits"]["hits"]
        total = answer["hits"]["total"]["value"]
        following = ""
        if len(found) > size:
            found = found[:size]
            score, rank, key = found[-1]["sort"]
            following = f"{score!r}_{rank}_{key}".replace("e-", "E-")
        counted = {name: [(str(b["key"]), b["doc_count"]) for b in answer["aggregations"][name]["buckets"]]
                   for name in FACETS}  # fmt: skip
        return Results(tuple(_hit(one, query) for one in found), min(total, TOTAL_LIMIT), more=total > TOTAL_LIMIT,
                       facets=counted, following=following)  # fmt: skip

    def suggest(self, text: str, who: Filter, *, kinds: Sequence[str] = (), size: int = 8) -> list[tuple[str, str]]:
        terms = query_terms(fold(text)[:100], typing=True)
        if not terms:
            return []
        must = [_either([_in(name, term) for name in ("title_words", "reference_words")]) for term in terms]
        with _trouble():
            self._targets()
            answer = self.client.search(
                index=self.index, query={"bool": {"filter": [_permission(who), *_narrowed(kinds, {}), *must]}},
                size=size, source={"includes": ["title", "url"]}, sort=[{"rank": "desc"}, {"key": "asc"}],
                track_total_hits=False,
            )  # fmt: skip
        return [(one["_source"]["title"], one["_source"]["url"]) for one in answer["hits"]["hits"]]

    def keys(self) -> Iterable[tuple[str, int, str]]:
        after: list[str] | None = None
        while True:
            with _trouble():
                self._targets()
                answer = self.client.options(request_timeout=30).search(
                    index=self.index, query={"match_all": {}}, size=2000, sort=[{"key": "asc"}], search_after=after,
                    source={"includes": ["key", "version", "scopes", "readers", "sealed", "clearance"]},
                    track_total_hits=False,
                )  # fmt: skip
            found = answer["hits"]["hits"]
            for one in found:
                kept = one["_source"]
                yield kept["key"], kept["version"], permission_text(
                    kept["scopes"], kept["readers"], sealed=kept["sealed"], clearance=kept["clearance"])  # fmt: skip
            if len(found) < 2000:
                return
            after = found[-1]["sort"]


# --- documents ------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """As the index can keep it: no half of a surrogate pair."""
    return text.encode("utf-8", "ignore").decode()


def _words(text: str) -> str:
    """The words of a text, one token for each place with all forms of its word; a place without any holds "_"."""
    places: dict[int, list[str]] = {}
    for word, position in index_words(text):
        places.setdefault(position, []).append(word)
    return _text(" ".join("|".join(places.get(n, ("_",))) for n in range(1, max(places, default=0) + 1)))


def _source(document: IndexDocument) -> dict[str, Any]:
    reference = _text(document.reference.lower())
    source: dict[str, Any] = {
        "key": document.key, "kind": document.kind, "object_id": document.object_id, "version": document.version,
        "scopes": sorted(document.scopes), "readers": sorted(document.readers), "sealed": document.sealed,
        "clearance": document.clearance, "title": _text(document.title), "reference": _text(document.reference),
        "people": _text(document.people), "url": document.url, "lead": _text(document.body[:_LEAD_TEXT]),
        "title_words": _words(document.title), "reference_words": _words(document.reference),
        "people_words": _words(document.people), "references": list(dict.fromkeys((reference, *reference.split()))),
        "unit_key": document.unit_symbol.lower(), "state_key": document.state.lower(), "rank": 0,
        "pages": [{"number": number, "words": _words(text), "text": _text(text[:_PAGE_TEXT])}
                  for number, text in enumerate([document.body, *document.pages]) if text],
    }  # fmt: skip
    named = {"unit": document.unit_symbol, "state": document.state, "class_symbol": document.class_symbol}
    source |= {name: value for name, value in named.items() if value}
    if document.day is not None:
        source |= {"day": document.day.isoformat(), "year": str(document.day.year),
                   "rank": max(0, (document.day - dt.date(1900, 1, 1)).days)}  # fmt: skip
    return source


def _hit(found: dict[str, Any], query: Query) -> Hit:
    kept = found["_source"]
    pages = found.get("inner_hits", {}).get("page", {}).get("hits", {}).get("hits", [])
    page = pages[0]["_source"] if pages else {}
    text = page.get("text") or kept["lead"]
    day = dt.date.fromisoformat(kept["day"]) if kept.get("day") else None
    return Hit(
        kept["key"], kept["kind"], kept["object_id"], highlight_html(kept["title"], query.text, width=200, count=1),
        highlight_html(text, query.text), kept["reference"], kept["people"], kept.get("unit", ""),
        kept.get("state", ""), day, kept["url"], page.get("number", 0),
    )  # fmt: skip


# --- queries --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """A query in the cluster's words. `in_text`: the terms again, to find the page that holds most of them."""

    every: list[dict[str, Any]]
    without: list[dict[str, Any]]
    exact: list[dict[str, Any]]
    in_text: list[dict[str, Any]]


def _wanted(query: Query) -> _Wanted | None:
    """None for a query that can find nothing."""
    terms = [[term] for term in query.terms() if term.alternatives or term.sequence]
    phrases = query.phrase_terms()
    runs = [*terms, *phrases]
    if query.is_empty or (query.must and not terms) or not all(phrases):
        return None
    named = {query.raw.strip(), *query.must, *query.fields.get("reference", ())}
    names = sorted(_text(name.lower()) for name in named)
    return _Wanted(
        every=[_anywhere(run) for run in runs],
        without=[_anywhere(run) for run in query.exclude_terms() if run],
        exact=[_constant({"terms": {"references": names}}, 100.0)],
        in_text=[_run("pages.words", run) for run in runs],
    )


def _constant(query: dict[str, Any], worth: float) -> dict[str, Any]:
    return {"constant_score": {"filter": query, "boost": worth}}


def _either(queries: list[dict[str, Any]]) -> dict[str, Any]:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}


def _anywhere(run: list[QueryTerm]) -> dict[str, Any]:
    """A word or phrase in any place of a thing, worth what the best place is worth."""
    places = [_constant(_run(name, run), worth) for name, worth in _WORTH.items()]
    nested = {"nested": {"path": "pages", "score_mode": "none", "query": _run("pages.words", run)}}
    return {"dis_max": {"queries": [*places, _constant(nested, 1.0)]}}


def _in(name: str, term: QueryTerm) -> dict[str, Any]:
    """One term in one field: any of its forms, or (a reference) its parts side by side."""
    words = [_text(word) for word in term.alternatives]
    found: list[dict[str, Any]] = [{"terms": {name: words}}] if words else []
    if term.prefix:
        found += [{"prefix": {name: {"value": word}}} for word in words]
    if term.sequence:
        found.append(_side_by_side(name, list(term.sequence), term.prefix))
    return _either(found) if found else {"match_none": {}}


def _run(name: str, run: list[QueryTerm]) -> dict[str, Any]:
    """Terms side by side in one field; a single term as it is."""
    if len(run) == 1:
        return _in(name, run[0])
    steps: list[tuple[str, ...]] = []
    for term in run:
        steps += term.sequence or [term.alternatives]
    return _side_by_side(name, steps, False)


def _side_by_side(name: str, steps: list[tuple[str, ...]], typing: bool) -> dict[str, Any]:
    clauses = []
    for number, step in enumerate(steps):
        forms: list[dict[str, Any]] = [{"span_term": {name: _text(word)}} for word in step]
        if typing and number == len(steps) - 1:
            forms += [{"span_multi": {"match": {"prefix": {name: {"value": _text(word)}}}}} for word in step]
        if forms:
            clauses.append(forms[0] if len(forms) == 1 else {"span_or": {"clauses": forms}})
    if not clauses:
        return {"match_none": {}}
    return clauses[0] if len(clauses) == 1 else {"span_near": {"clauses": clauses, "slop": 0, "in_order": True}}


def _permission(who: Filter) -> dict[str, Any]:
    """`search.acl` in the cluster's words. In every request."""
    if who.everything:
        return {"match_all": {}}
    in_scope = {"bool": {"filter": [{"terms": {"scopes": sorted(who.scopes)}}, {"term": {"sealed": False}},
                                    {"range": {"clearance": {"lte": who.clearance}}}]}}  # fmt: skip
    return _either([in_scope, {"terms": {"readers": sorted(who.readers)}}])


def _narrowed(kinds: Sequence[str], facets: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"terms": {"kind": list(kinds)}}] if kinds else []
    return found + [{"term": {_FACET_FIELDS[name]: _text(value)}} for name, value in facets.items()
                    if name in _FACET_FIELDS]  # fmt: skip


def _fields(query: Query) -> list[dict[str, Any]]:
    columns = {"unit": "unit_key", "state": "state_key", "kind": "kind"}
    found: list[dict[str, Any]] = []
    for wanted, negated in ((query.fields, False), (query.exclude_fields, True)):
        for name, values in wanted.items():
            if name in columns:
                one: dict[str, Any] = {"terms": {columns[name]: [_text(v.lower()) for v in values]}}
            else:
                place = "reference_words" if name == "reference" else "people_words"
                said = [query_terms(value) for value in values]
                each = [{"bool": {"filter": [_in(place, term) for term in terms]}} for terms in said if terms]
                if not each and negated:
                    continue  # signs that no index holds exclude nothing
                one = _either(each) if each else {"match_none": {}}
            found.append({"bool": {"must_not": [one]}} if negated else one)
    days = {"gte": query.date_from, "lte": query.date_to}
    if any(days.values()):
        found.append({"range": {"day": {name: day.isoformat() for name, day in days.items() if day}}})
    return found


@contextmanager
def _trouble() -> Iterator[None]:
    """Whatever keeps the cluster from answering is one thing to those who ask."""
    try:
        yield
    except (ApiError, TransportError, helpers.BulkIndexError) as error:
        raise Outage(f"{type(error).__name__}: {error}"[:500]) from error
