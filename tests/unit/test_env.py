"""What the environment says is read exactly, and refused with the variable's name and an example."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL", "ELASTICSEARCH_URL", "STORAGE_URL", "EMAIL_URL", "EMAIL_FROM", "CLAMD_URL", "SECRET_KEY",
        "SECRET_KEY_FILE", "PORT", "SITE_URL", "ALLOWED_HOSTS", "TEST_DB", "SEAL_PKCS12", "SEAL_PKCS12_PASSWORD_FILE",
        "CHECKPOINT_DIR", "METRICS_TOKEN", "METRICS_TOKEN_FILE", "METRICS_NETWORKS",
        "WEBHOOK_NETWORKS",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def test_a_database_address_keeps_sockets_passwords_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:p%40ss%2F@%2FRun%2Fpg:5433/town?sslmode=disable")
    config = env.database_config()
    assert (config["NAME"], config["USER"], config["PASSWORD"]) == ("town", "me", "p@ss/")
    assert (config["HOST"], config["PORT"]) == ("/Run/pg", "5433")
    assert config["OPTIONS"] == {"sslmode": "disable"}


def test_several_database_hosts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@one,two/town?target_session_attrs=read-write")
    config = env.database_config()
    assert config["HOST"] == "one,two"
    assert config["OPTIONS"] == {"target_session_attrs": "read-write"}


def test_without_an_address_the_embedded_database_is_named_and_not_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path / "var")
    config = env.database_config()
    assert config["HOST"].startswith("/")
    assert len(config["HOST"]) < 60
    assert env.is_embedded()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://a@b/c", "postgresql://host/", "postgresql://host:x/db"])
def test_a_wrong_database_address_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL .*Example: DATABASE_URL=postgresql://"):
        env.database_config()


def test_storage_goes_to_the_named_bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://KEY:se%2Fcret@files.example.org:9000/town?region=pl-1")
    default = env.storages_config(tmp_path)["default"]
    assert default["BACKEND"] == "storages.backends.s3.S3Storage"
    assert default["OPTIONS"]["bucket_name"] == "town"
    assert default["OPTIONS"]["secret_key"] == "se/cret"
    assert default["OPTIONS"]["endpoint_url"] == "https://files.example.org:9000"
    assert default["OPTIONS"]["region_name"] == "pl-1"


def test_storage_without_an_address_is_a_folder(tmp_path: Path) -> None:
    assert env.storages_config(tmp_path)["default"]["OPTIONS"] == {"location": str(tmp_path / "media")}


def test_mail_reads_tls_and_quoted_passwords(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://me:p%40ss@mail.example.org:587")
    config = env.email_config(tmp_path)
    assert (config["EMAIL_HOST"], config["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (config["EMAIL_HOST_PASSWORD"], config["EMAIL_USE_TLS"]) == ("p@ss", True)


@pytest.mark.parametrize(
    ("variable", "value", "call"),
    [
        ("ELASTICSEARCH_URL", "search.example.org:9200", env.elasticsearch_url),
        ("STORAGE_URL", "s3://host", lambda: env.storages_config(Path())),
        ("STORAGE_URL", "ftp://host/bucket", lambda: env.storages_config(Path())),
        ("EMAIL_URL", "mail.example.org", lambda: env.email_config(Path())),
        ("EMAIL_URL", "smtp://", lambda: env.email_config(Path())),
        ("EMAIL_FROM", "nobody", env.from_email),
        ("CLAMD_URL", "localhost:3310", env.clamd_url),
        ("PORT", "http", env.port),
        ("PORT", "70000", env.port),
        ("SITE_URL", "example.org", env.site_url),
        ("SITE_URL", "https://example.org/town", env.site_url),
        ("ALLOWED_HOSTS", "https://example.org", env.allowed_hosts),
        ("SEAL_PKCS12", "/no/such/file", env.keyring_config),
        ("SECRET_KEY_FILE", "/no/such/file", env.secret_key),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_an_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, call: object
) -> None:
    monkeypatch.setenv(variable, value)
    assert callable(call)
    with pytest.raises(ImproperlyConfigured, match=rf"^{variable} .*Example: {variable}="):
        call()


def test_the_signing_key_is_made_once_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path / "var")
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(env.secret_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(found[0]) >= 50
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_production_makes_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE or SECRET_KEY must be set"):
        env.secret_key()
    assert not env.keyring_config()["demo_allowed"]


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    with pytest.raises(ImproperlyConfigured, match="shorter than 40"):
        env.secret_key()


def test_the_site_answers_to_its_address_and_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://e-urzad.example.org/")
    assert env.site_url() == "https://e-urzad.example.org"
    assert set(env.allowed_hosts()) == {"e-urzad.example.org", "localhost", "127.0.0.1", "[::1]"}
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example.org, b.example.org")
    assert env.allowed_hosts() == ["a.example.org", "b.example.org"]


def test_proxies_in_front_are_believed_only_when_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.trusted_proxies(0) == 0
    monkeypatch.setenv("TRUSTED_PROXIES", "2")
    assert env.trusted_proxies(1) == 2
    monkeypatch.setenv("TRUSTED_PROXIES", "all")
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        env.trusted_proxies(1)


def test_pages_are_kept_as_long_as_the_operator_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.page_cache_seconds(30) == 30
    monkeypatch.setenv("PAGE_CACHE_SECONDS", "0")
    assert env.page_cache_seconds(30) == 0
    for bad in ("soon", "-1", "99999"):
        monkeypatch.setenv("PAGE_CACHE_SECONDS", bad)
        with pytest.raises(ImproperlyConfigured, match="PAGE_CACHE_SECONDS"):
            env.page_cache_seconds(30)


def test_checkpoints_go_below_the_data_unless_a_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert env.checkpoint_dir(tmp_path) == tmp_path / "checkpoints"
    monkeypatch.setenv("CHECKPOINT_DIR", "/mnt/proofs/obieg")
    assert env.checkpoint_dir(tmp_path) == Path("/mnt/proofs/obieg")
    (tmp_path / "file").write_text("")
    for bad in ("proofs", str(tmp_path / "file")):
        monkeypatch.setenv("CHECKPOINT_DIR", bad)
        with pytest.raises(ImproperlyConfigured, match=r"CHECKPOINT_DIR .* Example: CHECKPOINT_DIR=/"):
            env.checkpoint_dir(tmp_path)


def test_who_reads_the_metrics_is_named_exactly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (env.metrics_token(), env.metrics_networks()) == ("", [])
    monkeypatch.setenv("METRICS_NETWORKS", "10.20.0.0/24, fd00:20::/64")
    assert env.metrics_networks() == ["10.20.0.0/24", "fd00:20::/64"]
    monkeypatch.setenv("METRICS_NETWORKS", "10.20.0.5/24")
    with pytest.raises(ImproperlyConfigured, match="METRICS_NETWORKS holds no network"):
        env.metrics_networks()
    (tmp_path / "token").write_text("a-token-of-the-monitoring\n")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "token"))
    assert env.metrics_token() == "a-token-of-the-monitoring"
    monkeypatch.setenv("METRICS_TOKEN", "short")
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN is shorter"):
        env.metrics_token()


def test_webhooks_call_no_network_of_our_own_that_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.webhook_networks() == []
    monkeypatch.setenv("WEBHOOK_NETWORKS", "10.20.0.0/16, 127.0.0.1/32")
    assert env.webhook_networks() == ["10.20.0.0/16", "127.0.0.1/32"]
    monkeypatch.setenv("WEBHOOK_NETWORKS", "intranet")
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_NETWORKS holds no network"):
        env.webhook_networks()
