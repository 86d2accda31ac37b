"""``make run``: starts everything of a one-machine Obieg and stops it again, in order.

Embedded PostgreSQL (unless DATABASE_URL is set), migrations, the demo town in an empty database, static
files, then the web server and the worker as children. Steps whose inputs are unchanged are skipped. A child
that ends is started again; one that cannot stay up ends the whole with a sentence. Ctrl-C and SIGTERM stop the
children first, then the database; data stay. Whatever prevents the start is said in one sentence, exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

SITE_DIR = Path(__file__).resolve().parents[1]
ROOT = SITE_DIR.parent
sys.path[:] = [str(ROOT), str(SITE_DIR), *(folder for folder in sys.path if folder != str(SITE_DIR / "config"))]

try:
    import psycopg
    from django.core.exceptions import ImproperlyConfigured

    from config import embedded_pg, env
    from config.supervisor import Child, StartError, Stopped, supervise
except ModuleNotFoundError as error:
    sys.exit(f"A package is missing ({error.name}): run `make setup`.")

LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0", "libfontconfig.so.1")
OUR_APPS = ("site/people", "site/journal", "site/demo", "documents", "workflow", "cms_pages", "search", "theme")


class State:
    """What earlier starts did, kept in ``var/launch.json``; a lost file only costs time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.values: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError):
            self.values = {}

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, **values: Any) -> None:
        self.values.update(values)
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(self.values, indent=1))
        draft.replace(self.path)


# --- the steps -------------------------------------------------------------------------------------


def check_libraries() -> None:
    """PDF letters need them; better said now than at the first receipt."""
    missing = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    if missing:
        packages = (ROOT / "scripts" / "system-packages").read_text()
        run = next(line for line in packages.splitlines() if line.startswith("run: ")).removeprefix("run: ")
        raise StartError(f"The library {missing[0]} is missing. Type:  sudo apt-get install {run}")


def check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise StartError(f"Port {port} is reserved for root: choose another with make run PORT=8123.") from error
        except OSError as error:
            raise StartError(
                f"Port {port} is busy ({error.strerror}): choose another with make run PORT=8123."
            ) from error


@contextlib.contextmanager
def only_one(var: Path) -> Iterator[None]:
    """One launcher per data folder."""
    lock = os.open(var / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"Obieg already runs with the data folder {var} (process {os.read(lock, 20).decode().strip()}): "
                "stop it first, or choose another with make run PORT=8123 VAR=/some/folder."
            ) from error
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)


def manage(environment: dict[str, str], *arguments: str) -> None:
    """Run a management command as a child; its failure ends the start."""
    done = subprocess.run(
        [sys.executable, str(SITE_DIR / "manage.py"), *arguments], cwd=ROOT, env=environment, check=False
    )
    if done.returncode:
        raise StartError(f"`manage.py {' '.join(arguments)}` failed; its words are above.")


def fingerprint(paths: Iterable[Path], *, content: bool) -> str:
    """A digest over files: names with contents, or (many large files) names with sizes and times."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(paths):
        digest.update(os.fsencode(path.relative_to(ROOT)))
        state = path.stat()
        digest.update(path.read_bytes() if content else f"{state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def migrations() -> dict[tuple[str, str], Path]:
    """Our migrations on disk: (app label, name) -> file."""
    return {
        (Path(app).name, path.stem): path for app in OUR_APPS for path in (ROOT / app / "migrations").glob("[0-9]*.py")
    }


@dataclass(frozen=True)
class Look:
    """What stands in the database before the start: applied migrations, and whether there is any unit."""

    applied: set[tuple[str, str]]
    empty: bool


def look_at_database() -> Look:
    """Refuses a server that cannot be reached or is too old."""
    config = env.database_config()
    try:
        with psycopg.connect(
            dbname=config["NAME"], user=config["USER"] or None, password=config["PASSWORD"] or None,
            host=config["HOST"] or None, port=config["PORT"] or None, connect_timeout=10, **config["OPTIONS"],
        ) as connection:  # fmt: skip
            if connection.info.server_version < 150000:
                raise StartError("The PostgreSQL server of DATABASE_URL is older than 15: use a newer one.")
            applied: set[tuple[str, str]] = set()
            if connection.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,):
                applied.update(connection.execute("SELECT app, name FROM django_migrations").fetchall())
            empty = connection.execute("SELECT to_regclass('people_unit')").fetchone() == (None,) or (
                connection.execute("SELECT EXISTS (SELECT FROM people_unit)").fetchone() == (False,)
            )
            return Look(applied, empty)
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
        raise StartError(f"The database cannot be used: {reason}") from error


def migrate(environment: dict[str, str], state: State, look: Look) -> None:
    """Bring the database to this code's state; a database of newer code is refused."""
    ours = migrations()
    labels = {Path(app).name for app in OUR_APPS}
    unknown = sorted(row for row in look.applied if row[0] in labels and row not in ours)
    if unknown:
        raise StartError(
            f"The database was made by a newer Obieg (it knows the step {'.'.join(unknown[0])}, this one does not): "
            "use that newer version, or choose another data folder with VAR=/some/folder."
        )
    wanted = fingerprint(ours.values(), content=True)
    if set(ours) <= look.applied and state.get("migrated") == wanted:
        return
    print("Preparing the database ...", flush=True)
    manage(environment, "migrate", "--no-input", "--verbosity", "0", "--skip-checks")
    manage(environment, "createcachetable", "--verbosity", "0")
    state.set(migrated=wanted, accounts=None)


def seed_demo(environment: dict[str, str], state: State, look: Look) -> None:
    """The demo town into a database without units; an interrupted one is taken up again."""
    if not look.empty and state.get("demo") != "begun":
        return
    print("Making the demo town (a few minutes, once) ...", flush=True)
    state.set(demo="begun", accounts=None)
    manage(environment, "seed_demo")
    state.set(demo="ready")


def collect_static(environment: dict[str, str], state: State, static: Path) -> None:
    folders = [ROOT / app / "static" for app in OUR_APPS]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    wanted = fingerprint(files, content=False)
    if state.get("static") == wanted and (static / "staticfiles.json").exists():
        return
    print("Collecting the static files ...", flush=True)
    manage(environment, "collectstatic", "--no-input", "--clear", "--verbosity", "0")
    state.set(static=wanted)


def demo_accounts(environment: dict[str, str]) -> str:
    """The accounts of the demo town, as its command prints them; empty when there is no demo."""
    done = subprocess.run(
        [sys.executable, str(SITE_DIR / "manage.py"), "demo_accounts"],
        cwd=ROOT, env=environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.rstrip() if done.returncode == 0 else ""


# --- the whole -------------------------------------------------------------------------------------


def run(var: Path, host: str, port: int) -> None:
    """Everything, until a signal."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.dev"),
        "VAR": str(var),
        "PORT": str(port),
        "HOST": host,
        "PYTHONUNBUFFERED": "1",
    }
    check_libraries()
    with only_one(var), contextlib.ExitStack() as stack:
        check_port(host, port)
        if env.is_embedded():
            stack.enter_context(embedded_pg.session(var))
        state = State(var / "launch.json")
        look = look_at_database()
        migrate(environment, state, look)
        if environment["DJANGO_SETTINGS_MODULE"] == "config.settings.dev":
            seed_demo(environment, state, look)
        collect_static(environment, state, var / "static")
        if not state.get("accounts"):
            state.set(accounts=demo_accounts(environment))
        python = sys.executable
        gunicorn = [python, "-m", "gunicorn", "--config", str(SITE_DIR / "config" / "gunicorn_conf.py")]
        children = [
            Child("web server", gunicorn, ROOT, environment),
            Child("worker", [python, str(SITE_DIR / "manage.py"), "work"], ROOT, environment),
        ]
        address = os.environ.get("SITE_URL") or f"http://localhost:{port}"
        welcome = (
            f"\nObieg is ready at {address}  (staff: {address}/admin/)\n{state.get('accounts')}\n\nCtrl-C stops it."
        )
        supervise(children, host, port, welcome, keep_database if env.is_embedded() else lambda: None)


def keep_database() -> None:
    """A database that ended (killed, out of memory) is started again; its children connect anew."""
    if not embedded_pg.is_running(env.VAR_DIR):
        print("The database ended and is started again.", file=sys.stderr, flush=True)
        embedded_pg.ensure_running(env.VAR_DIR)


def reset(var: Path) -> None:
    """Delete the embedded database and everything made with it; the keys stay."""
    if not env.is_embedded():
        raise StartError("DATABASE_URL is set: only the embedded database can be reset from here.")
    if not var.is_dir():
        return
    with only_one(var):
        embedded_pg.destroy(var)
        for name in ("media", "blobs", "tmp", "mail", "static", "checkpoints"):
            shutil.rmtree(var / name, ignore_errors=True)
        (var / "launch.json").unlink(missing_ok=True)
    print(f"The demo in {var} is gone; `make run` makes it anew.")


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def main(arguments: list[str]) -> int:
    """The command line: ``launch.py [--reset]`` with HOST, PORT and VAR from the environment."""
    parser = argparse.ArgumentParser(prog="launch.py", description="Start Obieg on this machine.")
    parser.add_argument("--reset", action="store_true", help="throw the demo away instead")
    options = parser.parse_args(arguments)
    if sys.version_info < (3, 11):  # noqa: UP036 - somebody may start this file with another Python
        print(f"Obieg needs Python 3.11 or newer, this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        embedded_pg.prepare_var(env.VAR_DIR)
        if options.reset:
            reset(env.VAR_DIR)
        else:
            run(env.VAR_DIR, os.environ.get("HOST") or "127.0.0.1", env.port())
    except (StartError, embedded_pg.EmbeddedPostgresError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        print("\nStopped; the data are kept.", flush=True)
    except OSError as error:
        if error.errno is None or not error.strerror:
            raise
        print(f"Obieg cannot run: {error.strerror}: {error.filename or env.VAR_DIR}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
