"""What Obieg reads from its environment, typed, and wrong values refused with an example.

========================  =====================================================================
``DATABASE_URL``          a PostgreSQL of your own; unset: the embedded one, data under ``VAR``
``ELASTICSEARCH_URL``     one or more nodes, separated by commas; unset: search in PostgreSQL
``STORAGE_URL``           S3-type storage for files; unset: a folder under ``VAR``
``X_ACCEL_RECORDS``       internal location of the web server in front that sends record files, e.g. ``/_records/``
``EMAIL_URL``             the mail server; unset: messages are written to ``VAR/mail``
``SMS_URL``               who sends text messages; unset: files in ``VAR/sms``, in production nobody
``CLAMD_URL``             the virus scanner; unset: files are marked as unscanned
``CHECK_OUTSIDE_LINKS``   ``1``: the weekly look at links may ask other sites; unset: it does not
``EMAIL_FROM``            the sender of the site's messages
``SECRET_KEY[_FILE]``     the signing key; unset outside production: made once under ``VAR``
``SEAL_PKCS12[_PASSWORD_FILE]``  the seal's key; unset outside production: a demo CA under ``VAR/keys``
``CHECKPOINT_DIR``        where signed checkpoints are copied, best on another machine; unset: ``VAR/checkpoints``
``METRICS_TOKEN[_FILE]``, ``METRICS_NETWORKS``  who may read ``/metrics``: a bearer token, networks; unset: nobody
``WEBHOOK_NETWORKS``      networks of our own whose machines webhooks may call, e.g. ``10.20.0.0/16``; unset: none
``PAGE_CACHE_SECONDS``    how long a finished page of the portal is kept; unset: 30, ``0``: never
``VAR``, ``PORT``         the data folder (``var/`` of the checkout) and the web port (8000)
``SITE_URL``              the public address; unset: ``http://localhost:PORT``
``ALLOWED_HOSTS``         host names the site answers to; unset: that of ``SITE_URL`` and this machine
========================  =====================================================================

Reading starts nothing and, apart from :func:`secret_key` and :func:`upload_temp_dir`, writes nothing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import embedded_pg

ROOT = Path(__file__).resolve().parents[2]
SITE_DIR = ROOT / "site"

env = environ.Env()


def _var_dir() -> Path:
    """The data folder; tests have one of their own inside, so that they never meet real data."""
    var = Path(os.environ.get("VAR") or ROOT / "var").expanduser().absolute()
    return var / "test" if _settings() == "test" else var


def _settings() -> str:
    """Which settings are in use: ``dev``, ``test`` or ``production``."""
    return os.environ.get("DJANGO_SETTINGS_MODULE", "").rpartition(".")[2]


VAR_DIR = _var_dir()


def wrong(variable: str, why: str, example: str) -> ImproperlyConfigured:
    """The error for a variable: its name, what is wrong, one right value."""
    return ImproperlyConfigured(f"{variable} {why}. Example: {variable}={example}")


def database_config() -> dict[str, Any]:
    """Django's DATABASES entry: the server of ``DATABASE_URL``, else the embedded one (not started here)."""
    return _database(os.environ.get("DATABASE_URL") or embedded_pg.database_url(VAR_DIR))


def _database(url: str) -> dict[str, Any]:
    example = "postgresql://obieg:password@db.example.org:5432/obieg"
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise wrong("DATABASE_URL", "must name a PostgreSQL server", example)
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url))  # libpq's own reading of the address
    except ProgrammingError as error:
        raise wrong("DATABASE_URL", f"cannot be read: {str(error).strip()}", example) from error
    if not all(port.isdigit() or not port for port in str(parts.get("port", "")).split(",")):
        raise wrong("DATABASE_URL", f"holds a port that is no number: {parts['port']}", example)
    name = parts.pop("dbname", None)
    if not name:
        raise wrong("DATABASE_URL", "names no database after the last slash", example)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": parts,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": os.environ.get("TEST_DB") or None},
    }


def is_embedded() -> bool:
    """Whether the database is the embedded one."""
    return not os.environ.get("DATABASE_URL")


def elasticsearch_url() -> str:
    """The Elasticsearch nodes, separated by commas; empty when search stays in PostgreSQL."""
    urls = [url.strip() for url in os.environ.get("ELASTICSEARCH_URL", "").split(",") if url.strip()]
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise wrong(
                "ELASTICSEARCH_URL",
                "must hold http or https addresses",
                "https://user:password@search.example.org:9200",
            )
    return ",".join(urls)


def elasticsearch_index() -> str:
    """The name before which every index of this installation stands, so that several may share one cluster."""
    name = os.environ.get("ELASTICSEARCH_INDEX", "obieg")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise wrong("ELASTICSEARCH_INDEX", "must hold small letters, digits and _ only", "obieg")
    return name


def storages_config(var: Path) -> dict[str, dict[str, Any]]:
    """Django's STORAGES: uploads in ``STORAGE_URL`` or under ``var``, static files served by ourselves.

    ``s3://KEY:SECRET@HOST[:PORT]/BUCKET[?region=NAME]``; without KEY the machine's own role is used,
    without HOST the storage of AWS. ``s3+http://`` speaks to HOST without TLS.
    """
    url = os.environ.get("STORAGE_URL", "")
    static = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _settings() == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    )
    if url:  # the library and media below media/, record files below records/, archives of people's data below exports/
        return {"default": _s3(url, "media"), "records": _s3(url, "records"), "exports": _s3(url, "exports"),
                "staticfiles": {"BACKEND": static}}  # fmt: skip
    plain = "django.core.files.storage.FileSystemStorage"
    folder = {"location": str(var / "media")}
    private = {"location": str(var / "exports"), "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {"default": {"BACKEND": plain, "OPTIONS": folder}, "exports": {"BACKEND": plain, "OPTIONS": private},
            "staticfiles": {"BACKEND": static}}  # fmt: skip


def x_accel_records() -> str:
    """The internal location by which the web server in front sends record files of the folder; empty: we send them."""
    prefix = os.environ.get("X_ACCEL_RECORDS", "")
    if prefix and not re.fullmatch(r"/[a-z0-9_-]+/", prefix):
        raise wrong("X_ACCEL_RECORDS", "must be one folder between two slashes", "/_records/")
    if prefix and os.environ.get("STORAGE_URL"):
        raise wrong("X_ACCEL_RECORDS", "serves a folder only; leave it unset beside STORAGE_URL", "")
    return prefix


def _s3(url: str, folder: str) -> dict[str, Any]:
    example = "s3://KEY:SECRET@storage.example.org/obieg?region=eu-central-1"
    parts = urlsplit(url)
    if parts.scheme not in {"s3", "s3+http"}:
        raise wrong("STORAGE_URL", "must begin with s3://", example)
    bucket = parts.path.strip("/")
    if not bucket or "/" in bucket:
        raise wrong("STORAGE_URL", "must end with the name of one bucket", example)
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "location": folder,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": False,
    }
    if parts.username:
        options["access_key"] = unquote(parts.username)
        options["secret_key"] = unquote(parts.password or "")
    if parts.hostname:
        protocol = "http" if parts.scheme == "s3+http" else "https"
        options["endpoint_url"] = f"{protocol}://{parts.netloc.rpartition('@')[2]}"
    region = parse_qs(parts.query).get("region")
    if region:
        options["region_name"] = region[0]
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def upload_temp_dir(var: Path) -> str:
    """Where uploads wait, on the disk of the record files so that a rename moves them; made when missing."""
    folder = var / "tmp"
    with contextlib.suppress(
        OSError, embedded_pg.EmbeddedPostgresError
    ):  # a read-only checkout: commands without a database still work
        embedded_pg.prepare_var(var)
        folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


def email_config(var: Path) -> dict[str, Any]:
    """The EMAIL_* settings of ``EMAIL_URL``; without one, messages become files in ``var/mail``."""
    url = os.environ.get("EMAIL_URL", "")
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(var / "mail"),
        }
    example = "smtp+tls://user:password@mail.example.org:587"
    scheme = urlsplit(url).scheme
    if scheme not in environ.Env.EMAIL_SCHEMES:
        raise wrong("EMAIL_URL", "must begin with smtp://, smtp+tls:// or smtp+ssl://", example)
    settings = dict(environ.Env.email_url_config(url))
    settings.update(settings.pop("OPTIONS", {}))
    if scheme.startswith("smtp") and not settings.get("EMAIL_HOST"):
        raise wrong("EMAIL_URL", "names no server", example)
    settings.setdefault("EMAIL_TIMEOUT", 20)
    return settings


def sms_config() -> dict[str, str]:
    """Who sends text messages: ``smsapi://TOKEN@api.smsapi.pl?from=NAME``; unset: files under ``VAR/sms`` outside
    production, nobody in production."""
    url = os.environ.get("SMS_URL", "")
    if not url:
        return {"provider": "" if _settings() == "production" else "demo"}
    parts = urlsplit(url)
    if parts.scheme not in {"smsapi", "smsapi+http"} or not parts.hostname or not parts.username:
        raise wrong("SMS_URL", "must name a provider and its token", "smsapi://TOKEN@api.smsapi.pl?from=Miasto")
    protocol = "http" if parts.scheme == "smsapi+http" else "https"
    return {"provider": "smsapi", "token": unquote(parts.username), "from": parse_qs(parts.query).get("from", [""])[0],
            "address": f"{protocol}://{parts.netloc.rpartition('@')[2]}"}  # fmt: skip


def from_email() -> str:
    """The sender of the site's messages: ``EMAIL_FROM``, else a no-reply address at the site's host."""
    address = os.environ.get("EMAIL_FROM", "")
    if address and "@" not in address:
        raise wrong("EMAIL_FROM", "must be an e-mail address", "e-urzad@example.org")
    return address or f"no-reply@{urlsplit(site_url()).hostname}"


def clamd_url() -> str:
    """The virus scanner's address (``tcp://HOST:PORT`` or ``unix:///PATH``); empty when there is none."""
    url = os.environ.get("CLAMD_URL", "")
    if url:
        parts = urlsplit(url)
        if not (parts.scheme == "unix" and parts.path) and not (parts.scheme == "tcp" and parts.hostname):
            raise wrong("CLAMD_URL", "must be a tcp:// or unix:// address", "tcp://127.0.0.1:3310")
    return url


def check_outside_links() -> bool:
    """Whether links to other sites may be tried from here."""
    value = os.environ.get("CHECK_OUTSIDE_LINKS", "")
    if value not in ("", "0", "1"):
        raise wrong("CHECK_OUTSIDE_LINKS", "must be 0 or 1", "1")
    return value == "1"


def keyring_config() -> dict[str, Any]:
    """Where the keys of seals are: ``folder`` (demo CA, checkpoints), ``pkcs12`` and ``password_file`` or None.

    ``demo_allowed`` is False in production: there the demo CA must not be used.
    """
    found: dict[str, Any] = {"folder": VAR_DIR / "keys", "demo_allowed": _settings() != "production"}
    for key, variable in (("pkcs12", "SEAL_PKCS12"), ("password_file", "SEAL_PKCS12_PASSWORD_FILE")):
        value = os.environ.get(variable, "")
        if value and not os.access(value, os.R_OK):
            raise wrong(variable, f"names a file that cannot be read: {value}", "/run/secrets/seal.p12")
        found[key] = Path(value) if value else None
    return found


def checkpoint_dir(var: Path) -> Path:
    """``CHECKPOINT_DIR``: an absolute folder for copies of the journal's checkpoints, else one under `var`. A folder
    that is away for a while stops nothing: the copy is made when it is back."""
    value = os.environ.get("CHECKPOINT_DIR", "")
    if value and not Path(value).is_absolute():
        raise wrong("CHECKPOINT_DIR", f"must be an absolute path, not {value!r}", "/mnt/other-machine/obieg")
    if value and Path(value).exists() and not Path(value).is_dir():
        raise wrong("CHECKPOINT_DIR", f"must name a folder, not a file: {value}", "/mnt/other-machine/obieg")
    return Path(value) if value else var / "checkpoints"


def metrics_token() -> str:
    """The bearer token that reads ``/metrics``: ``METRICS_TOKEN``, else what ``METRICS_TOKEN_FILE`` holds; or empty."""
    token = os.environ.get("METRICS_TOKEN", "")
    path = os.environ.get("METRICS_TOKEN_FILE", "")
    if not token and path:
        try:
            token = Path(path).read_text().strip()
        except OSError as error:
            raise wrong("METRICS_TOKEN_FILE", f"cannot be read ({error.strerror})", "/run/secrets/metrics") from error
    if token and len(token) < 20:
        raise ImproperlyConfigured("METRICS_TOKEN is shorter than 20 characters. Make one with: openssl rand -hex 24")
    return token


def metrics_networks() -> list[str]:
    """The networks whose machines read ``/metrics`` without a token, separated by commas."""
    return _networks("METRICS_NETWORKS")


def webhook_networks() -> list[str]:
    """Networks of our own whose machines webhooks may call, separated by commas; unset: none, only the Internet."""
    return _networks("WEBHOOK_NETWORKS")


def _networks(variable: str) -> list[str]:
    networks = [part.strip() for part in os.environ.get(variable, "").split(",") if part.strip()]
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise wrong(variable, f"holds no network: {network!r}", "10.20.0.0/24,fd00:20::/64") from error
    return networks


def port() -> int:
    """The TCP port of the web server."""
    value = _number(os.environ.get("PORT") or 8000, "PORT")
    if not 1 <= value <= 65535:
        raise wrong("PORT", f"must be between 1 and 65535, not {value}", "8000")
    return value


def _number(value: object, variable: str) -> int:
    try:
        return int(str(value or 0))
    except ValueError as error:
        raise wrong(variable, f"must hold a number, not {value!r}", "8000") from error


def page_cache_seconds(usual: int) -> int:
    """How long a finished page of the portal is kept; 0 keeps none. `PAGE_CACHE_SECONDS`, at most an hour."""
    value = os.environ.get("PAGE_CACHE_SECONDS", "")
    seconds = _number(value, "PAGE_CACHE_SECONDS") if value else usual
    if not 0 <= seconds <= 3600:
        raise wrong("PAGE_CACHE_SECONDS", "is not between 0 and 3600", "30")
    return seconds


def trusted_proxies(usual: int) -> int:
    """``TRUSTED_PROXIES``: how many proxies of our own add to X-Forwarded-For before a request arrives (0 to 10)."""
    text = os.environ.get("TRUSTED_PROXIES", "").strip()
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or int(text) > 10:
        raise wrong("TRUSTED_PROXIES", f"{text!r} is no number from 0 to 10", "1")
    return int(text)


def site_url() -> str:
    """The public address, without a slash at its end."""
    url = (os.environ.get("SITE_URL") or f"http://localhost:{port()}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise wrong("SITE_URL", "must be an address without a path", "https://e-urzad.example.org")
    return url


def allowed_hosts() -> list[str]:
    """The host names the site answers to."""
    hosts = [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    for host in hosts:
        if "/" in host or ":" in host.strip("[]") and not host.startswith("["):
            raise wrong("ALLOWED_HOSTS", f"holds host names without protocol and port, not {host!r}",
                        "e-urzad.example.org,www.example.org")  # fmt: skip
    return hosts or sorted({urlsplit(site_url()).hostname or "", "localhost", "127.0.0.1", "[::1]"})


def secret_key() -> str:
    """The signing key: ``SECRET_KEY``, else the content of ``SECRET_KEY_FILE``.

    Outside production a key is made once in ``VAR/secret_key`` (mode 0600).
    """
    example = "/run/secrets/obieg"
    key = os.environ.get("SECRET_KEY", "")
    path = os.environ.get("SECRET_KEY_FILE", "")
    if not key and path:
        try:
            key = Path(path).read_text().strip()
        except OSError as error:
            raise wrong("SECRET_KEY_FILE", f"cannot be read ({error.strerror})", example) from error
    if key:
        if len(key) < 40:
            raise ImproperlyConfigured("SECRET_KEY is shorter than 40 characters. Make one with: openssl rand -hex 32")
        return key
    if _settings() == "production":
        raise wrong("SECRET_KEY_FILE", "or SECRET_KEY must be set in production", example)
    return _generated_key(VAR_DIR / "secret_key")


def _generated_key(path: Path) -> str:
    """Two first starts at once get the same key: the finished file is linked into place, once."""
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"The key file {path} cannot be read ({error.strerror}): run as the account that owns it, "
            "or choose another data folder with VAR=/some/folder."
        ) from error
    try:
        embedded_pg.prepare_var(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key.")  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    except (OSError, embedded_pg.EmbeddedPostgresError) as error:
        raise ImproperlyConfigured(
            f"The data folder {path.parent} cannot be written ({error}): choose one with VAR=/some/folder."
        ) from error
    return path.read_text()
