"""How many submissions a second, beside a page of `wagtail.contrib.forms` that stores the same file.

Both are served by the same gunicorn (production's configuration, 2 workers), database (fsync and synchronous_commit
on), settings and middleware, to 4 clients at once, in alternating runs; everything goes to one unit. The worker does
not run. The rival's submission is its one POST with CSRF, and so is that of our form of one page, which is sent from
that page. Beside them: the same form with the page that shows all answers before sending (two POSTs, counted as one),
and the API.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from tests.bench.conftest import Bench

pytestmark = pytest.mark.bench
CLIENTS, EACH, RUNS = 4, 60, 3
_count = itertools.count(1)


class Browser:
    """One client: a kept connection, cookies, CSRF."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = dict([cookie.split("=", 1)]) if cookie else {}
        self.token = ""

    def ask(self, method: str, path: str, body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, str]:  # fmt: skip
        """Status and text of the answer (its place for a redirect)."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, {"Cookie": cookies, **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for line in answer.msg.get_all("Set-Cookie") or []:
            name, value = line.partition(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.getheader("Location") or text

    def visit(self, path: str) -> None:
        """Open a page with a form: the CSRF token."""
        status, text = self.ask("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert status == 200 and found, (status, text[-1000:])
        self.token = found[1]

    def post(self, path: str, fields: dict[str, str], file: tuple[str, str, bytes] | None = None) -> tuple[int, str]:
        """Post a form as a browser does, with the token and at most one file (field, name, content)."""
        border = uuid.uuid4().hex
        parts = [f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                 for name, value in {"csrfmiddlewaretoken": self.token, **fields}.items()]  # fmt: skip
        if file:
            parts.append(f'--{border}\r\nContent-Disposition: form-data; name="{file[0]}"; filename="{file[1]}"\r\n'
                         "Content-Type: text/plain\r\n\r\n".encode() + file[2] + b"\r\n")  # fmt: skip
        body = b"".join([*parts, f"--{border}--\r\n".encode()])
        return self.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={border}"})


def content() -> bytes:
    """Some 20 kB that nobody has sent yet."""
    return f"Zalacznik {uuid.uuid4()}\n".encode() + b"Tresc zalacznika do wniosku mieszkanca.\n" * 500


def answers(first: str, last: str, prefix: str = "") -> dict[str, str]:
    """What is answered, under the names that a page gives to its inputs."""
    number = next(_count)
    return {first: "Ola", last: f"Przykladowa-{number}", f"{prefix}mail": f"ola{number}@example.org",
            f"{prefix}opis": "Prosze o zaswiadczenie." * 10}  # fmt: skip


def rival(bench: Bench) -> tuple[Callable[[], Browser], Callable[[Browser], None]]:
    def ready() -> Browser:
        browser = Browser(bench.port)
        browser.visit(bench.office["rival"])
        return browser

    def send(browser: Browser) -> None:
        file = ("plik", "zalacznik.txt", content())
        status, text = browser.post(bench.office["rival"], answers("imie", "nazwisko"), file)
        assert status == 200 and "Thank you" in text, (status, text[-2000:])

    return ready, send


def one_page(bench: Bench) -> tuple[Callable[[], Browser], Callable[[Browser], None]]:
    return ours(bench, "short")


def two_pages(bench: Bench) -> tuple[Callable[[], Browser], Callable[[Browser], None]]:
    return ours(bench, "form")


def ours(bench: Bench, form: str) -> tuple[Callable[[], Browser], Callable[[Browser], None]]:
    made = json.loads(bench.run("-m", "tests.bench.prepare", "drafts", bench.office[form], str(CLIENTS * EACH)))
    waiting = iter(made["drafts"])
    lock = threading.Lock()

    def ready() -> Browser:
        browser = Browser(bench.port, made["cookie"])
        browser.visit(f"/wniosek/{made['drafts'][-1]}/krok/1/")
        return browser

    def send(browser: Browser) -> None:
        with lock:
            draft = f"/wniosek/{next(waiting)}"
        fields = {"_step": "dane", "_stamp": "0", "_action": "send" if form == "short" else "next",
                  **answers("f-kto-first_name", "f-kto-last_name", "f-")}  # fmt: skip
        status, place = browser.post(f"{draft}/krok/1/", fields, ("f-pliki", "zalacznik.txt", content()))
        if form != "short":
            assert status == 302 and place.endswith("/sprawdz/"), (status, place[-2000:])
            status, place = browser.post(place, {"_version": "1", "_stamp": "1"})
        assert status == 302 and place.startswith("/potwierdzenie/"), (status, place[-2000:])

    return ready, send


def api(bench: Bench) -> tuple[Callable[[], Browser], Callable[[Browser], None]]:
    def send(browser: Browser) -> None:
        file = {"name": "zalacznik.txt", "content": base64.b64encode(content()).decode()}
        flat = answers("first_name", "last_name")
        said = {"kto": {name: flat.pop(name) for name in ("first_name", "last_name")}, **flat}
        body = {"form": bench.office["form"], "version": 1, "answers": said, "attachments": {"pliki": [file]}}
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()),
                   "X-Forwarded-For": str(uuid.uuid4())}  # fmt: skip
        status, text = browser.ask("POST", "/api/v1/submissions", json.dumps(body).encode(), headers)
        assert status == 201, (status, text[-2000:])

    return lambda: Browser(bench.port), send


def rate(ready: Callable[[], Browser], send: Callable[[Browser], None]) -> float:
    """Submissions a second by CLIENTS clients, EACH so many. An answer that is not right fails the measurement."""
    browsers = [ready() for _n in range(CLIENTS)]
    wrong: list[BaseException] = []

    def client(browser: Browser) -> None:
        try:
            for _n in range(EACH):
                send(browser)
        except BaseException as error:  # handed to the main thread
            wrong.append(error)

    threads = [threading.Thread(target=client, args=[browser]) for browser in browsers]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if wrong:
        raise wrong[0]
    return CLIENTS * EACH / took


def test_submissions_per_second(bench: Bench) -> None:
    contestants = {"wagtail.contrib.forms": rival, "ours, one page": one_page,
                   "ours, page for checking": two_pages, "ours, API": api}  # fmt: skip
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for make in contestants.values():
        rate(*make(bench))  # warm
    print(f"\n\nIntake: submissions a second, {CLIENTS} clients, {RUNS} alternating runs of {CLIENTS * EACH}"
          f" ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f})")  # fmt: skip
    for run in range(RUNS):
        for name, make in contestants.items():
            rates[name].append(rate(*make(bench)))
            print(f"  run {run + 1}  {name:26} {rates[name][-1]:7.1f}/s", flush=True)
    base = statistics.median(rates["wagtail.contrib.forms"])
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"  median {name:26} {middle:7.1f}/s   {middle / base:4.2f} of the rival")
