"""The embedded PostgreSQL on real clusters: paths with spaces, crashes, strangers, old and new data."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded_pg, embedded_place
from config.embedded_place import EmbeddedPostgresError

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "site" / "config" / "embedded_pg.py"
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may pass through, with a space and Polish letters in its name."""
    with tempfile.TemporaryDirectory(prefix="obieg żółw ") as name:
        os.chmod(name, 0o711)
        yield Path(name)


@pytest.fixture
def var(folder: Path) -> Iterator[Path]:
    var = folder / "my data"
    yield var
    if var.exists():
        (var / "pg" / "PG_VERSION").write_text("18\n") if (var / "pg").exists() else None
        embedded_pg.destroy(var)


def postmaster(var: Path) -> int:
    pid = embedded_place.pid_in(var / "pg" / "postmaster.pid")
    assert pid is not None
    return pid


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while embedded_place.is_postgres(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_data_survive_stop_and_start(var: Path) -> None:
    with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('żółć')")
    assert not embedded_pg.is_running(var)
    with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT upper(word) FROM kept").fetchone() == ("ŻÓŁĆ",)


def test_a_cluster_for_real_data_is_durable_and_closed(var: Path) -> None:
    with embedded_pg.session(var) as url, psycopg.connect(url) as connection:
        shown = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses")
        }
        assert shown == {
            "fsync": ("on",), "synchronous_commit": ("on",), "full_page_writes": ("on",),
            "data_checksums": ("on",), "listen_addresses": ("",),
        }  # fmt: skip
        assert connection.execute(
            "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (
            False,
            True,
        )
    lines = [line for line in (var / "pg" / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")]
    assert lines == ["local all all peer map=obieg"]
    socket = embedded_place.socket_folder(var)
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "pg").stat().st_mode) == 0o700
    assert len(os.fsencode(socket / ".s.PGSQL.5432")) < 100


def test_real_data_never_run_without_fsync(var: Path) -> None:
    with embedded_pg.session(var):
        pass
    with pytest.raises(EmbeddedPostgresError, match="created for real data"):
        embedded_pg.ensure_running(var, throwaway=True)
    assert not embedded_pg.is_running(var)


def test_the_last_session_stops_the_server_and_no_other(var: Path) -> None:
    with embedded_pg.session(var, throwaway=True) as url:
        with embedded_pg.session(var, throwaway=True) as same:
            assert same == url
        assert embedded_pg.is_running(var)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not embedded_pg.is_running(var)


def test_a_killed_server_is_started_again_over_its_stale_files(var: Path) -> None:
    with embedded_pg.session(var, throwaway=True) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        killed = postmaster(var)
        os.kill(killed, signal.SIGKILL)
        wait_for_end(killed)
        assert not embedded_pg.is_running(var)
        assert embedded_pg.ensure_running(var, throwaway=True) == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_process_number_used_again_by_another_program_does_not_block(var: Path) -> None:
    with embedded_pg.session(var, throwaway=True):
        pass
    (var / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n{var}\n")
    with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("version", "advice"), [("19", "use the newer Obieg that made it"), ("15", "pg_dump")])
def test_data_of_another_version_are_refused_in_one_sentence(var: Path, version: str, advice: str) -> None:
    with embedded_pg.session(var, throwaway=True):
        pass
    (var / "pg" / "PG_VERSION").write_text(f"{version}\n")
    done = run_script("start", "--var", str(var))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"made by PostgreSQL {version}, this Obieg has PostgreSQL 18: " in done.stderr
    assert advice in done.stderr


def test_a_full_disk_is_said_before_anything_is_written(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_place, "NEEDED_BYTES", 2**60)
    with pytest.raises(EmbeddedPostgresError, match=r"^The disk is full: .* MB left"):
        embedded_pg.ensure_running(var)
    assert not (var / "pg").exists()


def test_a_disk_that_fills_up_while_the_cluster_is_made_leaves_no_half(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=0711", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        monkeypatch.setattr(embedded_place, "NEEDED_BYTES", 0)
        with pytest.raises(EmbeddedPostgresError, match="the disk of .* is full; free some space"):
            embedded_pg.ensure_running(small / "var")
        assert not (small / "var" / "pg").exists()
        assert not (small / "var" / "pg.new").exists()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_folder_that_is_no_database_is_left_alone(var: Path) -> None:
    (var / "pg").mkdir(parents=True)
    (var / "pg" / "thesis.txt").write_text("years of work")
    with pytest.raises(EmbeddedPostgresError, match="neither empty nor a database"):
        embedded_pg.ensure_running(var)
    assert (var / "pg" / "thesis.txt").read_text() == "years of work"
    shutil.rmtree(var / "pg")


def test_a_socket_folder_of_somebody_else_is_not_trusted(
    var: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_place, "SOCKET_ROOT", folder)
    planted = folder / f"obieg-{os.geteuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else or is open to others"):
        embedded_pg.ensure_running(var, throwaway=True)
    assert not embedded_pg.is_running(var)


def test_start_keeps_the_server_for_later_and_stop_ends_it(var: Path) -> None:
    started = run_script("start", "--throwaway", "--var", str(var))
    assert started.returncode == 0, started.stderr
    url = started.stdout.strip()
    assert run_script("url", "--var", str(var)).stdout.strip() == url == embedded_pg.database_url(var)
    with embedded_pg.session(var, throwaway=True):
        pass
    assert run_script("status", "--var", str(var)).returncode == 0
    assert run_script("stop", "--var", str(var)).stdout == "stopped\n"
    assert run_script("status", "--var", str(var)).returncode == 3


# --- accounts --------------------------------------------------------------------------------------

as_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")


def ordinary() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


@pytest.fixture(scope="session")
def reachable() -> Iterator[Path]:
    """A copy of the code and of PostgreSQL where every account can read it, wherever the checkout stands."""
    with tempfile.TemporaryDirectory(prefix="obieg code ") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "config").mkdir()
        for source in (ROOT / "site" / "config").glob("embedded_*"):
            shutil.copy(source, folder / "config")
        (folder / "config" / "__init__.py").touch()
        package = embedded_place.wheel_binaries().parents[1]
        server = package / embedded_place.wheel_binaries().parent.name
        shutil.copytree(server, folder / package.name / server.name, ignore=shutil.ignore_patterns("include", "*.a"))
        shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
        (folder / package.name / "__init__.py").touch()
        yield folder


def run_script(*arguments: str, code: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command line; with ``code`` as an ordinary account, which sees only that copy."""
    if code is None:
        return subprocess.run(
            [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False, timeout=120
        )
    user = ordinary()
    return subprocess.run(
        ["/usr/bin/python3", str(code / "config" / SCRIPT.name), *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/", user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@as_root
def test_as_root_the_server_is_nobody_powerful_and_parents_keep_their_owner(var: Path, folder: Path) -> None:
    with embedded_pg.session(var, throwaway=True):
        status = Path(f"/proc/{postmaster(var)}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert "0" not in uids
        groups = next(line for line in status.splitlines() if line.startswith("Groups:")).split()[1:]
        assert "0" not in groups
    assert folder.stat().st_uid == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    assert var.stat().st_uid == 0
    assert stat.S_IMODE(var.stat().st_mode) == 0o711
    assert (var / "pg").stat().st_uid != 0


@as_root
def test_as_root_in_a_closed_folder_the_files_go_elsewhere_and_the_folder_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o700)
    var = closed / "var"
    try:
        with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        assert (var / "pg").is_symlink()
        assert embedded_place.SYSTEM_DATA in (var / "pg").resolve().parents
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        data = embedded_pg.data_folder(var)
        embedded_pg.destroy(var)
    assert not data.parent.exists()


@as_root
def test_an_ordinary_account_runs_its_own_server_and_root_may_use_it(folder: Path, reachable: Path) -> None:
    user = ordinary()
    home = folder / "home of nobody"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    var = home / "var"
    started = run_script("start", "--throwaway", "--var", str(var), code=reachable)
    try:
        assert started.returncode == 0, started.stderr
        assert Path(f"/proc/{postmaster(var)}").stat().st_uid == user.pw_uid
        assert run_script("stop", "--var", str(var), code=reachable).stdout == "stopped\n"
        # Root starts the same data as their owner, and leaves them to him.
        with embedded_pg.session(var, throwaway=True) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert Path(f"/proc/{postmaster(var)}").stat().st_uid == user.pw_uid
        again = run_script("start", "--throwaway", "--var", str(var), code=reachable)
        assert again.returncode == 0, again.stderr
    finally:
        embedded_pg.destroy(var)


@as_root
def test_an_ordinary_account_is_told_that_the_data_are_of_another(var: Path, reachable: Path) -> None:
    with embedded_pg.session(var, throwaway=True):
        pass
    refused = run_script("start", "--throwaway", "--var", str(var), code=reachable)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "choose" in refused.stderr
    assert "Traceback" not in refused.stderr
