"""Identifiers: right ones in any spelling, wrong ones refused with the right code. Synthetic numbers only."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import identifiers
from documents.identifiers import CHECKS, CaseReference, IdentifierError, read_pesel

GOOD = [
    ("pesel", "01610100010", "01610100010"),
    ("pesel", " 016101-00010 ", "01610100010"),
    ("nip", "0000000017", "0000000017"),
    ("nip", "PL 000-000-00-17", "0000000017"),
    ("regon", "999000006", "999000006"),
    ("krs", "KRS 0000012345", "0000012345"),
    ("krs", "12345", "0000012345"),
    ("id_card", "aaa 000000", "AAA000000"),
    ("id_card", "ABA 300000", "ABA300000"),
    ("id_card", "ABC523456", "ABC523456"),
    ("passport", "ZS 0000177", "ZS0000177"),
    ("passport", "ab-4123456", "AB4123456"),
    ("postcode", "44330", "44-330"),
    ("postcode", "44 – 330", "44-330"),
    ("nrb", "PL 47 9999 0000 0000 0000 0000 0000", "47999900000000000000000000"),
    ("land_register", "gl1j/00000001/7", "GL1J/00000001/7"),
    ("land_register", "GL1J/1/7", "GL1J/00000001/7"),
    ("land_register", "GL1J000000017", "GL1J/00000001/7"),
]


@pytest.mark.parametrize(("kind", "text", "normal"), GOOD)
def test_right_numbers_in_any_spelling(kind: str, text: str, normal: str) -> None:
    assert CHECKS[kind](text) == normal
    assert CHECKS[kind](normal) == normal


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("pesel", "", "empty"),
        ("pesel", "0161010001", "length"),
        ("pesel", "0161010001x", "format"),
        ("pesel", "٠١٦١٠١٠٠٠١٠", "format"),
        ("pesel", "01610100011", "checksum"),
        ("pesel", "10610100010", "checksum"),
        ("pesel", "00000000000", "date"),
        ("pesel", "01623100018", "date"),
        ("nip", "0000000000", "checksum"),
        ("nip", "0000000018", "checksum"),
        ("nip", "000000001", "length"),
        ("regon", "999000007", "checksum"),
        ("regon", "000000000", "checksum"),
        ("regon", "9990000", "length"),
        ("krs", "0000000000", "format"),
        ("krs", "1234", "length"),
        ("id_card", "AAA100000", "checksum"),
        ("id_card", "AA0000000", "format"),
        ("passport", "AA100000", "format"),
        ("postcode", "4433", "format"),
        ("postcode", "44-3300", "format"),
        ("nrb", "47999900000000000000000001", "checksum"),
        ("nrb", "2799990000", "length"),
        ("land_register", "GL1J/00000001/5", "checksum"),
        ("land_register", "GL1Q/00000001/4", "format"),
        ("land_register", "GL1J-00012345", "format"),
    ],
)
def test_wrong_numbers_are_refused_with_a_code(kind: str, text: str, code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        CHECKS[kind](text)
    assert caught.value.code == code
    assert caught.value.message


def test_a_pesel_tells_the_day_of_birth_and_the_sex() -> None:
    assert read_pesel("01610100010") == identifiers.Pesel("01610100010", date(2201, 1, 1), "M")


@pytest.mark.parametrize(("month", "year"), [("81", 1801), ("01", 1901), ("21", 2001), ("41", 2101), ("61", 2201)])
def test_the_century_is_in_the_month(month: str, year: int) -> None:
    body = f"01{month}010002"
    check = (10 - sum(int(w) * int(n) for w, n in zip("1379137913", body, strict=True)) % 10) % 10
    found = read_pesel(f"{body}{check}")
    assert (found.born, found.sex) == (date(year, 1, 1), "F")


def _with_check(kind: str, make: str) -> str:
    """The one digit at `?` that makes the number right."""
    found = []
    for digit in "0123456789":
        try:
            found.append(CHECKS[kind](make.replace("?", digit)))
        except IdentifierError:
            continue
    assert len(found) == 1
    return found[0]


@given(st.from_regex(r"[A-Z]{3}\?[0-9]{5}", fullmatch=True), st.from_regex(r"[A-Z]{2}\?[0-9]{6}", fullmatch=True))
def test_exactly_one_check_digit_fits(card: str, book: str) -> None:
    _with_check("id_card", card)
    _with_check("passport", book)


@given(st.from_regex(r"[A-PR-UWYZ]{2}[0-9][A-PR-UWYZ]/[0-9]{8}/\?", fullmatch=True), st.integers(0, 11))
def test_one_wrong_digit_in_a_land_register_number_is_seen(make: str, place: int) -> None:
    right = _with_check("land_register", make)
    flat = right.replace("/", "")
    if flat[place].isdigit():
        wrong = flat[:place] + str((int(flat[place]) + 1) % 10) + flat[place + 1 :]
        with pytest.raises(IdentifierError):
            CHECKS["land_register"](wrong)


@given(st.sampled_from(sorted(CHECKS)), st.text(max_size=40))
def test_any_text_is_normal_or_refused(kind: str, text: str) -> None:
    try:
        normal = CHECKS[kind](text)
    except IdentifierError as error:
        assert error.code in {"empty", "format", "length", "checksum", "date"}
    else:
        assert CHECKS[kind](normal) == normal


# --- case reference ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("OR.0003.12.2026", CaseReference("OR", "0003", 12, 2026)),
        ("OŚiR.6131.7.2026", CaseReference("OŚiR", "6131", 7, 2026)),
        ("AB-I.123.1.2014", CaseReference("AB-I", "123", 1, 2014)),
        ("ABC.123.78.2.2011", CaseReference("ABC", "123", 78, 2011, 2)),
        ("ABC.123.2011.2011", CaseReference("ABC", "123", 2011, 2011)),
        ("ABC-A.123.77.3.2011.JW", CaseReference("ABC-A", "123", 77, 2011, 3, "JW")),
        (" OR . 0003.012.2026 ", CaseReference("OR", "0003", 12, 2026)),
    ],
)
def test_references_are_read(text: str, reference: CaseReference) -> None:
    assert CaseReference.parse(text) == reference
    assert CaseReference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text", ["", "OR", "OR.0003.2026", "OR.0003.0.2026", "OR.123456.1.2026", "OR.A.1.2026", "OR.1.1.3026",
             "-OR.1.1.2026", "OR.1.1.0.2026", "OR.1.1.2026.j", "OR.1.1.2026\n.X"],
)  # fmt: skip
def test_other_text_is_no_reference(text: str) -> None:
    with pytest.raises(IdentifierError):
        CaseReference.parse(text)


def test_initials_are_no_part_of_the_identity() -> None:
    assert CaseReference.parse("OR.0003.12.2026.JK").identity == "OR.0003.12.2026"


def test_references_are_found_in_a_letter() -> None:
    text = "W sprawie OR.0003.12.2026.JK (dawniej OŚiR.6131.7.2.2025), 12.03.2026, 1.2.3.4.5.6 i x.OR.1.1.2026."
    assert [str(r) for r in CaseReference.find_all(text)] == ["OR.0003.12.2026.JK", "OŚiR.6131.7.2.2025"]


marks = st.from_regex(r"[A-ZŁŚa-z0-9]{1,6}(-[A-Z0-9]{1,3})?", fullmatch=True)


@given(
    marks, st.from_regex(r"[0-9]{1,5}", fullmatch=True), st.integers(1, 99999), st.integers(1000, 2999),
    st.none() | st.integers(1, 999), st.sampled_from(["", "JK", "ŁŻ"]),
)  # fmt: skip
def test_what_is_written_is_read_back(
    mark: str, symbol: str, number: int, year: int, sub: int | None, handler: str
) -> None:
    reference = CaseReference(mark, symbol, number, year, sub, handler)
    assert CaseReference.parse(str(reference)) == reference
