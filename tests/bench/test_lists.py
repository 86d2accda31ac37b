"""The staff's lists from 100 to 100,000 rows: as many queries for each size, and how the time grows."""

from __future__ import annotations

import json

import pytest

from tests.bench.conftest import Bench
from tests.bench.sizes import SIZES

pytestmark = pytest.mark.bench


def test_lists_ask_as_much_of_a_large_town(bench: Bench) -> None:
    found = json.loads(bench.run_on_copy("-m", "tests.bench.lists").splitlines()[-1])
    print("\n\nLists: queries and milliseconds of a page, by rows in the table (beside: times that of the smallest)")
    print(f"  {'':30}" + "".join(f"{size:>22,}" for size in SIZES))
    for name, costs in found.items():
        cells = [f"{queries:3} q {ms:7.1f} ms {ms / costs[0][1]:5.1f}x" for queries, ms in costs]
        print(f"  {name:30}" + "".join(f"{cell:>22}" for cell in cells))
    uneven = {name: [queries for queries, _ms in costs] for name, costs in found.items()
              if len({queries for queries, _ms in costs}) > 1}  # fmt: skip
    assert not uneven, f"the count of queries grows with the table: {uneven}"
