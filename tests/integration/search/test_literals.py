"""The server itself reads every literal, and finds with it what the analysis says is found."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.analysis import index_words, matches, query_terms
from search.tsearch import phrase_literal, to_tsquery_literal, to_tsvector_literal

pytestmark = pytest.mark.django_db

# the database of one test is fine for all its examples: nothing is written
reads_only = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(max_size=100) | st.text("aąłŁóz .-/@0129\u0301\u202e'\"\\<&|!():*\0\ud800😀_", max_size=100)


def ask(sql: str, *values: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


@reads_only
@given(st.lists(st.tuples(texts, st.integers(-5, 99_999))))
def test_any_words_are_stored_as_they_are(words: list[tuple[str, int]]) -> None:
    expected = {w.replace("\0", "").encode("utf-8", "ignore").decode() for w, _position in words} - {""}
    stored = ask("SELECT tsvector_to_array(%s::tsvector)", to_tsvector_literal(words, "B"))
    assert set(stored) == expected  # type: ignore[call-overload]  # an array comes as a list


@reads_only
@given(texts, texts)
def test_what_the_server_finds_is_what_is_marked(text: str, query: str) -> None:
    terms = query_terms(query, typing=True)
    vector, wanted = to_tsvector_literal(index_words(text)), to_tsquery_literal(terms)
    if ask("SELECT %s::tsvector @@ %s::tsquery", vector, wanted):
        assert matches(text, terms)


@reads_only
@given(texts)
def test_a_text_is_found_by_itself_as_a_phrase(text: str) -> None:
    words = index_words(text)
    phrase = phrase_literal(query_terms(text, keep_stop_words=True))
    assert ask("SELECT %s::tsvector @@ %s::tsquery", to_tsvector_literal(words), phrase) is bool(words)


@pytest.mark.parametrize(
    ("query", "found"),
    [("zaswiadczenie", True), ("OR.0003", True), ("0003.12", True), ("lodz", True), ("dowod", False), ("OR.12", False)],
)
def test_an_inflected_text(query: str, found: bool) -> None:
    vector = to_tsvector_literal(index_words("Wydanie zaświadczeń w sprawie OR.0003.12.2026 dla Łodzi"))
    assert ask("SELECT %s::tsvector @@ %s::tsquery", vector, to_tsquery_literal(query_terms(query))) is found


def test_a_full_vector_is_taken() -> None:
    words = ((f"{'słowo' * 20}{n}", n) for n in range(50_000))
    assert ask("SELECT length(%s::tsvector)", to_tsvector_literal(words)) > 5_000  # type: ignore[operator]  # a number
