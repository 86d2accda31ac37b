"""``make run`` end to end, with a town of one table in place of Obieg: what is started, skipped, kept and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from config import embedded_pg, embedded_place
from tests.integration.frame.test_launch import alive, free_port, wait_until

ROOT = Path(__file__).resolve().parents[3]

# What is under test here, beside manage.py; everything else of the site is the town below.
FRAME = (
    "__init__.py",
    "embedded_*",
    "env.py",
    "gunicorn_conf.py",
    "health.py",
    "launch.py",
    "supervisor.py",
    "wsgi.py",
)
FILES = {
    "site/config/checks.py": "def stop_if_wrong(): pass",
    "site/config/settings/__init__.py": "",
    "site/config/settings/dev.py": """
from config import env
SECRET_KEY = env.secret_key()
ALLOWED_HOSTS = env.allowed_hosts()
DATABASES = {"default": env.database_config()}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
INSTALLED_APPS = ["django.contrib.staticfiles", "people", "theme"]
ROOT_URLCONF = "config.urls"
STATIC_URL = "/static/"
STATIC_ROOT = env.VAR_DIR / "static"
STORAGES = env.storages_config(env.VAR_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
""",
    "site/config/urls.py": """
from django.http import HttpResponse
from django.urls import path
from config.health import healthz
from people.models import Unit
urlpatterns = [
    path("healthz", healthz),
    path("", lambda request: HttpResponse(",".join(Unit.objects.values_list("name", flat=True)))),
]
""",
    "site/people/__init__.py": "",
    "site/people/models.py": """
from django.db import models
class Unit(models.Model):
    name = models.CharField(max_length=50)
""",
    "site/people/migrations/__init__.py": "",
    "site/people/migrations/0001_initial.py": """
from django.db import migrations, models
class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel("Unit", [
        ("id", models.BigAutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")),
        ("name", models.CharField(max_length=50)),
    ])]
""",
    "site/people/management/__init__.py": "",
    "site/people/management/commands/__init__.py": "",
    "site/people/management/commands/seed_demo.py": """
from django.core.management.base import BaseCommand
from people.models import Unit
class Command(BaseCommand):
    def handle(self, **options):
        print("SEEDING", flush=True)
        Unit.objects.create(name="Ratusz")
""",
    "site/people/management/commands/demo_accounts.py": """
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def handle(self, **options):
        print("clerk@example.org / demo")
""",
    "site/people/management/commands/work.py": """
import signal, time
from django.core.management.base import BaseCommand
from django.db import connection
class Command(BaseCommand):
    def handle(self, **options):
        stopped = []
        signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
        while not stopped:
            time.sleep(0.05)
        with connection.cursor() as cursor:  # the database is still there when children are told to stop
            cursor.execute("SELECT 1")
        print("WORKER LEFT IN PEACE", flush=True)
""",
    "theme/__init__.py": "",
    "theme/static/theme/town.css": "body { color: black }",
    "requirements.txt": "Django\n",
}


@pytest.fixture
def checkout() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="obieg my town ") as name:
        folder = Path(name)
        folder.chmod(0o711)
        for source in (path for name in FRAME for path in ROOT.glob(f"site/config/{name}")):
            target = folder / "site" / "config" / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        shutil.copy(ROOT / "site" / "manage.py", folder / "site")
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "system-packages", folder / "scripts")
        for path, text in FILES.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        yield folder
        for run in Run.all:  # a failed test leaves nothing running
            if run.process.poll() is None:
                run.process.terminate()
                run.process.wait(60)
        Run.all.clear()
        embedded_pg.destroy(folder / "var")


class Run:
    """One ``launch.py``, its words in a file."""

    all: ClassVar[list[Run]] = []

    def __init__(self, checkout: Path, number: int) -> None:
        self.checkout = checkout
        self.port = free_port()
        self.words = checkout / f"words-{number}"
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "VAR", "PYTHONPATH", "SITE_URL", "ALLOWED_HOSTS"}
        }
        with self.words.open("w") as words:
            self.process = subprocess.Popen(
                [sys.executable, str(checkout / "site" / "config" / "launch.py")],
                cwd="/",
                env=environment | {"PORT": str(self.port)},
                stdout=words,
                stderr=subprocess.STDOUT,
            )
        Run.all.append(self)

    def said(self) -> str:
        return self.words.read_text()

    def wait_until_ready(self) -> None:
        wait_until(lambda: "Obieg is ready" in self.said() or self.process.poll() is not None, 90)
        assert self.process.poll() is None, self.said()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            text: str = answer.read().decode()
            return text

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        assert self.process.wait(60) == 0, self.said()


def test_start_work_stop_and_start_again(checkout: Path) -> None:
    var = checkout / "var"
    first = Run(checkout, 1)
    first.wait_until_ready()
    assert f"http://localhost:{first.port}" in first.said()
    assert "clerk@example.org / demo" in first.said()
    assert first.get("/healthz") == "ok\n"
    assert first.get("/") == "Ratusz"
    assert (var / "static" / "staticfiles.json").exists()

    postmaster = embedded_place.pid_in(var / "pg" / "postmaster.pid")
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    wait_until(lambda: "The database ended and is started again." in first.said())
    wait_until(lambda: embedded_pg.is_running(var))
    assert first.get("/") == "Ratusz"

    first.end(signal.SIGINT)
    assert "WORKER LEFT IN PEACE" in first.said()
    assert first.said().rstrip().endswith("Stopped; the data are kept.")
    assert "Traceback" not in first.said()
    assert not embedded_pg.is_running(var)

    second = Run(checkout, 2)
    second.wait_until_ready()
    assert second.get("/") == "Ratusz"
    for step in ("Preparing", "SEEDING", "Collecting"):
        assert step in first.said()
        assert step not in second.said()
    assert "clerk@example.org / demo" in second.said()
    second.end(signal.SIGTERM)
    assert not embedded_pg.is_running(var)


def test_new_migrations_and_static_files_are_noticed(checkout: Path) -> None:
    first = Run(checkout, 1)
    first.wait_until_ready()
    first.end(signal.SIGTERM)
    (checkout / "site/people/migrations/0002_more.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('people', '0001_initial')]\n"
        "    operations = [migrations.RunSQL(\"INSERT INTO people_unit (name) VALUES ('Szkoła')\")]\n"
    )
    (checkout / "theme/static/theme/more.css").write_text("p { margin: 0 }")
    second = Run(checkout, 2)
    second.wait_until_ready()
    assert second.get("/") == "Ratusz,Szkoła"
    assert "SEEDING" not in second.said()
    assert (checkout / "var/static/theme/more.css").exists()
    second.end(signal.SIGTERM)

    # And back: code that does not know the step refuses the database.
    (checkout / "site/people/migrations/0002_more.py").unlink()
    third = Run(checkout, 3)
    assert third.process.wait(60) == 1
    assert third.said().startswith("The database was made by a newer Obieg (it knows the step people.0002_more")


def test_reset_throws_the_demo_away_and_the_next_start_makes_it_anew(checkout: Path) -> None:
    first = Run(checkout, 1)
    first.wait_until_ready()
    reset = [sys.executable, str(checkout / "site" / "config" / "launch.py"), "--reset"]
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "VAR"}}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    busy = subprocess.run(reset, env=environment, capture_output=True, text=True, check=False)
    assert busy.returncode == 1
    assert "already runs" in busy.stderr
    first.end(signal.SIGTERM)
    assert subprocess.run(reset, env=environment, check=False).returncode == 0
    assert not (checkout / "var" / "pg").exists()
    second = Run(checkout, 2)
    second.wait_until_ready()
    assert "SEEDING" in second.said()
    second.end(signal.SIGTERM)


def test_a_launcher_killed_hard_leaves_no_children_and_the_next_start_takes_over(checkout: Path) -> None:
    first = Run(checkout, 1)
    first.wait_until_ready()
    children = [
        int(pid) for pid in Path(f"/proc/{first.process.pid}/task/{first.process.pid}/children").read_text().split()
    ]
    assert len(children) == 2
    first.process.kill()
    first.process.wait()
    wait_until(lambda: not any(alive(child) for child in children), 40)
    second = Run(checkout, 2)
    second.wait_until_ready()
    assert second.get("/") == "Ratusz"
    second.end(signal.SIGTERM)
    assert not embedded_pg.is_running(checkout / "var")
