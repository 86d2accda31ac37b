"""Words for search: inflected forms meet, diacritics are optional, references stay whole, literals never break."""

from __future__ import annotations

import re
import threading
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import (
    MAX_WORD,
    fold,
    highlight,
    highlight_html,
    index_words,
    matches,
    query_terms,
    tokens,
)
from search.tsearch import (
    MAX_LEXEME,
    MAX_POSITION,
    MAX_POSITIONS,
    phrase_literal,
    to_tsquery_literal,
    to_tsvector_literal,
)

NOUNS = [
    "wniosek wniosku wniosków wnioski wnioskiem wnioskami wnioskach wnioskowi wnioskom",
    "dowód dowodu dowodem dowody dowodów dowodami dowodach",
    "decyzja decyzji decyzję decyzją decyzje decyzjami decyzjach",
    "łódź łodzi łodzią łodzie łodziami łodziach",
    "podatek podatku podatkiem podatki podatków podatkami podatkach",
    "gmina gminy gminie gminę gminą gmin gminami gminach",
    "zaświadczenie zaświadczenia zaświadczeniu zaświadczeniem zaświadczeń zaświadczeniach",
    "nieruchomość nieruchomości nieruchomością nieruchomościami nieruchomościach",
    "pieniądz pieniądze pieniędzy pieniądzom pieniędzmi pieniądzach",
    "dziecko dziecka dzieci dzieciom dziećmi dzieciach",
    "drzewo drzewa drzew drzewami drzewach",
    "urząd urzędu urzędem urzędy urzędów urzędach",
    "księga księgi księdze księgę ksiąg księgami",
    "skarga skargi skardze skargę skarg skargami",
    "odwołanie odwołania odwołaniu odwołań odwołaniami",
    "ulica ulicy ulicę ulic ulicami",
    "pies psa psu psem psy psów psami",
]


def meets(query: str, text: str) -> bool:
    """As a backend does it: every term has one of its words, or its sequence, in the text."""
    words = index_words(text)
    known = {word for word, _position in words}
    at = set(words)

    def sequence_found(sequence: tuple[tuple[str, ...], ...]) -> bool:
        return any(
            all(any((word, start + n) in at for word in step) for n, step in enumerate(sequence))
            for start in {position for _word, position in words}
        )

    return all(
        known & set(term.alternatives)
        or (term.prefix and any(word.startswith(term.alternatives) for word in known))
        or (term.sequence and sequence_found(term.sequence))
        for term in query_terms(query)
    )


@pytest.mark.parametrize("noun", NOUNS)
def test_every_form_finds_every_form(noun: str) -> None:
    assert [(a, b) for a, b in product(noun.split(), repeat=2) if not meets(a, f"W sprawie {b} z 5 maja")] == []


@pytest.mark.parametrize("noun", NOUNS)
def test_a_query_without_diacritics_finds_every_form(noun: str) -> None:
    assert [(a, b) for a, b in product(noun.split(), repeat=2) if not meets(fold(a), f"Zażółć {b}.")] == []


@pytest.mark.parametrize("noun", NOUNS)
def test_a_text_without_diacritics_is_found(noun: str) -> None:
    assert [(a, b) for a, b in product(noun.split(), repeat=2) if not meets(a, fold(f"prosze o {b} pilnie"))] == []


def test_case_does_not_matter() -> None:
    assert meets("WNIOSKÓW", "wniosek")
    assert meets("wnioski", "WNIOSEK O DOWÓD")
    assert meets("jastrzębie zdrój", "Urząd w Jastrzębiu-Zdroju")


def test_other_words_do_not_meet() -> None:
    assert not meets("wniosek", "decyzja o podatku")
    assert not meets("dowód skarga", "dowód osobisty")
    assert not meets("OR.0003.12.2026", "OR.0003.13.2026")
    assert not meets("OR.0003", "OR.0004.12.2026")


@pytest.mark.parametrize(
    "query",
    ["OR.0003.12.2026", "or.0003.12.2026", "OR.0003", "OR.0003.12", "0003.12.2026", "12.2026", "0003", "OR 0003"],
)
def test_a_reference_is_found_whole_and_in_part(query: str) -> None:
    assert meets(query, "W sprawie OR.0003.12.2026, dotyczącej podatku.")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("01610100010", "PESEL: 01610100010."),
        ("000-000-00-17", "NIP 0000000017"),
        ("0000000017", "NIP 000-000-00-17"),
        ("RPW/12/2026", "numer RPW/12/2026"),
        ("anna@example.test", "pisze Anna@Example.test,"),
        ("GL1J/00000001/7", "księga GL1J/00000001/7"),
        ("oświr.6131.7", "OŚwiR.6131.7.2026"),
        ("44-330", "44-330 Jastrzębie"),
    ],
)
def test_numbers_and_addresses_are_kept(query: str, text: str) -> None:
    assert meets(query, text)


def test_numbers_have_no_lemmas_and_codes_keep_their_places() -> None:
    found = [(t.folded, t.position, t.kind) for t in tokens("Znak OR.12.2026 z 5 maja")]
    assert found == [
        ("znak", 1, "word"),
        ("or.12.2026", 2, "code"),
        ("or", 2, "part"),
        ("12", 3, "part"),
        ("2026", 4, "part"),
        ("z", 5, "word"),
        ("5", 6, "number"),
        ("maja", 7, "word"),
    ]
    assert all(not t.lemmas for t in tokens("2026 12") if t.kind == "number")


def test_stop_words_go_only_while_something_is_left() -> None:
    assert [t.surface for t in query_terms("wniosek o dowód")] == ["wniosek", "dowód"]
    assert [t.surface for t in query_terms("o to")] == ["o", "to"]
    assert [t.surface for t in query_terms("wniosek o", keep_stop_words=True)] == ["wniosek", "o"]
    assert query_terms("") == query_terms(" ?! ") == []


def test_the_word_being_typed_is_a_beginning() -> None:
    assert [t.prefix for t in query_terms("wniosek podat", typing=True)] == [False, True]
    assert [t.prefix for t in query_terms("wniosek podat ", typing=True)] == [False, False]
    assert [t.prefix for t in query_terms("wniosek podat")] == [False, False]


# --- marking ----------------------------------------------------------------------------------------------------


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in matches(text, query)]


def test_marks_stand_on_the_words_as_written() -> None:
    assert marked("Proszę o wydanie DOWODÓW i wniosku.", "dowod wnioski") == ["DOWODÓW", "wniosku"]
    assert marked("w OR.0003.12.2026 i 12.2026", "12.2026") == ["12.2026", "12.2026"]
    assert marked("w OR.0003.12.2026.", "or.0003.12.2026") == ["OR.0003.12.2026"]
    assert marked("nic takiego", "dowód") == []
    assert [f.marks for f in highlight("podatki", query_terms("podat", typing=True))] == [((0, 7),)]


def test_html_is_escaped_around_and_inside_the_marks() -> None:
    assert (
        highlight_html("<script>dowód</script> & \"wniosek'", "dowody")
        == "&lt;script&gt;<mark>dowód</mark>&lt;/script&gt; &amp; &quot;wniosek&#x27;"
    )


def test_a_mark_that_covers_more_than_words_is_escaped_too() -> None:
    assert highlight_html("w OR <0003>", "OR.0003") == "w <mark>OR &lt;0003</mark>&gt;"


def test_long_texts_are_cut_around_what_was_found() -> None:
    text = "początek " * 60 + "tu jest dowód osobisty " + "środek " * 100 + "i wniosek na końcu"
    pieces = highlight(text, "dowody wnioski", width=120)
    assert len(pieces) == 2
    assert [p.text[a:b] for p in pieces for a, b in p.marks] == ["dowód", "wniosek"]
    assert pieces[0].before
    assert pieces[0].after
    assert not pieces[1].after
    assert all(len(p.text) <= 120 for p in pieces)
    assert highlight(text, "żaba", width=20)[0].text == "początek początek "
    assert highlight("", "żaba") == []


texts = st.text(max_size=200) | st.text("aąłŁóz .-/@0129\u0301\u202e'\"\\<&\0\ud800😀_", max_size=200)


@given(texts)
def test_tokens_of_any_text(text: str) -> None:
    found = tokens(text)
    for token in found:
        assert text[token.start : token.end] == token.surface
        for word in token.words:
            assert 0 < len(word) <= MAX_WORD * 4
            assert "\0" not in word
            assert fold(word) == word
            word.encode("utf-8")
    places = [token.position for token in found]
    assert places == sorted(places)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts, texts)
def test_highlighting_any_text_is_safe(text: str, query: str) -> None:
    for piece in highlight(text, query, width=30):
        flat = [place for mark in piece.marks for place in mark]
        assert flat == sorted(flat)
        assert all(0 <= place <= len(piece.text) for place in flat)
        assert all(a < b for a, b in piece.marks)
    assert not re.search(r"<(?!/?mark>)|\0", highlight_html(text.replace("\0", ""), query))


@given(st.lists(st.sampled_from("dowody wnioski OR.1.2.2026 abc podatek".split()), min_size=1, max_size=5))
def test_what_is_found_is_marked(words: list[str]) -> None:
    text = " i ".join(words)
    assert meets(words[0], text)
    assert marked(text, words[0])


def test_long_runs_without_end_take_no_long_time() -> None:
    for text in ("a-" * 20_000, "a" * 60_000, "1." * 20_000, "a@" * 20_000, "ł\u0301" * 20_000, "zaz " * 20_000):
        index_words(text)


def test_random_words_exhaust_their_budget_not_the_worker() -> None:
    letters = "zaceolns"
    index_words(" ".join("".join(p) + "acelnosz" for p in product(letters, repeat=4)))


def test_threads_share_no_analyser() -> None:
    wrong: list[str] = []

    def work(number: int) -> None:
        for n in range(300):
            word = f"x{number}y{n}"
            if not meets("wniosków", f"{word} wnioski") or not meets(word, f"{word} dowody"):
                wrong.append(word)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- literals ---------------------------------------------------------------------------------------------------


def read_vector(literal: str) -> dict[str, list[str]]:
    """A small reader of tsvector literals, by the manual's rules."""
    found, place = {}, 0
    while place < len(literal):
        match = re.compile(r"'((?:[^'\\]|''|\\.)+)':([0-9A-D,]+)(?: |$)", re.S).match(literal, place)
        assert match, literal[place : place + 50]
        found[re.sub(r"''|\\(.)", lambda m: m[1] or "'", match[1], flags=re.S)] = match[2].split(",")
        place = match.end()
    return found


def test_the_vector_literal() -> None:
    assert to_tsvector_literal([("b", 2), ("a", 1), ("b", 7)], "A") == "'a':1A 'b':2A,7A"
    assert to_tsvector_literal([("it's", 1), ("a\\b", 2)]) == "'a\\\\b':2 'it''s':1"
    assert to_tsvector_literal([]) == ""
    with pytest.raises(ValueError, match="weight"):
        to_tsvector_literal([], "E")


@given(
    st.lists(
        st.tuples(st.text(max_size=20) | st.text("'\\\0\ud800 :,&|!()*😀\u202eא", max_size=9), st.integers(-5, 99_999))
    )
)
def test_any_words_make_a_vector_that_can_be_read(words: list[tuple[str, int]]) -> None:
    found = read_vector(to_tsvector_literal(words, "B"))
    expected = {w.replace("\0", "").encode("utf-8", "ignore").decode() for w, _position in words} - {""}
    assert set(found) == expected
    assert all(1 <= int(place[:-1]) <= MAX_POSITION for places in found.values() for place in places)


def test_the_limits_of_the_server_are_kept() -> None:
    found = read_vector(to_tsvector_literal([("ł" * 1_024, 1), ("ł" * 1_023, 1), *[("a", n) for n in range(1, 999)]]))
    assert set(found) == {"ł" * (MAX_LEXEME // 2), "a"}
    assert len(found["a"]) == MAX_POSITIONS
    huge = to_tsvector_literal((f"{'słowo' * 20}{n}", n) for n in range(50_000))
    assert len(huge.encode()) < 1_100_000
    assert len(read_vector(huge)) > 5_000


def test_query_literals() -> None:
    assert to_tsquery_literal(query_terms("wnioski")) == "('wnioski' | 'wniosek')"
    assert to_tsquery_literal(query_terms("x9 y8")) == "'x9' & 'y8'"
    assert to_tsquery_literal(query_terms("OR.12")) == "('or.12' | ('or' <-> '12'))"
    assert to_tsquery_literal(query_terms("x9 podat", typing=True)) == "'x9' & 'podat':*"
    assert phrase_literal(query_terms("x9 o OR.12", keep_stop_words=True)) == "'x9' <-> 'o' <-> 'or' <-> '12'"
    assert to_tsquery_literal([]) == ""


@settings(max_examples=50)
@given(texts)
def test_any_query_makes_a_balanced_literal(text: str) -> None:
    literal = to_tsquery_literal(query_terms(text, typing=True))
    outside = re.sub(r"'(?:[^'\\]|''|\\.)*'", "w", literal)
    assert re.fullmatch(r"[w|&<>():* -]*", outside)
    assert outside.count("(") == outside.count(")")
