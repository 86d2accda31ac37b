"""Public pages a second, beside the same content in a plain Wagtail site; then each page as a slow phone meets it.

All are served by the same gunicorn (production's configuration, 2 workers), database and middleware, to 4 clients at
once, in alternating runs: the plain page; ours for a reader who is signed in (the kept page with their own corner,
after session and sign-in); ours for a guest (kept whole); and ours from nothing (asked with a query, which no kept page
answers), which is what the first reader within 30 seconds or after a change waits for.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import threading
import time
from http.client import HTTPConnection

import pytest
from playwright.sync_api import sync_playwright

from conftest import chromium
from tests.bench.conftest import Bench

pytestmark = [pytest.mark.bench, pytest.mark.portal]
CLIENTS, RUNS = 4, 3
#: Requests of one client in one run: the kept pages are many times as fast.
EACH = {"plain": 80, "reader": 200, "guest": 800, "nothing": 40}
_count = itertools.count(1)


@pytest.fixture(scope="session")
def pages(bench: Bench) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = json.loads(bench.run("-m", "tests.bench.portal", "make"))
    return made


def rate(port: int, address: str, each: int, *, anew: bool, cookie: str) -> float:
    """Answers a second. One that is not right fails the measurement."""
    wrong: list[BaseException] = []

    def client() -> None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            for _n in range(each):
                place = f"{address}?x={next(_count)}" if anew else address
                connection.request("GET", place, headers={"Cookie": cookie} if cookie else {})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200 and len(body) > 500, (answer.status, body[-500:])
                assert not cookie or b"Wyloguj" in body
        except BaseException as error:  # handed to the main thread
            wrong.append(error)

    threads = [threading.Thread(target=client) for _n in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if wrong:
        raise wrong[0]
    return CLIENTS * each / took


def test_pages_per_second(bench: Bench, pages: dict[str, dict[str, str]]) -> None:
    asked = json.loads(bench.run("-m", "tests.bench.portal", "queries",
                                 *(each for twins in pages.values() for each in twins.values())))  # fmt: skip
    cookie = bench.run("-m", "tests.bench.portal", "reader").strip()
    print(f"\n\nPublic pages: answers a second, {CLIENTS} clients, median of {RUNS} alternating runs"
          f" ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}); queries: plain / from nothing")  # fmt: skip
    print(f"  {'page':9} {'plain':>8} {'reader':>8} {'guest':>8} {'nothing':>8}  {'queries':>8}"
          "  to plain: reader   guest  nothing")  # fmt: skip
    for kind, twins in pages.items():
        rates: dict[str, list[float]] = {name: [] for name in EACH}
        for run_number in range(RUNS + 1):  # the first one warms
            for name, each in EACH.items():
                address = twins["plain" if name == "plain" else "ours"]
                found = rate(bench.port, address, each if run_number else 10, anew=name == "nothing",
                             cookie=cookie if name == "reader" else "")  # fmt: skip
                if run_number:
                    rates[name].append(found)
        said = {name: statistics.median(found) for name, found in rates.items()}
        ratios = [said[name] / said["plain"] for name in ("reader", "guest", "nothing")]
        questions = f"{asked[twins['plain']]} / {asked[twins['ours']]}"
        print(f"  {kind:9}" + "".join(f" {said[name]:6.0f}/s" for name in EACH) + f"  {questions:>8}"
              f"            {ratios[0]:6.2f} {ratios[1]:7.1f} {ratios[2]:8.2f}", flush=True)  # fmt: skip


METRICS = """() => new Promise(resolve => {
    const found = {cls: 0, lcp: 0, blocked: 0};
    const hear = (type, what) => new PerformanceObserver(list => list.getEntries().forEach(what))
        .observe({type, buffered: true});
    hear('layout-shift', each => { if (!each.hadRecentInput) found.cls += each.value });
    hear('largest-contentful-paint', each => { found.lcp = each.startTime });
    hear('longtask', each => { found.blocked += Math.max(0, each.duration - 50) });
    setTimeout(() => resolve({...found,
        fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0}), 1500);
})"""


@pytest.mark.servers("chromium")
def test_as_a_slow_phone_meets_them(bench: Bench, pages: dict[str, dict[str, str]]) -> None:
    base = f"http://127.0.0.1:{bench.port}"
    print("\n\nA phone four times as slow, 1.6 Mbit/s, 150 ms: first and largest paint, shift, time blocked, sent")
    print(f"  {'page':10} {'FCP':>8} {'LCP':>8} {'CLS':>6} {'TBT':>7} {'kB':>7} {'requests':>9} {'elsewhere':>10}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        for kind, twins in pages.items():
            context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, locale="pl-PL")
            page = context.new_page()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            wire.send("Network.emulateNetworkConditions", {
                "offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8,
            })  # fmt: skip
            sizes: list[float] = []
            places: list[str] = []
            wire.on("Network.loadingFinished", lambda said, to=sizes: to.append(said["encodedDataLength"]))
            wire.on("Network.requestWillBeSent", lambda said, to=places: to.append(said["request"]["url"]))
            page.goto(base + twins["ours"], wait_until="load")
            found = page.evaluate(METRICS)
            elsewhere = [place for place in places if not place.startswith((base, "data:"))]
            print(f"  {kind:10} {found['fcp']:6.0f}ms {found['lcp']:6.0f}ms {found['cls']:6.3f}"
                  f" {found['blocked']:5.0f}ms {sum(sizes) / 1000:7.1f} {len(places):9} {len(elsewhere):10}",
                  flush=True)  # fmt: skip
            context.close()
        browser.close()
