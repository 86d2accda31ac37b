"""What kinds and states of found things are called, and which of them a person means by a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from search.analysis import QueryTerm, index_words, query_terms
from search.query import Query
from workflow.states import ENDED, STATE_LABELS, State

KIND_LABELS: Mapping[str, str | Promise] = {
    "case": _("case"),
    "letter": _("letter"),
    "document": _("document"),
    "service": _("service"),
    "page": _("page"),
    "intranet": _("intranet page"),
}
STATES: Mapping[str, str | Promise] = {
    **{state.value: label for state, label in STATE_LABELS.items()},
    "in": _("incoming"),
    "out": _("outgoing"),
    "internal": _("internal"),
    "filed_document": _("filed document"),
    "filed_pdf": _("filed document (readable form)"),
    "attachment": _("attachment"),
    "scan": _("scan"),
    "decision": _("decision"),
    "summons": _("summons"),
    "certificate": _("certificate"),
    "plain": _("plain letter"),
    "receipt": _("receipt"),
    "note": _("note"),
}
_OPEN = pgettext_lazy("state of a case", "open")
_OPEN_STATES = tuple(state.value for state in State if state not in ENDED)


def codes(name: str, said: str) -> tuple[str, ...]:
    """The codes of `name` ("kind" or "state") that a word means, in any language of the site and any inflected form;
    the word itself where it means none, so that nothing is found by it."""
    labels = KIND_LABELS if name == "kind" else STATES
    if said.lower() in labels:
        return (said.lower(),)
    terms = query_terms(said)
    found: dict[str, None] = {}
    for language, _label in settings.LANGUAGES:
        with override(language):
            if name == "state" and _called(str(_OPEN), terms):
                found.update(dict.fromkeys(_OPEN_STATES))
            found.update(dict.fromkeys(code for code, label in labels.items() if _called(str(label), terms)))
    return tuple(found) or (said,)


def _called(label: str, terms: Sequence[QueryTerm]) -> bool:
    words = {word for word, _position in index_words(label)}
    return bool(terms) and all(not words.isdisjoint(term.alternatives) for term in terms)


def understood(query: Query) -> Query:
    """The query with words for kinds and states replaced by codes, as a backend takes it."""

    def coded(fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(dict.fromkeys(code for said in values for code in codes(name, said)))
            if name in ("kind", "state")
            else values
            for name, values in fields.items()
        }

    return replace(query, fields=coded(query.fields), exclude_fields=coded(query.exclude_fields))
