"""Text messages: numbers, letters, parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import sms


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("600 700 800", "+48600700800"),
        ("600-700-800", "+48600700800"),
        ("+48 (600) 700 800", "+48600700800"),
        ("0048600700800", "+48600700800"),
        ("+380 44 123 45 67", "+380441234567"),
        ("12345", ""),
        ("+0123456789", ""),
        ("600 700 80o", ""),
        ("٦٠٠٧٠٠٨٠٠", ""),
        ("", ""),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str) -> None:
    assert sms.number_of(typed) == number


def test_polish_letters_cost_one_place() -> None:
    assert sms.plain("Zażółć gęślą jaźń – „w urzędzie”…") == 'Zazolc gesla jazn - "w urzedzie"...'
    assert sms.parts(sms.plain("ż" * 160)) == 1 and sms.parts("ż" * 71) == 2 and sms.parts("ż" * 70) == 1


@given(st.text(alphabet="aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźżAĄBCĆ 0123456789.,!?-–„”…", max_size=200))
def test_a_polish_text_is_always_sent_in_the_short_alphabet(text: str) -> None:
    sent = sms.plain(text)
    assert set(sent) <= sms.GSM and sms.parts(sent) == (1 if len(sent) <= 160 else -(-len(sent) // 153))


@given(st.text(max_size=400))
def test_parts_never_shrink_when_the_text_grows(text: str) -> None:
    assert 1 <= sms.parts(text) <= sms.parts(text + "x") + (not set(text) <= sms.GSM | sms.GSM_TWICE) * 0
