"""Literals of PostgreSQL full text search, made of words from `analysis`. Configuration `simple` or none is needed.

Limits of the server kept here: a lexeme below 2 kB, positions up to 16383 and 255 for a word, below 1 MB together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from search.analysis import QueryTerm

MAX_POSITION = 16_383
MAX_POSITIONS = 255
MAX_LEXEME = 2_046  # bytes
MAX_VECTOR = 900_000  # bytes, below the server's 1 MB with room for alignment


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _usable(word: str) -> str:
    """The word as the server can take it: no NUL, no half of a surrogate pair."""
    return word.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def to_tsvector_literal(words: Iterable[tuple[str, int]], weight: str = "D") -> str:
    """Text that `::tsvector` reads: `'wniosek':1B,7B`. Words from `index_words`; `weight` A, B, C or D.

    What is above the server's limits is left out: overlong words, positions after the 255th, and new words once the
    vector is full. Positions above 16383 count as 16383, as in the server.
    """
    if weight not in ("A", "B", "C", "D"):
        raise ValueError("weight is A, B, C or D")
    places: dict[str, list[int]] = {}
    size = 0
    for raw, position in words:
        word = _usable(raw)
        length = len(word.encode("utf-8"))
        if not word or length > MAX_LEXEME:
            continue
        place = min(max(position, 1), MAX_POSITION)
        known = places.get(word)
        if known is None:
            if size + length + 16 > MAX_VECTOR:
                continue
            places[word] = [place]
            size += length + 16
        elif len(known) < MAX_POSITIONS and known[-1] != place and size < MAX_VECTOR:
            known.append(place)
            size += 2
    mark = "" if weight == "D" else weight
    return " ".join(
        f"{_quoted(word)}:{','.join(f'{place}{mark}' for place in found)}" for word, found in sorted(places.items())
    )


def _any_of(words: Sequence[str], *, prefix: bool = False) -> str:
    usable = dict.fromkeys(w for w in map(_usable, words) if w and len(w.encode("utf-8")) <= MAX_LEXEME)
    ending = ":*" if prefix else ""
    parts = [f"{_quoted(word)}{ending}" for word in usable]
    return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})" if parts else ""


def term_literal(term: QueryTerm) -> str:
    """One term as text that `::tsquery` reads; empty where nothing of it can be searched."""
    whole = _any_of(term.alternatives, prefix=term.prefix)
    if not term.sequence:
        return whole
    last = len(term.sequence) - 1
    steps = [_any_of(step, prefix=term.prefix and n == last) for n, step in enumerate(term.sequence)]
    side_by_side = " <-> ".join(step for step in steps if step)
    return f"({whole} | ({side_by_side}))" if whole and side_by_side else whole or side_by_side


def phrase_literal(terms: Iterable[QueryTerm]) -> str:
    """Terms side by side in this order, for a quoted phrase: those of `query_terms(..., keep_stop_words=True)`."""
    steps: list[str] = []
    for term in terms:
        steps += [_any_of(step) for step in term.sequence] or [_any_of(term.alternatives)]
    return " <-> ".join(step for step in steps if step)


def to_tsquery_literal(terms: Iterable[QueryTerm]) -> str:
    """All terms, as text that `::tsquery` reads; empty where there is nothing to search for."""
    return " & ".join(part for part in map(term_literal, terms) if part)
