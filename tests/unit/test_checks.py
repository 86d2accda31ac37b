"""Wrong configuration stops the start, in one sentence per fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import checks
from journal import keyring

KEY = "9c1f0b7a2d8e4635a1b2c3d4e5f60718293a4b5c"


def ids(messages: list[Any]) -> set[str]:
    return {message.id for message in messages}


@pytest.fixture
def installation(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A right production installation; what is tested is made wrong one by one."""
    settings.PRODUCTION, settings.DEMO_TOWN, settings.DEBUG, settings.STAFF_SECOND_FACTOR = True, False, False, True
    settings.SITE_URL, settings.SECRET_KEY = "https://e-urzad.example.org", KEY
    settings.ALLOWED_HOSTS = ["e-urzad.example.org"]
    monkeypatch.setattr(keyring, "check_production", list)
    return settings


def test_a_right_installation_starts(installation: Any) -> None:
    assert checks.production() == []
    checks.stop_if_wrong()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SITE_URL", "http://e-urzad.example.org", "obieg.E002"),
        ("SITE_URL", "https://localhost:8000", "obieg.E002"),
        ("SECRET_KEY", KEY[:39], "obieg.E003"),
        ("SECRET_KEY", "a" * 60, "obieg.E003"),
        ("DEMO_TOWN", True, "obieg.E004"),
        ("STAFF_SECOND_FACTOR", False, "obieg.E005"),
        ("DEBUG", True, "obieg.E006"),
        ("ALLOWED_HOSTS", ["*"], "obieg.E007"),
    ],
)
def test_each_fault_has_its_own_id_and_says_what_to_set(installation: Any, name: str, value: Any, code: str) -> None:
    setattr(installation, name, value)
    [found] = checks.production()
    assert found.id == code
    assert found.hint and found.msg.endswith(".") and "\n" not in found.msg
    if name == "SECRET_KEY":
        assert value not in f"{found.msg}{found.hint}"
    with pytest.raises(ImproperlyConfigured, match=code):
        checks.stop_if_wrong()


def test_the_rules_of_production_hold_there_only(installation: Any) -> None:
    installation.PRODUCTION, installation.DEMO_TOWN = False, True
    assert checks.production() == []


def test_demo_keys_do_not_start_a_real_installation(
    installation: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    demo = keyring.Keyring(tmp_path, {"demo_allowed": True})
    monkeypatch.setattr(keyring, "check_production", demo.check_production)
    assert ids(checks.production()) == {"obieg.E008"}


def test_a_data_folder_that_is_a_file_is_named(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    assert checks.data_folder() == []
    (tmp_path / "file").write_text("")
    settings.VAR_DIR = tmp_path / "file"
    [found] = checks.data_folder()
    assert found.id == "obieg.E001" and str(tmp_path / "file") in found.msg


def test_an_old_postgres_is_refused() -> None:
    assert ids(checks.of_version(140011)) == {"obieg.E009"}
    assert checks.of_version(150000) == checks.of_version(180001) == []
    assert checks.database(databases=None) == []


@pytest.mark.django_db
def test_this_database_is_right() -> None:
    assert checks.database(databases=["default"]) == []


def test_checkpoints_beside_the_data_are_spoken_of_in_production(installation: Any, tmp_path: Path) -> None:
    installation.VAR_DIR = tmp_path / "var"
    installation.CHECKPOINT_DIR = tmp_path / "var" / "checkpoints"
    assert ids(checks.checkpoints()) == {"obieg.W002"}
    installation.CHECKPOINT_DIR = tmp_path / "proofs"
    assert checks.checkpoints() == []
    installation.PRODUCTION, installation.CHECKPOINT_DIR = False, tmp_path / "var" / "checkpoints"
    assert checks.checkpoints() == []
