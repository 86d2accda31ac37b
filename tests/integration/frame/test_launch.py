"""``make run``: what it refuses, in one sentence each, and how it keeps its children up and ends them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded_pg, launch, supervisor
from config.supervisor import Child, StartError, Stopped

ROOT = Path(__file__).resolve().parents[3]
LAUNCH = ROOT / "site" / "config" / "launch.py"


@pytest.fixture
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    var = tmp_path_factory.mktemp("with space") / "my var"
    yield var
    embedded_pg.destroy(var)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    settings |= {"VAR": str(var), "PORT": str(free_port()), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
    return subprocess.run(
        [sys.executable, str(LAUNCH)],
        env=settings | environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr


def test_a_busy_port_is_one_sentence(var: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        sentence = refused(start(var, PORT=str(port)))
    assert sentence.startswith(f"Port {port} is busy")
    assert "make run PORT=8123" in sentence
    assert not embedded_pg.is_running(var)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "eighty"), ("PORT", "99999"), ("DATABASE_URL", "sqlite:///x"), ("DATABASE_URL", "postgresql://nowhere/")],
)
def test_a_wrong_variable_is_one_sentence(var: Path, variable: str, value: str) -> None:
    sentence = refused(start(var, **{variable: value}))
    assert sentence.startswith(variable)
    assert "Example: " in sentence


def test_a_database_server_out_of_reach_is_one_sentence(var: Path) -> None:
    sentence = refused(start(var, DATABASE_URL=f"postgresql://me@127.0.0.1:{free_port()}/town"))
    assert sentence.startswith("The database cannot be used: ")


def test_two_at_once_on_the_same_data_is_one_sentence(var: Path) -> None:
    var.mkdir()
    with launch.only_one(var):
        sentence = refused(start(var))
    assert f"process {os.getpid()}" in sentence
    assert "already runs" in sentence


def test_a_database_of_a_newer_obieg_is_one_sentence_and_left_alone(var: Path) -> None:
    with embedded_pg.session(var) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        connection.execute("INSERT INTO django_migrations VALUES ('people', '9999_from_the_future')")
    sentence = refused(start(var))
    assert "made by a newer Obieg (it knows the step people.9999_from_the_future" in sentence
    assert not embedded_pg.is_running(var)
    with embedded_pg.session(var) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


def test_data_of_a_newer_postgresql_is_one_sentence(var: Path) -> None:
    with embedded_pg.session(var):
        pass
    (var / "pg" / "PG_VERSION").write_text("19\n")
    assert "made by PostgreSQL 19" in refused(start(var))
    (var / "pg" / "PG_VERSION").write_text("18\n")


def test_a_missing_library_names_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "LIBRARIES", ("libc.so.6", "libno-such-thing.so.0"))
    with pytest.raises(StartError, match=r"libno-such-thing.so.0 is missing. Type:  sudo apt-get install .*libpango"):
        launch.check_libraries()


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be created" in refused(start(tmp_path / "file" / "var"))


# --- the supervisor --------------------------------------------------------------------------------

SERVER = """
import http.server, os, pathlib, signal, sys, subprocess
folder = pathlib.Path(sys.argv[2])
if len(sys.argv) > 3:
    grandchild = subprocess.Popen([sys.executable, "-c", "import signal, time; "
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
    (folder / "grandchild").write_text(str(grandchild.pid))
def end(*_):
    (folder / "order").open("a").write("web server\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
with (folder / "starts").open("a") as file:
    file.write(f"{os.getpid()}\\n")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


class Supervised:
    """The supervisor in a thread; leaving it is what a signal does."""

    def __init__(self, child: Child, port: int) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(child, port))
        self.thread.start()

    def _look(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def _run(self, child: Child, port: int) -> None:
        try:
            supervisor.supervise([child], "127.0.0.1", port, "ready", self._look)
        except (Stopped, StartError) as error:
            self.error = error


def test_a_killed_child_is_started_again_and_a_signal_ends_all(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "server.py").write_text(SERVER)
    command = [sys.executable, "server.py", str(port), str(tmp_path), "with grandchild"]
    supervised = Supervised(Child("web server", command, tmp_path, dict(os.environ)), port)
    starts = tmp_path / "starts"
    try:
        wait_until(lambda: starts.exists() and starts.read_text().count("\n") == 1)
        first = int(starts.read_text())
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: starts.read_text().count("\n") == 2)
    finally:
        supervised.stop.set()
        supervised.thread.join(40)
    assert not supervised.thread.is_alive()
    assert isinstance(supervised.error, Stopped)
    second = int(starts.read_text().split()[1])
    assert not alive(second)
    assert (tmp_path / "order").read_text() == "web server\n"
    grandchild = int((tmp_path / "grandchild").read_text())
    wait_until(lambda: not alive(grandchild))


def test_a_child_that_cannot_stay_up_ends_the_whole_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "CRASHES", 3)
    child = Child("worker", [sys.executable, "-c", "raise SystemExit(7)"], tmp_path, dict(os.environ))
    supervised = Supervised(child, free_port())
    supervised.thread.join(40)
    assert isinstance(supervised.error, StartError)
    assert str(supervised.error).startswith("The worker ended 3 times within a minute (last exit code 7)")


def test_children_do_not_outlive_a_launcher_that_is_killed_hard(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "server.py").write_text(SERVER)
    launcher = (
        "import sys, os, pathlib; sys.path.insert(0, sys.argv[1]); from config.supervisor import Child, supervise\n"
        "folder = pathlib.Path(sys.argv[2])\n"
        "command = [sys.executable, 'server.py', sys.argv[3], sys.argv[2]]\n"
        "child = Child('web server', command, folder, dict(os.environ))\n"
        "supervise([child], '127.0.0.1', int(sys.argv[3]), 'ready', lambda: None)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", launcher, str(ROOT / "site"), str(tmp_path), str(port)])
    starts = tmp_path / "starts"
    wait_until(lambda: starts.exists() and starts.read_text().endswith("\n"))
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(int(starts.read_text())))
