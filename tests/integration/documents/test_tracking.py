"""Tracking codes open a case only with the second factor, and say nothing else."""

from __future__ import annotations

import math

import pytest

from documents import tracking
from documents.models import Case
from journal.errors import NotFound
from tests.factories import documents as make
from tests.factories import people


def test_codes_have_64_bits_and_no_look_alikes() -> None:
    codes = {tracking.new_code() for _n in range(2000)}
    assert len(codes) == 2000
    letters = {letter for code in codes for letter in code.replace("-", "")}
    assert letters == set(tracking.ALPHABET)
    assert not letters & set("01OILUSZ25B")
    assert all(len(code.replace("-", "")) * math.log2(len(tracking.ALPHABET)) >= 64 for code in codes)


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{plain}", "{spaced}", "{dashes}"])
def test_codes_are_read_as_people_type_them(typed: str) -> None:
    code = tracking.new_code()
    said = typed.format(code, lower=code.lower(), plain=code.replace("-", ""), spaced=code.replace("-", " "),
                        dashes=code.replace("-", "–"))
    assert tracking.normalise(said) == code


@pytest.mark.django_db
def test_the_second_factor_opens_and_every_failure_is_the_same() -> None:
    unit = people.town(schools=0)["OR"]
    case = make.file(unit, guest_factors=("ola@example.org", "1980-02-01"))[0]
    bare = make.file(unit, guest_factors=())[0]
    assert tracking.find_case(case.tracking_code, " OLA@Example.org ") == case
    assert tracking.find_case(case.tracking_code.lower(), "1.02.1980") == case
    said = set()
    for code, factor in ((case.tracking_code, "ela@example.org"), (case.tracking_code, ""), (bare.tracking_code, ""),
                         (tracking.new_code(), "ola@example.org"), ("", ""), ("x" * 5000, "y" * 5000), ("\0", "\0"),
                         (bare.tracking_code, "0" * 64)):
        with pytest.raises(NotFound) as refusal:
            tracking.find_case(code, factor)
        said.add(str(refusal.value.message))
    assert len(said) == 1
    kept = Case.objects.get(pk=case.pk).guest_factors
    assert "ola" not in str(kept) and len(set(kept)) == 2
