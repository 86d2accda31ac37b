"""Words of Polish text, the same for every search backend: for the index, for a query, and for marking what was found.

Every word is indexed, at one position, as its folded form (lower case, no diacritics, ł as l) and as the folded lemmas
of all its readings (morfeusz2), so inflected words meet and diacritics are optional. References, numbers and e-mail
addresses are never lemmatised: they are kept whole, by their parts, and by every beginning that ends at a dot,
hyphen or slash ("or.0003", "or.0003.12"), so that a partial reference finds the whole one. That is all there is of
n-grams: a longer index would cost more than typing one more sign.

Text written without any diacritics is met half-way: a word is read as every known word it may stand for
("zaswiadczenia" as "zaświadczenia"); in a query always, in a text only where the whole text has none of our letters.
"""

from __future__ import annotations

import html
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import morfeusz2

MAX_WORD = 64  # characters; anything longer is no word that somebody will type
MAX_LEMMAS = 8
_RESTORE_LIMIT = 4096  # ways to put diacritics into one word
_RESTORE_BUDGET = 50_000  # and into all words of one text

_FOLD = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_POLISH = re.compile("[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ]")
_RESTORE = {"a": "aą", "c": "cć", "e": "eę", "l": "lł", "n": "nń", "o": "oó", "s": "sś", "z": "zźż"}

_WORD = r"[^\W_][\w\u0300-\u036f]*"
_TOKEN = re.compile(
    rf"(?P<email>[\w.+-]{{1,64}}@{_WORD}(?:[.-]{_WORD}){{1,8}})"
    rf"|(?P<code>(?=[\w./-]{{0,200}}\d){_WORD}(?:[./-]+{_WORD})+)"
    rf"|(?P<word>{_WORD})"
)
_PART = re.compile(_WORD)


def fold(text: str) -> str:
    """Lower case without diacritics: “Łódź” is “lodz”. Folding twice changes nothing."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return plain.translate(_FOLD)


# --- lemmas -----------------------------------------------------------------------------------------------------

_local = threading.local()


def _morfeusz() -> morfeusz2.Morfeusz:
    """The analyser of this thread; one instance may not serve two at a time."""
    if not hasattr(_local, "morfeusz"):
        _local.morfeusz = morfeusz2.Morfeusz(
            generate=False,
            expand_tags=False,
            case_handling=morfeusz2.IGNORE_CASE,
            whitespace=morfeusz2.SKIP_WHITESPACES,
        )
    return _local.morfeusz


@lru_cache(maxsize=200_000)
def lemmas(word: str) -> tuple[str, ...]:
    """Folded lemmas of all readings of a lower-case word; empty for a word the dictionary does not know."""
    if len(word) > MAX_WORD:
        return ()
    found: dict[str, None] = {}
    for _start, _end, (_form, lemma, tag, _names, _labels) in _morfeusz().analyse(word):
        if tag == "ign":
            return ()
        if not tag.startswith(("aglt", "interp")):  # the verb's ending is a word of its own to the dictionary
            found[fold(lemma.partition(":")[0])] = None
    return tuple(found)[:MAX_LEMMAS]


def _ways(word: str) -> int:
    """In how many ways diacritics can be put into `word`."""
    ways = 1
    for letter in word:
        ways *= len(_RESTORE.get(letter, "x"))
    return ways


@lru_cache(maxsize=50_000)
def restored(word: str) -> tuple[str, ...]:
    """Folded lemmas of the known words that `word`, written without diacritics, may stand for."""
    if not 3 <= len(word) <= MAX_WORD or _ways(word) > _RESTORE_LIMIT or not word.isascii() or not word.isalpha():
        return ()
    found: dict[str, None] = {}
    for letters in product(*(_RESTORE.get(letter, letter) for letter in word)):
        candidate = "".join(letters)
        if candidate != word:
            found.update(dict.fromkeys(lemmas.__wrapped__(candidate)))  # guesses must not fill the cache
    return tuple(found)[: 2 * MAX_LEMMAS]


# --- tokens -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: `text[start:end]` is its surface. `lemmas` are further folded forms at the same place (lemmas
    of a word, beginnings of a reference). `position` counts words from 1; the first part of a reference shares the
    position of its whole."""

    start: int
    end: int
    surface: str
    folded: str
    lemmas: tuple[str, ...]
    position: int
    kind: str  # word | number | code | part

    @property
    def words(self) -> tuple[str, ...]:
        """All forms under which this token is found."""
        return tuple(dict.fromkeys((self.folded, *self.lemmas)))


class _Reader:
    """Makes the further forms of words; puts diacritics in where a query or a whole text has none, within a budget."""

    def __init__(self, text: str, *, query: bool) -> None:
        self.budget = _RESTORE_BUDGET
        self.restores = query or not _POLISH.search(text)

    def forms(self, surface: str) -> tuple[str, ...]:
        if len(surface) > MAX_WORD:
            return ()
        word = unicodedata.normalize("NFC", surface).lower()
        known = lemmas(word)
        if not self.restores:
            return known
        ways = _ways(word)
        if ways > self.budget:
            return known
        self.budget -= ways
        return tuple(dict.fromkeys((*known, *restored(word))))


def tokens(text: str, *, query: bool = False) -> list[Token]:
    """The words of `text` in order. Never fails; offsets are into `text` as given."""
    return list(_tokens(text, query=query))


def _tokens(text: str, *, query: bool = False) -> Iterator[Token]:
    reader = _Reader(text, query=query)
    position = 1
    for match in _TOKEN.finditer(text):
        surface, start = match[0], match.start()
        if match.lastgroup == "word":
            folded = fold(surface)
            if folded and len(folded) <= MAX_WORD:
                number = surface.isdecimal()
                forms = () if number else reader.forms(surface)
                yield Token(start, match.end(), surface, folded, forms, position, "number" if number else "word")
            position += 1
            continue
        whole = fold(surface)
        if len(whole) <= MAX_WORD:
            yield Token(start, match.end(), surface, whole, _beginnings(whole), position, "code")
        for part in _PART.finditer(surface):
            folded = fold(part[0])
            if folded and len(folded) <= MAX_WORD:
                forms = () if any(c.isdigit() for c in part[0]) else reader.forms(part[0])
                yield Token(start + part.start(), start + part.end(), part[0], folded, forms, position, "part")
            position += 1


def _beginnings(whole: str) -> tuple[str, ...]:
    """ "or.0003.12.2026" begins with "or.0003" and "or.0003.12"; digits parted by hyphens are also one number."""
    cuts = [m.start() for m in re.finditer(r"[./@-]+", whole)][1:9]
    together = (re.sub(r"[ -]", "", whole),) if re.fullmatch(r"\d+(?:-\d+)+", whole) else ()
    return (*(whole[:cut] for cut in cuts), *together)


def index_words(text: str) -> list[tuple[str, int]]:
    """(word, position) pairs of a text for the index; positions from 1, several words may share one."""
    return list(dict.fromkeys((word, token.position) for token in _tokens(text) for word in token.words))


# --- queries ----------------------------------------------------------------------------------------------------

# Words that stand in nearly every letter. Left out of queries only, and only while something else is left.
STOP_WORDS = frozenset(
    "a aby albo ale ani bo by byc co czy dla do i ich im jak jako jest lub ma na nad nie nr o od oraz po pod przez przy"
    " sie sa ta tak te tego tej ten to tym u w we z za ze".split()
)


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One thing a text must hold: any of `alternatives`, or (for a reference) the words of `sequence` side by side,
    each given by its own alternatives. `prefix`: the word is being typed, its beginning is enough."""

    surface: str
    alternatives: tuple[str, ...]
    sequence: tuple[tuple[str, ...], ...] = ()
    prefix: bool = False


def query_terms(text: str, *, typing: bool = False, keep_stop_words: bool = False) -> list[QueryTerm]:
    """What a text must hold to be found by `text`. `typing`: the last word may be incomplete. Phrases keep stop
    words: their words stand side by side."""
    found: list[QueryTerm] = []
    stops: list[bool] = []
    parts: list[tuple[str, ...]] = []
    code_end = -1
    last_end = -1
    for token in _tokens(text, query=True):
        last_end = max(last_end, token.end)
        if token.kind == "part" and token.start < code_end:
            parts.append(token.words)
            found[-1] = QueryTerm(found[-1].surface, found[-1].alternatives, tuple(parts))
            continue
        if token.kind == "code":
            code_end, parts = token.end, []
            # its beginnings belong to the index: here they would find every case of the unit
            together = tuple(w for w in token.lemmas if w.isdecimal())
            found.append(QueryTerm(token.surface, (token.folded, *together)))
        else:
            found.append(QueryTerm(token.surface, token.words))
        stops.append(token.kind == "word" and token.folded in STOP_WORDS)
    if typing and found and last_end == len(text):
        last = found[-1]
        found[-1] = QueryTerm(last.surface, last.alternatives, last.sequence, prefix=True)
        stops[-1] = False
    if keep_stop_words or all(stops):
        return found
    return [term for term, stop in zip(found, stops, strict=True) if not stop]


# --- marking what was found -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text and what to mark in it: (start, end) pairs in order, not overlapping, into `text`.
    `before` and `after` say whether the text was cut there."""

    text: str
    marks: tuple[tuple[int, int], ...]
    before: bool = False
    after: bool = False

    def html(self) -> str:
        """Escaped, with <mark> around what was found and an ellipsis where it was cut."""
        out, at = ["… " if self.before else ""], 0
        for start, end in self.marks:
            out += [html.escape(self.text[at:start]), "<mark>", html.escape(self.text[start:end]), "</mark>"]
            at = end
        out += [html.escape(self.text[at:]), " …" if self.after else ""]
        return "".join(out)


def _wanted(
    query: str | Iterable[QueryTerm],
) -> tuple[frozenset[str], tuple[str, ...], tuple[tuple[frozenset[str], ...], ...]]:
    terms = query_terms(query) if isinstance(query, str) else list(query)
    whole = frozenset(word for term in terms for word in term.alternatives)
    beginnings = tuple(word for term in terms if term.prefix for word in term.alternatives)
    sequences = tuple(tuple(frozenset(step) for step in term.sequence) for term in terms if term.sequence)
    return whole, beginnings, sequences


def matches(text: str, query: str | Iterable[QueryTerm]) -> list[tuple[int, int]]:
    """Where in `text` the words of the query stand: (start, end) in order, not overlapping."""
    whole, beginnings, sequences = _wanted(query)
    if not whole:
        return []
    spans: list[tuple[int, int]] = []
    steps: list[Token] = []  # one per position, for sequences
    for token in _tokens(text):
        words = token.words
        if not whole.isdisjoint(words) or (beginnings and any(w.startswith(beginnings) for w in words)):
            spans.append((token.start, token.end))
        if token.kind != "code":
            steps.append(token)
    for sequence in sequences:
        for at in range(len(steps) - len(sequence) + 1):
            run = steps[at : at + len(sequence)]
            if all(not step.isdisjoint(token.words) for step, token in zip(sequence, run, strict=True)):
                spans.append((run[0].start, run[-1].end))
    return _merged(spans)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def highlight(text: str, query: str | Iterable[QueryTerm], *, width: int = 200, count: int = 2) -> list[Fragment]:
    """Up to `count` pieces of about `width` characters around what was found, best first come in order of the text.
    Without a match one piece: the beginning."""
    found = matches(text, query)
    if not found:
        piece = _piece(text, 0, min(width, len(text)), ())
        return [piece] if piece.text else []
    groups: list[list[tuple[int, int]]] = []
    for span in found:
        if groups and span[1] - groups[-1][0][0] <= width:
            groups[-1].append(span)
        else:
            groups.append([span])
    best = sorted(sorted(groups, key=len, reverse=True)[:count], key=lambda group: group[0])
    out: list[Fragment] = []
    floor = 0
    for group in best:
        spare = max(0, width - (group[-1][1] - group[0][0]))
        start = max(floor, group[0][0] - spare // 2)
        piece = _piece(text, start, min(len(text), max(start + width, group[-1][1])), found)
        out.append(piece)
        floor = max(floor, min(len(text), max(start + width, group[-1][1])))
    return out


def _piece(text: str, start: int, end: int, found: Sequence[tuple[int, int]]) -> Fragment:
    """`text[start:end]` moved to word borders, white space made single where it was not, marks moved with it."""
    while 0 < start < len(text) and text[start - 1].isalnum() and text[start].isalnum() and not _inside(start, found):
        start += 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum() and not _inside(end, found):
        end -= 1
    marks = tuple((max(a, start) - start, min(b, end) - start) for a, b in found if min(b, end) > max(a, start))
    # one for one, so that offsets stay
    shown = re.sub(r"\s", " ", text[start:end])
    return Fragment(shown, marks, before=start > 0, after=end < len(text))


def _inside(place: int, found: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place <= end for start, end in found)


def highlight_html(text: str, query: str | Iterable[QueryTerm], *, width: int = 200, count: int = 2) -> str:
    """`highlight` as escaped HTML; nothing of `text` can become markup."""
    return " ".join(fragment.html() for fragment in highlight(text, query, width=width, count=count))
