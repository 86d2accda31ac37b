"""The demo's data files, as a person would write and read them: CSV with semicolons and TOML, below `data/`."""

from __future__ import annotations

import csv
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"


@lru_cache(maxsize=64)
def toml(name: str) -> dict[str, Any]:
    """One TOML file below `data/` ("town.toml", "services/odpis-aktu.toml")."""
    with open(DATA / name, "rb") as file:
        return tomllib.load(file)


@lru_cache(maxsize=8)
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file below `data/`, by column name."""
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter=";"))


def text(name: str) -> str:
    """A whole file below `data/`."""
    return (DATA / name).read_text(encoding="utf-8")


def folder(name: str) -> list[dict[str, Any]]:
    """Every TOML file of a folder below `data/`, in the order of their names."""
    return [toml(f"{name}/{path.name}") for path in sorted((DATA / name).glob("*.toml"))]
