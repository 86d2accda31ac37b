"""The set-up scripts: what they say when something is missing, and that nothing is done twice."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = "bash sh env dirname cat sha256sum cut df awk rm flock grep tail sed mktemp id true make expand uname".split()


@pytest.fixture
def checkout() -> Iterator[Path]:
    """The scripts alone, in a folder with a space that every account can read."""
    with tempfile.TemporaryDirectory(prefix="obieg check out ") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        for file in ("requirements.txt", "requirements-dev.txt", "Makefile"):
            shutil.copy(ROOT / file, folder)
        (folder / "bin").mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            if found:
                (folder / "bin" / tool).symlink_to(found)
        yield folder


def fake(checkout: Path, name: str, body: str) -> None:
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(checkout: Path, *command: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """With nothing on the path but the checkout's own tools."""
    account = pwd.getpwnam(user) if user else None
    return subprocess.run(
        list(command), cwd=checkout, env={"PATH": str(checkout / "bin")}, capture_output=True, text=True, check=False,
        **({"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}),
    )  # fmt: skip


def test_an_old_python_is_one_sentence(checkout: Path) -> None:
    fake(checkout, "python3", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = run(checkout, "scripts/make-venv", "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Obieg needs Python 3.11 or newer with its venv module; found: Python 3.9.2." in done.stderr


def test_no_python_is_one_sentence(checkout: Path) -> None:
    done = run(checkout, "scripts/make-venv", "run")
    assert done.returncode == 1
    assert "found: no Python" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_one_sentence(checkout: Path) -> None:
    fake(checkout, "python3", "exit 0")
    (checkout / "bin" / "df").unlink()
    fake(checkout, "df", "echo head; echo '/dev/x 100 90 10240 90% /'")
    done = run(checkout, "scripts/make-venv", "run")
    assert done.returncode == 1
    assert done.stderr == "The disk is full: 10 MB are left here and the set-up needs 1500 MB.\n"
    assert not (checkout / ".venv").exists()


def test_the_environment_is_made_once_and_again_when_requirements_change(checkout: Path) -> None:
    # A stand-in for Python that makes the folder and notes every installation.
    fake(
        checkout,
        "python3",
        'if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi\n'
        'if [ "$2" = pip ]; then echo "$@" >> installs; fi\nexit 0',
    )
    for tool in ("mkdir", "cp"):
        (checkout / "bin" / tool).symlink_to(shutil.which(tool) or "")
    installs = checkout / "installs"

    def count() -> int:
        return len(installs.read_text().splitlines())

    for _ in range(2):
        done = run(checkout, "scripts/make-venv", "dev")
        assert done.returncode == 0, done.stderr
    assert count() == 1
    assert run(checkout, "scripts/make-venv", "run").returncode == 0
    assert count() == 1, "a development environment holds what running needs"
    with (checkout / "requirements.txt").open("a") as file:
        file.write("another==1\n")
    assert run(checkout, "scripts/make-venv", "run").returncode == 0
    assert count() == 2


def test_without_rights_the_exact_line_is_printed(checkout: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    fake(checkout, "dpkg-query", 'case "$*" in *gettext*) echo installed;; *) exit 1;; esac')
    fake(checkout, "apt-get", "touch ran-apt")
    done = run(checkout, "scripts/install-system", "run", user="nobody")
    assert done.returncode == 1
    assert done.stderr == (
        "System packages are missing. Type:  sudo apt-get install --no-install-recommends libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-dejavu-core fonts-liberation\n"
    )
    assert not (checkout / "ran-apt").exists()


def test_as_root_only_what_is_missing_is_installed(checkout: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root installs without asking")
    fake(checkout, "dpkg-query", 'case "$*" in *xmlsec1*|*poppler*) exit 1;; *) echo installed;; esac')
    fake(checkout, "apt-get", 'echo "$@" >> apt')
    assert run(checkout, "scripts/install-system", "run", "test").returncode == 0
    assert (checkout / "apt").read_text() == (
        "update -q\ninstall -q -y --no-install-recommends xmlsec1 poppler-utils\n"
    )


def test_help_lists_every_target(checkout: Path) -> None:
    shown = run(checkout, "make", "help").stdout
    makefile = (checkout / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert declared
    assert set(re.findall(r"^  make ([a-z0-9-]+) ", shown, re.MULTILINE)) == set(declared[1].split())


def test_requirements_are_exact_and_name_no_place() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
        wrong = [
            line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+|-r requirements.txt", line)
        ]
        assert not wrong
