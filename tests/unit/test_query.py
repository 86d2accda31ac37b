"""What people type into a search box, understood without errors."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from search.query import MAX_PARTS, PREFIXES, Query, parse

TODAY = date(2026, 11, 24)


def test_a_query_with_everything() -> None:
    query = parse(
        'wniosek "dowód osobisty" -skarga -"tryb pilny" znak:OR.0003.12.2026 nadawca:"Jan Nowak" '
        "jednostka:OR od:2026-01-01 do:31.03.2026 -typ:notatka"
    )
    assert query.must == ("wniosek",)
    assert query.phrases == ("dowód osobisty",)
    assert query.exclude == ("skarga", "tryb pilny")
    assert query.fields == {"reference": ("OR.0003.12.2026",), "sender": ("Jan Nowak",), "unit": ("OR",)}
    assert query.exclude_fields == {"kind": ("notatka",)}
    assert (query.date_from, query.date_to) == (date(2026, 1, 1), date(2026, 3, 31))
    assert query.ignored == ()
    assert query.text == "wniosek dowód osobisty"
    assert not query.is_empty


@pytest.mark.parametrize("text", ["", "   ", '"', "-", '""', "?!", "-skarga", "od:kiedyś"])
def test_nothing_to_search_for(text: str) -> None:
    assert parse(text).is_empty


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("znak:OR.1.2.2026", "reference", "OR.1.2.2026"),
        ("ZNAK: OR.1.2.2026", "reference", "OR.1.2.2026"),
        ("wydział:OŚ", "unit", "OŚ"),
        ("wydzial:OS", "unit", "OS"),
        ("sender:„Anna Nowak”", "sender", "Anna Nowak"),
        ("stan:otwarta", "state", "otwarta"),
        ("rodzaj:decyzja", "kind", "decyzja"),
    ],
)
def test_prefixes_in_both_languages(text: str, field: str, value: str) -> None:
    query = parse(text)
    assert query.fields == {field: (value,)}
    assert query.must == ()


def test_several_values_of_a_field() -> None:
    assert parse("typ:decyzja typ:pismo typ:pismo").fields == {"kind": ("decyzja", "pismo")}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("od:2026-03-05", date(2026, 3, 5), None),
        ("od:5.3.2026", date(2026, 3, 5), None),
        ("do:2026-02", None, date(2026, 2, 28)),
        ("do:02.2028", None, date(2028, 2, 29)),
        ("od:2025", date(2025, 1, 1), None),
        ("do:2025", None, date(2025, 12, 31)),
        ("rok:2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("from:2026-03-05 to:2026-03-01", date(2026, 3, 1), date(2026, 3, 5)),
        ("od:wczoraj do:dziś", date(2026, 11, 23), TODAY),
    ],
)
def test_dates(text: str, first: date | None, last: date | None) -> None:
    query = parse(text, today=TODAY)
    assert (query.date_from, query.date_to) == (first, last)
    assert query.must == ()


@pytest.mark.parametrize("text", ["od:2026-02-30", "do:99.99.2026", "rok:26", "rok:2026-01", "od:0000", "do:٢٠٢٦"])
def test_a_date_that_is_none_is_told(text: str) -> None:
    query = parse(f"wniosek {text}", today=TODAY)
    assert query.ignored == (text,)
    assert query.must == ("wniosek",)
    assert (query.date_from, query.date_to) == (None, None)


def test_relative_days_need_a_day() -> None:
    assert parse("od:dziś").ignored == ("od:dziś",)


@pytest.mark.parametrize(
    ("text", "must", "phrases"),
    [
        ('"dowód osobisty', (), ("dowód osobisty",)),
        ('wniosek "dowód', ("wniosek", "dowód"), ()),
        ('dowód" osobisty', ("dowód",), ("osobisty",)),
        ("„dowód osobisty” «akt urodzenia»", (), ("dowód osobisty", "akt urodzenia")),
        ("http://example.test/a", ("http://example.test/a",), ()),
        ("uwaga: wniosek", ("uwaga:", "wniosek"), ()),
        ("znak:", ("znak",), ()),
        ("Jastrzębie-Zdrój e-mail", ("Jastrzębie-Zdrój", "e-mail"), ()),
        ("a a A", ("a", "A"), ()),
    ],
)
def test_odd_input_is_understood_somehow(text: str, must: tuple[str, ...], phrases: tuple[str, ...]) -> None:
    query = parse(text)
    assert query.text.replace(":", "").split() == " ".join((*must, *phrases)).replace(":", "").split()
    assert not query.is_empty


def test_terms_for_a_backend() -> None:
    query = parse('wnioski "dowód o" -skarg podat')
    assert [t.surface for t in query.terms(typing=True)] == ["wnioski", "podat"]
    assert [t.prefix for t in query.terms(typing=True)] == [False, True]
    assert "wniosek" in query.terms()[0].alternatives
    assert [[t.surface for t in phrase] for phrase in query.phrase_terms()] == [["dowód", "o"]]
    assert [[t.surface for t in phrase] for phrase in query.exclude_terms()] == [["skarg"]]
    assert not parse("podat -x").terms(typing=True)[-1].prefix


def test_the_query_in_words() -> None:
    with override("en"):
        said = parse('wniosek "a b" -x znak:OR.1 stan:otwarta stan:nowa -typ:y od:2026-01-01 rok:x').describe()
        assert said == [
            "all of the words: wniosek",
            "the phrase “a b”",
            "without: x",
            "case reference: OR.1",
            "state: otwarta or nowa",
            "not type: y",
            "from 2026-01-01",
            "not understood and left out: rok:x",
        ]
        assert parse("").describe() == []


pieces = st.sampled_from(
    [
        *(f"{p}:" for p in PREFIXES),
        '"',
        "„",
        "”",
        "-",
        "--",
        " ",
        ":",
        "2026",
        "-01",
        "dowód",
        "\0",
        "\ud800",
        "31.02.2026",
    ]
)


@given(st.text(max_size=300) | st.lists(pieces, max_size=30).map("".join))
def test_no_input_is_an_error(text: str) -> None:
    query = parse(text, today=TODAY)
    assert isinstance(query, Query)
    assert query.raw == text
    assert len(query.must) + len(query.phrases) <= 2 * MAX_PARTS
    assert query.date_from is None or query.date_to is None or query.date_from <= query.date_to
    query.describe()
    query.terms(typing=True)
    query.phrase_terms()
    query.exclude_terms()
    " ".join((*query.must, *query.phrases, *query.exclude, *query.ignored)).encode("utf-8")


@given(st.lists(st.from_regex(r"[a-ząćęłńóśźż]{2,12}", fullmatch=True), min_size=1, max_size=10, unique=True))
def test_plain_words_are_all_kept(words: list[str]) -> None:
    assert parse(" ".join(words)).must == tuple(words)
