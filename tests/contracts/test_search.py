"""What every search backend can do. One suite, run against each backend; each test names one capability.

The backend is fed `IndexDocument`s and asked `Query`s: no case, letter or person is needed to say what it must do.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.acl import PUBLIC_FILTER, Filter
from search.backends import base
from search.backends.base import Backend
from search.document import IndexDocument, Results
from search.query import parse

pytestmark = pytest.mark.django_db

UNIT_OR = Filter(frozenset({"C1", "L1"}), frozenset({"user:7"}), 0)
UNIT_FN = Filter(frozenset({"C2", "L2"}), frozenset({"user:8"}), 0)
EVERYTHING = Filter(frozenset(), frozenset(), 0, everything=True)
DAY = dt.date(2026, 3, 10)


def thing(number: int, title: str, **fields: Any) -> IndexDocument:
    """A letter of unit OR unless told otherwise."""
    given_: dict[str, Any] = {
        "kind": "letter", "scopes": frozenset({"L1"}), "unit_symbol": "OR", "state": "in", "day": DAY, "version": 1,
        "url": f"/{number}", **fields,
    }  # fmt: skip
    return IndexDocument(object_id=number, title=title, **given_)


def ask(backend: Backend, text: str, who: Filter = UNIT_OR, **fields: Any) -> Results:
    return backend.search(parse(text), who, **fields)


def found(backend: Backend, text: str, who: Filter = UNIT_OR, **fields: Any) -> list[int]:
    return [hit.object_id for hit in ask(backend, text, who, **fields).hits]


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Wniosek o wydanie zaświadczeń", "zaświadczenie"),
        ("Zaświadczenie dla szkoły", "zaświadczeniami"),
        ("Skarga na psy sąsiada", "pies"),
        ("Usunięcie dwóch drzew", "drzewo"),
        ("Drzewo do usunięcia", "drzewami"),
        ("Pismo do rady", "pisma"),
    ],
)
def test_inflected_words_match(backend: Backend, text: str, query: str) -> None:
    backend.put([thing(1, text), thing(2, "Zupełnie coś innego")])
    assert found(backend, query) == [1]


@pytest.mark.parametrize(
    ("text", "query"),
    [("Łódź i źdźbło", "lodz zdzblo"), ("ŻÓŁTA ŁÓDŹ", "żółta łódź"), ("Zazolc gesla jazn", "zażółć jaźń"),
     ("Zaświadczenie", "zaswiadczenia"), ("zaswiadczenie bez ogonkow", "zaświadczeniem")],
)  # fmt: skip
def test_diacritics_and_case_are_optional(backend: Backend, text: str, query: str) -> None:
    backend.put([thing(1, text), thing(2, "Inne pismo")])
    assert found(backend, query) == [1]


def test_every_word_must_match(backend: Backend) -> None:
    backend.put([thing(1, "Wycinka drzewa"), thing(2, "Wycinka krzewu")])
    assert found(backend, "wycinka drzewo") == [1] and sorted(found(backend, "wycinka")) == [1, 2]


def test_the_words_may_stand_in_different_places_of_one_thing(backend: Backend) -> None:
    backend.put([thing(1, "Wniosek", people="Jan Kowalski", body="działka", pages=("plan terenu", "opinia geologa"))])
    assert found(backend, "wniosek Kowalskiego") == [1] and found(backend, "plan geolog") == [1]
    assert found(backend, "plan geolog hydrolog") == []


def test_a_phrase_stands_side_by_side(backend: Backend) -> None:
    backend.put([thing(1, "Utrata dowodu osobistego"), thing(2, "Osobisty list i dowód wpłaty")])
    assert found(backend, '"dowód osobisty"') == [1]
    assert sorted(found(backend, "dowód osobisty")) == [1, 2]


def test_a_phrase_does_not_run_over_the_edge_of_a_field(backend: Backend) -> None:
    backend.put([thing(1, "Sprawa dowodu", people="Osobisty Jan", body="tekst")])
    assert found(backend, '"dowód osobisty"') == []


def test_a_word_or_phrase_can_be_excluded(backend: Backend) -> None:
    backend.put([thing(1, "Skarga na hałas"), thing(2, "Skarga", pages=("o wykroczeniu", "nocny hałas"))])
    assert sorted(found(backend, "skarga")) == [1, 2] and found(backend, "skarga -hałas") == []
    assert found(backend, 'skarga -"nocny hałas"') == [1] and found(backend, "-hałas") == []


@pytest.mark.parametrize("query", ["01610100010", "8250", "44-330", "12/3"])
def test_numbers_match_whole(backend: Backend, query: str) -> None:
    backend.put([thing(1, "Pismo", body="PESEL 01610100010, kwota 8250 zł, kod 44-330, działka 12/3"),
                 thing(2, "Pismo", body="0161010001 82500 44-331 12/33")])  # fmt: skip
    assert found(backend, query) == [1]


# --- references -------------------------------------------------------------------------------------------------


def test_an_exact_reference_comes_first_and_a_part_of_it_is_enough(backend: Backend) -> None:
    backend.put([
        thing(1, "Sprawa", kind="case", reference="OR.5343.1.2026", scopes=frozenset({"C1"}), day=dt.date(2020, 1, 1)),
        *(thing(n, f"OR.5343.1.2026 wspomniana wiele razy OR.5343.1.2026 {n}", reference=f"OR.5343.{n}.2026")
          for n in range(11, 15)),
        thing(20, "Pismo w sprawie", reference="RPW/20/2026 OR.5343.1.2026", day=dt.date(2020, 1, 1)),
    ])  # fmt: skip
    assert found(backend, "OR.5343.1.2026")[:2] == [1, 20] and found(backend, "or.5343.1.2026")[0] == 1
    assert found(backend, "znak:OR.5343.1.2026")[0] == 1
    assert set(found(backend, "OR.5343")) == {1, 11, 12, 13, 14, 20}
    assert found(backend, "RPW/20/2026") == [20]
    assert found(backend, "OR.5343.13.2026") == [13] and found(backend, "OR.5343.9.2026") == []


# --- field prefixes ---------------------------------------------------------------------------------------------


def test_field_prefixes_narrow_to_one_field(backend: Backend) -> None:
    backend.put([
        thing(1, "Pismo Nowaka", reference="OR.1.2.2026", people="Ola Przykładowa"),
        thing(2, "Pismo", reference="FN.1.2.2026", people="Jan Nowak", unit_symbol="FN", state="out"),
        thing(3, "Sprawa", kind="case", people="Jan Nowak", scopes=frozenset({"C1"}), state="closed"),
    ])  # fmt: skip
    assert sorted(found(backend, "nadawca:Nowak")) == [2, 3] and found(backend, 'nadawca:"Ola Przykładowa"') == [1]
    assert found(backend, "znak:FN.1") == [2] and found(backend, "znak:Nowaka") == []
    assert found(backend, "jednostka:fn") == [2] and sorted(found(backend, "jednostka:OR")) == [1, 3]
    assert found(backend, "stan:closed") == [3] and found(backend, "typ:case") == [3]
    assert found(backend, "nadawca:Nowak -jednostka:FN") == [3] and found(backend, "pismo -nadawca:Nowak") == [1]
    assert sorted(found(backend, "stan:in stan:out")) == [1, 2]


def test_dates_and_years_are_whole_inclusive_days(backend: Backend) -> None:
    days = {1: dt.date(2025, 12, 31), 2: dt.date(2026, 1, 1), 3: dt.date(2026, 3, 31), 4: dt.date(2027, 1, 1), 5: None}
    backend.put([thing(n, "Pismo", day=day) for n, day in days.items()])
    assert found(backend, "rok:2026") == [3, 2] and found(backend, "od:2026-03-31 do:2027-01-01") == [4, 3]
    assert found(backend, "do:31.12.2025") == [1] and sorted(found(backend, "pismo rok:2026")) == [2, 3]


def test_a_field_without_a_word_in_it_finds_nothing(backend: Backend) -> None:
    backend.put([thing(1, "Pismo", reference="OR.1.2.2026", people="Jan Nowak")])
    for query in ("znak:!!!", "nadawca:???", "znak:… pismo"):
        assert found(backend, query) == []


# --- permission -------------------------------------------------------------------------------------------------


def test_results_counts_facets_and_suggestions_know_only_what_the_asker_may_see(backend: Backend) -> None:
    backend.put([
        thing(1, "Tajne zaświadczenie", unit_symbol="OR"),
        thing(2, "Zaświadczenie finansowe", scopes=frozenset({"L2"}), unit_symbol="FN", class_symbol="3120"),
        thing(3, "Zaświadczenie zastrzeżone", sealed=True, readers=frozenset({"user:8"}), state="out"),
        thing(4, "Zaświadczenie poufne", clearance=1, day=dt.date(2019, 1, 1)),
        thing(5, "Karta: zaświadczenie", kind="service", scopes=frozenset({"public"}), unit_symbol="UM"),
        thing(6, "Zaświadczenie użyczone", scopes=frozenset({"L2"}), readers=frozenset({"user:7"})),
    ])  # fmt: skip
    expected = {UNIT_OR: {1, 6}, UNIT_FN: {2, 3, 6}, PUBLIC_FILTER: {5}, EVERYTHING: {1, 2, 3, 4, 5, 6},
                Filter(frozenset({"L1"}), frozenset(), 1): {1, 4}, Filter(frozenset(), frozenset(), 9): set(),
    }  # fmt: skip
    for who, ids in expected.items():
        results = ask(backend, "zaświadczenia", who)
        assert {hit.object_id for hit in results.hits} == ids and results.total == len(ids)
        assert sum(count for _value, count in results.facets["kind"]) == len(ids)
        assert {url for _title, url in backend.suggest("zaśw", who)} == {f"/{n}" for n in ids}
    facets = ask(backend, "zaświadczenia", UNIT_OR).facets
    assert facets["unit"] == [("OR", 2)] and facets["class"] == [] and facets["year"] == [("2026", 2)]


def test_facets_count_and_narrow(backend: Backend) -> None:
    backend.put([
        thing(1, "Pismo", class_symbol="5343"), thing(2, "Pismo", state="out", class_symbol="5343"),
        thing(3, "Pismo", kind="case", scopes=frozenset({"C1"}), state="closed", day=dt.date(2025, 5, 5)),
        thing(4, "Pismo", unit_symbol="SP-1"),
    ])  # fmt: skip
    facets = ask(backend, "pismo").facets
    assert set(facets) == set(base.FACETS)
    assert facets["kind"] == [("letter", 3), ("case", 1)] and facets["unit"] == [("OR", 3), ("SP-1", 1)]
    assert facets["state"] == [("in", 2), ("closed", 1), ("out", 1)] and facets["class"] == [("5343", 2)]
    assert facets["year"] == [("2026", 3), ("2025", 1)]
    assert found(backend, "pismo", facets={"unit": "SP-1"}) == [4]
    assert found(backend, "pismo", facets={"year": "2025", "kind": "case"}) == [3]
    assert (
        found(backend, "pismo", facets={"unit": "nie ma\0'"}) == []
        and len(found(backend, "pismo", kinds=("case",))) == 1
    )
    narrowed = ask(backend, "pismo", facets={"class": "5343"})
    assert narrowed.total == 2 and narrowed.facets["unit"] == [("OR", 2)]


# --- what is shown ----------------------------------------------------------------------------------------------


def test_snippets_are_escaped_and_mark_what_was_found(backend: Backend) -> None:
    backend.put([thing(1, "<script>alert(1)</script> skarga & zażalenie",
                       body='Do <b>rady</b>: "skargi" <img src=x onerror=alert(2)> i tyle.')])  # fmt: skip
    (hit,) = ask(backend, "skarga").hits
    assert "<mark>skarga</mark>" in hit.title_html and "<mark>skargi</mark>" in hit.snippet_html
    for shown in (hit.title_html, hit.snippet_html):
        assert re.sub(r"</?mark>", "", shown).count("<") == 0
    assert "<script>alert(1)</script> skarga & zażalenie" == html.unescape(re.sub(r"</?mark>", "", hit.title_html))


def test_the_page_of_the_attachment_is_told(backend: Backend) -> None:
    backend.put([thing(1, "Opinia", pages=("wstęp o drzewach", "szczegóły geologiczne", "zakończenie"))])
    (hit,) = ask(backend, "geologicznych").hits
    assert hit.page == 2 and "<mark>geologiczne</mark>" in hit.snippet_html
    assert [h.page for h in ask(backend, "opinia").hits] == [0]
    assert [h.page for h in ask(backend, "opinia wstęp").hits] == [1]
    backend.put([thing(2, "Inne", body="pismo.pdf", pages=("nic", "pismo o kanale"))])
    assert [h.page for h in ask(backend, "pismo kanał").hits] == [2]


def test_a_long_text_is_found_to_its_end(backend: Backend) -> None:
    pages = tuple(f"strona {n} " + "wypełniacz " * 2000 + f"koniec{n}" for n in range(1, 30))
    backend.put([thing(1, "Długi", pages=pages)])
    assert [(h.object_id, h.page) for h in ask(backend, "koniec29").hits] == [(1, 29)]


def test_the_heading_counts_more_than_the_text_and_newer_before_older(backend: Backend) -> None:
    backend.put([thing(1, "Pismo", body="w sprawie hałasu"), thing(2, "Hałas nocny", body="tekst"),
                 thing(3, "Pismo", body="w sprawie hałasu", day=dt.date(2020, 3, 10))])  # fmt: skip
    assert found(backend, "hałas") == [2, 1, 3]


def test_the_case_comes_before_its_letters_and_files(backend: Backend) -> None:
    for number, kind in ((1, "document"), (2, "letter"), (3, "case")):
        backend.put([thing(number, "Wniosek o wycinkę", kind=kind, scopes=frozenset({"L1"}))])
    assert found(backend, "wycinka") == [3, 2, 1]


# --- paging and totals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["pismo", "od:2020-01-01"])
def test_paging_is_complete_stable_and_without_repetition(backend: Backend, query: str) -> None:
    days = [DAY - dt.timedelta(days=n % 5) for n in range(53)]
    backend.put([thing(n, "Pismo " + "urzędowe " * (n % 3), day=days[n]) for n in range(53)])
    seen: list[int] = []
    after = ""
    while True:
        page = ask(backend, query, after=after, size=10)
        assert page.total == 53 and not page.more
        seen += [hit.object_id for hit in page.hits]
        if len(seen) == 20:  # what is new or gone meanwhile moves nothing else
            backend.put([thing(900, "Pismo pismo pismo", day=DAY + dt.timedelta(days=300))])
            backend.remove(["letter:900"])
        after = page.following
        if not after:
            break
        assert len(page.hits) == 10
    assert sorted(seen) == list(range(53))
    assert seen == [hit.object_id for hit in ask(backend, query, size=100).hits]


@pytest.mark.parametrize(
    "after", ["x", "_", "1_", "²_letter:1", "1e5_letter:1", "0.1_'; DROP", "9" * 400, "1_letter:\0"]
)
def test_a_cursor_that_is_none_begins_at_the_beginning(backend: Backend, after: str) -> None:
    backend.put([thing(1, "Pismo")])
    assert found(backend, "pismo", after=after) == [1]


def test_totals_are_exact_to_the_limit_and_more_than_it_beyond(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert base.TOTAL_LIMIT == 10_000
    monkeypatch.setattr(f"{type(backend).__module__}.TOTAL_LIMIT", 5)
    backend.put([thing(n, "Pismo", day=DAY + dt.timedelta(days=n)) for n in range(5)])
    exact = ask(backend, "pismo")
    assert (exact.total, exact.more) == (5, False)
    backend.put([thing(n, "Pismo", day=DAY + dt.timedelta(days=n)) for n in range(5, 9)])
    beyond = ask(backend, "pismo")
    assert (beyond.total, beyond.more) == (5, True) and beyond.hits[0].object_id == 8  # of many the newest


# --- keeping ----------------------------------------------------------------------------------------------------


def test_a_newer_version_replaces_and_an_older_one_loses(backend: Backend) -> None:
    backend.put([thing(1, "Pierwsze brzmienie", version=1)])
    backend.put([thing(1, "Nowe brzmienie", version=3, sealed=True, pages=("strona",))])
    backend.put([thing(1, "Spóźnione brzmienie", version=2)])
    assert found(backend, "brzmienie", EVERYTHING) == [1] and found(backend, "spóźnione", EVERYTHING) == []
    assert found(backend, "pierwsze", EVERYTHING) == [] and found(backend, "brzmienie") == []
    backend.put([thing(1, "To samo jeszcze raz", version=3)])
    assert found(backend, "samo") == [1] and found(backend, "strona", EVERYTHING) == []


def test_removing_is_at_once_and_of_an_absent_thing_no_error(backend: Backend) -> None:
    backend.put([thing(1, "Pismo"), thing(2, "Pismo")])
    backend.remove(["letter:1", "letter:99", "bzdura"])
    assert found(backend, "pismo") == [2] and backend.suggest("pis", UNIT_OR) == [("Pismo", "/2")]
    backend.clear()
    assert found(backend, "pismo") == [] and list(backend.keys()) == []


def test_suggestions_begin_with_what_is_typed(backend: Backend) -> None:
    backend.put([thing(1, "Zaświadczenie o zameldowaniu", reference="OR.5343.7.2026"),
                 thing(2, "Skarga", people="Zaświadowski"),
                 thing(3, "Karta", kind="service", scopes=frozenset({"public"}))])  # fmt: skip
    assert backend.suggest("zaśw", UNIT_OR) == [("Zaświadczenie o zameldowaniu", "/1")]
    assert backend.suggest("zaświadczenie zamel", UNIT_OR) == [("Zaświadczenie o zameldowaniu", "/1")]
    assert backend.suggest("OR.5343.7", UNIT_OR) == [("Zaświadczenie o zameldowaniu", "/1")]
    assert backend.suggest("kar", PUBLIC_FILTER, kinds=("page",)) == []
    for empty in ("", " ", "!", "\0", "\ud800"):
        assert backend.suggest(empty, EVERYTHING) == []
    backend.put([thing(n, "Skarga") for n in range(10, 40)])
    assert len(backend.suggest("skar", UNIT_OR)) == 8 and len(backend.suggest("skar", UNIT_OR, size=3)) == 3


def test_keys_tell_version_and_permission_in_order(backend: Backend) -> None:
    made = [
        thing(2, "B", version=4, sealed=True, readers=frozenset({"user:7", "group:2"})),
        thing(10, "A", clearance=2),
    ]
    backend.put(made)
    keys = list(backend.keys())
    assert [key for key, _v, _p in keys] == sorted(f"letter:{n}" for n in (2, 10))
    assert {key: (version, permission) for key, version, permission in keys} == {
        document.key: (document.version, document.permission) for document in made
    }
    assert made[0].permission != thing(2, "B", sealed=True, readers=frozenset({"user:7"})).permission


# --- anything people type ---------------------------------------------------------------------------------------


def test_an_empty_question_finds_nothing(backend: Backend) -> None:
    backend.put([thing(1, "Pismo")])
    for query in ("", "   ", "-", '""', "!!! ???", "-pismo", "\0"):
        results = ask(backend, query, EVERYTHING)
        assert (results.hits, results.total, results.following) == ((), 0, "")
        assert set(results.facets) == set(base.FACETS)


typed = st.text(max_size=60) | st.text("aąłŁóz .-/@0129:\"-'\\<&|!()*%_\0\ud800😀\u202e", max_size=60) | st.builds(
    "{}:{}".format, st.sampled_from(["znak", "nadawca", "jednostka", "od", "do", "rok", "stan", "typ", "-znak"]),
    st.text(max_size=20),
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed, typed)
def test_nothing_that_is_typed_is_an_error_or_widens_what_is_seen(backend: Backend, query: str, value: str) -> None:
    backend.put([thing(1, "Pismo a"), thing(2, "Pismo ó", scopes=frozenset({"L2"}))])
    results = ask(backend, query, UNIT_OR, facets={"unit": value.encode("utf-8", "ignore").decode()}, after=value)
    assert {hit.object_id for hit in results.hits} <= {1}
    assert all(url == "/1" for _title, url in backend.suggest(query, UNIT_OR))


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200).filter(lambda text: "\0" not in text and text.isprintable()))
def test_any_text_can_be_kept_and_is_shown_escaped(backend: Backend, text: str) -> None:
    backend.clear()
    backend.put([thing(1, "Pismo " + text, people=text, body=text, pages=(text,))])
    (hit,) = ask(backend, "pismo").hits
    for shown in (hit.title_html, hit.snippet_html):
        assert "<" not in re.sub(r"</?mark>", "", shown)
