"""The shape of the house: layers, homes of libraries, and the folder that must never become a package."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = {
    "config": "site/config",
    "demo": "site/demo",
    "search": "search",
    "cms_pages": "cms_pages",
    "workflow": "workflow",
    "documents": "documents",
    "people": "site/people",
    "journal": "site/journal",
    "theme": "theme",
}
# From the roof down; an app imports only those after it.
ORDER = ["config", "demo", "search", "cms_pages", "workflow", "documents", "people", "journal"]


def sources(*apps: str) -> Iterator[Path]:
    for app in apps or APPS:
        yield from sorted((ROOT / APPS[app]).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module a file imports, wherever in it, and whether that is inside a function."""
    tree = ast.parse(path.read_text(), filename=str(path))
    inside = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node in inside
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node in inside


def test_site_is_a_folder_on_the_path_and_never_a_package() -> None:
    assert (ROOT / "site" / "manage.py").is_file()
    assert not (ROOT / "site" / "__init__.py").exists()


def test_git_ignores_nothing_in_the_frame() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    paths = [f"{folder}/new_module.py" for folder in ("site", *APPS.values(), "tests", "docs", "scripts")]
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout == ""
    assert ignored.returncode == 1


def test_import_linter_keeps_the_layers() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_app_imports_upwards_not_even_inside_a_function_or_under_type_checking() -> None:
    wrong = []
    for place, app in enumerate(ORDER):
        above = set(ORDER[:place]) | {"theme"}
        for path in sources(app):
            for module, _ in imports(path):
                if module.split(".")[0] in above - {app}:
                    wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong


def test_our_apps_are_imported_at_the_top_of_files() -> None:
    """An import inside a function dodges a circle; a circle is a wrong address."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module} inside a function"
        for path in sources()
        # Django's own hook for work that needs loaded models is AppConfig.ready.
        if path.name != "apps.py"
        for module, inside in imports(path)
        if inside and module.split(".")[0] in APPS
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("guardian", {"site/people/access.py", "site/people/models", "documents/models/cases.py"}),
        ("elasticsearch", {"search/backends/elastic.py"}),
        ("elasticsearch_dsl", set()),
        ("elastic_transport", {"search/backends/elastic.py"}),
        ("wagtail_modeladmin", {"documents/registers.py"}),
    ],
)
def test_a_library_stays_in_its_home(library: str, homes: set[str]) -> None:
    strangers = []
    for path in sources():
        name = str(path.relative_to(ROOT))
        if "/migrations/" in name or any(name == home or name.startswith((f"{home}/", f"{home}.")) for home in homes):
            continue
        if any(module.split(".")[0] == library for module, _ in imports(path)):
            strangers.append(name)
    assert not strangers


def test_every_folder_of_code_is_a_package() -> None:
    """A folder without __init__.py is skipped by the layer check without a word."""
    folders = {path.parent for path in sources()}
    assert not [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()]


def test_no_file_of_ours_is_longer_than_it_can_be_read() -> None:
    """About 400 lines are the rule; what passes 450 needs its reason here."""
    reasons: dict[str, str] = {}
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if "/migrations/" not in str(path) and (lines := len(path.read_text().splitlines())) > 450
    }
    assert set(long) == set(reasons), long
