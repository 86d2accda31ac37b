"""The range of a broken-off download."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.ranges import Span, Unsatisfiable, span


@pytest.mark.parametrize(
    ("header", "size", "found"),
    [
        ("", 10, None),
        ("bytes=0-4", 10, Span(0, 5, 10)),
        ("bytes=4-", 10, Span(4, 6, 10)),
        ("bytes=-3", 10, Span(7, 3, 10)),
        ("bytes=-300", 10, Span(0, 10, 10)),
        ("bytes=8-99", 10, Span(8, 2, 10)),
        ("bytes=0-1,4-5", 10, None),
        ("lines=0-1", 10, None),
        ("bytes=5-2", 10, None),
        ("bytes=-", 10, None),
        ("bytes=\u0663-", 10, None),
    ],
)
def test_what_is_asked(header: str, size: int, found: Span | None) -> None:
    assert span(header, size) == found


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10)])
def test_behind_the_end(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        span(header, size)


@given(header=st.text(max_size=30) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), size=st.integers(0, 99))
def test_no_header_breaks_it_and_every_span_lies_within(header: str, size: int) -> None:
    try:
        found = span(header, size)
    except Unsatisfiable:
        return
    assert found is None or (0 <= found.start < size and 0 < found.length <= size - found.start)
