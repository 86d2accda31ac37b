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
from typing import Any

import elasticsearch
from django.conf import settings
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError, dsl, helpers
from elasticsearch.dsl import Document, InnerDoc

from search.acl import Filter
from search.analysis import fold, highlight_html, index_words, query_terms
from search.backends.base import FACETS, TOTAL_LIMIT, Backend, Outage
from search.backends.elastic_query import (
    FACET_FIELDS,
    by_kind,
    either,
    fields,
    inside,
    narrowed,
    permission,
    text_of,
    wanted,
)
from search.document import Hit, IndexDocument, Results, permission_text
from search.query import Query

#: Raised with every change of the mapping or of `search.analysis`: an index of another number is built anew.
MAPPING = 1
SETTINGS: dict[str, Any] = {
    "index": {"mapping.nested_objects.limit": 100_000},
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
_CONFLICT = 409  # an older version came late
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
            actions = []
            for target in self._targets() if keys else ():
                kept = self.client.mget(index=target, ids=list(keys), source=False)["docs"]
                # By the version it has: the same thing may come back with it, an older one may not.
                actions += [{"_op_type": "delete", "_index": target, "_id": one["_id"], "version": one["_version"],
                             "version_type": "external_gte"} for one in kept if one.get("found")]  # fmt: skip
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
        asked = wanted(query)
        if asked is None:
            return Results((), 0, more=False, facets={name: [] for name in FACETS})
        filters = [permission(who), *fields(query), *narrowed(kinds, facets or {})]
        inner = {"name": "page", "size": 1, "_source": ["pages.number", "pages.text"],
                 "sort": [{"_score": "desc"}, {"pages.number": "asc"}]}  # fmt: skip
        body = {
            "bool": {
                "filter": filters, "must": asked.every, "must_not": asked.without,
                "should": [
                    *asked.exact,
                    *by_kind(),
                    *([{"nested": {"path": "pages", "score_mode": "none", "inner_hits": inner,
                                   "query": {"bool": {"should": asked.in_text}}}}] if asked.in_text else []),
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
                      for name, column in FACET_FIELDS.items()},
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
        must = [either([inside(name, term) for name in ("title_words", "reference_words")]) for term in terms]
        with _trouble():
            self._targets()
            answer = self.client.search(
                index=self.index, query={"bool": {"filter": [permission(who), *narrowed(kinds, {}), *must]}},
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


def _words(text: str) -> str:
    """The words of a text, one token for each place with all forms of its word; a place without any holds "_"."""
    places: dict[int, list[str]] = {}
    for word, position in index_words(text):
        places.setdefault(position, []).append(word)
    return text_of(" ".join("|".join(places.get(n, ("_",))) for n in range(1, max(places, default=0) + 1)))


def _source(document: IndexDocument) -> dict[str, Any]:
    reference = text_of(document.reference.lower())
    source: dict[str, Any] = {
        "key": document.key, "kind": document.kind, "object_id": document.object_id, "version": document.version,
        "scopes": sorted(document.scopes), "readers": sorted(document.readers), "sealed": document.sealed,
        "clearance": document.clearance, "title": text_of(document.title), "reference": text_of(document.reference),
        "people": text_of(document.people), "url": document.url, "lead": text_of(document.body[:_LEAD_TEXT]),
        "title_words": _words(document.title), "reference_words": _words(document.reference),
        "people_words": _words(document.people), "references": list(dict.fromkeys((reference, *reference.split()))),
        "unit_key": document.unit_symbol.lower(), "state_key": document.state.lower(), "rank": 0,
        "pages": [{"number": number, "words": _words(text), "text": text_of(text[:_PAGE_TEXT])}
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


@contextmanager
def _trouble() -> Iterator[None]:
    """Whatever keeps the cluster from answering is one thing to those who ask."""
    try:
        yield
    except (ApiError, TransportError, helpers.BulkIndexError) as error:
        raise Outage(f"{type(error).__name__}: {error}"[:500]) from error
