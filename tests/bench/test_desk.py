"""The desk of a town with 1,000,000 entries beside that of one with 10,000: as many queries, p95 at most half more."""

from __future__ import annotations

import json
import os

import pytest

from tests.bench.conftest import Bench
from tests.bench.sizes import NAMED

pytestmark = [pytest.mark.bench, pytest.mark.desk]
#: What the 95th of a hundred visits may take, of what it takes in the small town.
MOST = 1.5


def test_the_desk_of_a_large_town_is_as_quick(bench: Bench) -> None:
    size = NAMED[os.environ.get("SIZE", "100k")]
    found = json.loads(bench.run_on_copy("-m", "tests.bench.desk", str(size)).splitlines()[-1])
    small, large = found["sizes"][0], found["sizes"][-1]
    print(f"\n\nThe desk in towns of {small['entries']:,} and {large['entries']:,} entries"
          f" ({small['cases']:,} and {large['cases']:,} cases); made in {large['grow_s']:.0f} s, sealed at"
          f" {large['seal_rate']:,.0f} a second, verified whole in {found['verify_s']:.0f} s")  # fmt: skip
    print(f"  {'page':32}{'queries':>9}{'p50 ms':>16}{'p95 ms':>16}{'p95 ratio':>11}")
    slow, uneven = {}, {}
    for name, big in large["pages"].items():
        less = small["pages"][name]
        ratio = big["p95"] / less["p95"]
        print(f"  {name:32}{less['queries']:>4} {big['queries']:>4}{less['p50']:>8.1f}{big['p50']:>8.1f}"
              f"{less['p95']:>8.1f}{big['p95']:>8.1f}{ratio:>11.2f}")  # fmt: skip
        if big["queries"] != less["queries"]:
            uneven[name] = (less["queries"], big["queries"])
        if ratio > MOST:
            slow[name] = round(ratio, 2)
    assert not uneven, f"the count of queries grows with the town: {uneven}"
    assert not slow, f"slower by more than half in the large town: {slow}"
