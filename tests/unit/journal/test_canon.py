"""The canonical form: different entries never look the same, equal ones always do."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.canon import FIELDS, canonical, canonical_json, entry_digest, seal_hash

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
value = st.one_of(st.none(), st.integers(), text, st.booleans())
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), text),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
)


def typed(values: list[object]) -> list[tuple[str, str]]:
    """What a column of one type can tell apart: a database column never holds both 1 and "1"."""
    return [
        ("none", "")
        if v is None
        else ("value", {True: "t", False: "f"}.get(v, str(v)) if isinstance(v, bool) else str(v))
        for v in values
    ]


@given(st.lists(value, max_size=8), st.lists(value, max_size=8))
def test_different_fields_give_different_text(one, other):
    assert (canonical(one) == canonical(other)) == (typed(one) == typed(other))


@given(st.lists(st.one_of(st.none(), text), max_size=8))
def test_the_text_can_be_read_back(values):
    rest, found = canonical(values).removeprefix("obieg-entry-1"), []
    while rest:
        if rest[0] == "-":
            found.append(None)
            rest = rest[1:]
            continue
        length, _, rest = rest.partition(":")
        found.append(rest[: int(length)])
        rest = rest[int(length) :]
    assert found == values


@given(st.dictionaries(text, json_value, max_size=5))
def test_the_order_and_spacing_of_stored_json_do_not_matter(data):
    row = [None] * len(FIELDS)
    row[FIELDS.index("data")] = json.dumps(data, indent=2, ensure_ascii=True)
    shuffled = list(row)
    shuffled[FIELDS.index("data")] = json.dumps(dict(reversed(data.items())), ensure_ascii=False)
    assert entry_digest(tuple(row)) == entry_digest(tuple(shuffled))


@given(json_value, json_value)
def test_json_text_is_equal_for_equal_values_only(one, other):
    same = json.loads(canonical_json(one)) == json.loads(canonical_json(other)) and repr(one) == repr(other)
    assert not same or canonical_json(one) == canonical_json(other)
    if canonical_json(one) == canonical_json(other):
        assert json.loads(canonical_json(one)) == json.loads(canonical_json(other))


def test_the_form_is_the_promised_one():
    row = tuple({"data": "{}"}.get(name) for name in FIELDS)
    expected = "obieg-entry-1" + "".join("2:{}" if name == "data" else "-" for name in FIELDS)
    assert entry_digest(row) == hashlib.sha256(expected.encode()).digest()


@pytest.mark.parametrize("change", [0, 1, 2, 3, 4])
def test_every_part_of_a_seal_is_in_its_hash(change):
    parts = [b"\0" * 32, b"\1" * 32, 5, 6, 7]
    other = list(parts)
    other[change] = b"\2" * 32 if change < 2 else other[change] + 1
    assert seal_hash(*parts) != seal_hash(*other)
