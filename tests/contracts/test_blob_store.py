"""What every store of record files promises. One suite, run against a folder and against S3-type storage."""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from documents import files, integrity
from documents import store as stores
from documents.integrity import Fault, Progress
from documents.store import BlobStore, Folder, Remote
from journal.errors import NotFound, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def storage_address() -> Iterator[str]:
    """A server on loopback that speaks S3."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "remote"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[BlobStore]:
    settings.BLOB_DIR = tmp_path / "blobs"
    if request.param == "remote":
        options = {"bucket_name": f"akta-{tmp_path.name}".replace("_", "-").lower()[:60], "location": "records",
                   "endpoint_url": request.getfixturevalue("storage_address"), "access_key": "k", "secret_key": "s",
                   "region_name": "us-east-1", "default_acl": None}  # fmt: skip
        settings.STORAGES = settings.STORAGES | {
            "records": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        }
    found = stores.current()
    if isinstance(found, Remote):
        found.storage.connection.create_bucket(Bucket=found.storage.bucket_name)
    assert isinstance(found, Remote if request.param == "remote" else Folder)
    yield found


def keep(store: BlobStore, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    temporary = stores.temporary_folder() / f"in-{sha256[:8]}"
    temporary.write_bytes(content)
    store.put(str(temporary), sha256)
    temporary.unlink(missing_ok=True)
    return sha256


def damage(store: BlobStore, sha256: str, content: bytes) -> None:
    if isinstance(store, Folder):
        store.path(sha256).chmod(0o600)
        store.path(sha256).write_bytes(content)
    else:
        assert isinstance(store, Remote)
        store._object(sha256).put(Body=content)


def test_what_was_put_is_there_and_nothing_else(store: BlobStore) -> None:
    sha256 = keep(store, b"pismo")
    assert store.has(sha256) and not store.has("0" * 64)
    assert b"".join(store.chunks(sha256)) == b"pismo"
    with pytest.raises(FileNotFoundError):
        store.chunks("0" * 64)


def test_an_empty_file_and_one_of_many_pieces_come_back_whole(store: BlobStore) -> None:
    for content in (b"", bytes(range(256)) * 4100):
        assert b"".join(store.chunks(keep(store, content))) == content


@given(start=st.integers(0, 40), length=st.none() | st.integers(0, 60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_part_is_what_a_slice_would_be(store: BlobStore, start: int, length: int | None) -> None:
    content = b"Postanawiam dopuscic dowod z dokumentow.."
    sha256 = keep(store, content)
    assert b"".join(store.chunks(sha256, start, length)) == content[start:][:length]


def test_a_child_process_gets_a_file_of_this_machine(store: BlobStore) -> None:
    sha256 = keep(store, b"skan")
    with store.local(sha256) as path:
        assert path.read_bytes() == b"skan"
    if isinstance(store, Remote):
        assert not path.exists()
    with pytest.raises(FileNotFoundError), store.local("1" * 64):
        pass


def test_the_same_bytes_are_kept_once_and_damaged_ones_are_replaced(store: BlobStore) -> None:
    sha256 = keep(store, b"wazne")
    damage(store, sha256, b"wazNe")
    assert keep(store, b"wazne") == sha256
    assert b"".join(store.chunks(sha256)) == b"wazne"
    assert [each.name for each in store.entries(sha256[:2])] == [sha256]


def test_files_are_kept_read_and_checked_by_digest(store: BlobStore) -> None:
    blob, other = files.store(b"decyzja"), files.store(b"odwolanie")
    assert files.read_blob(blob) == b"decyzja"
    damage(store, other.pk, b"odwolanIe")
    with pytest.raises(OSError):
        files.read_blob(other)
    with pytest.raises(NotFound), files.local("2" * 64):
        pass
    found = list(integrity.check(Progress()))[-1]
    assert found.files == 2 and [(each.fault, each.name) for each in found.findings] == [(Fault.CHANGED, other.pk)]


def test_a_damaged_file_never_reaches_a_child_from_afar(store: BlobStore) -> None:
    sha256 = keep(store, b"podpisane")
    damage(store, sha256, b"podmienione")
    if isinstance(store, Remote):
        with pytest.raises(OSError), store.local(sha256):
            pass
        assert not list(stores.temporary_folder().iterdir())


def test_a_storage_that_does_not_answer_refuses_and_keeps_nothing_half_done(
    settings: Any, tmp_path: Path, unused_port: int
) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"
    options = {"bucket_name": "akta", "location": "records", "endpoint_url": f"http://127.0.0.1:{unused_port}",
               "access_key": "k", "secret_key": "s", "region_name": "us-east-1"}  # fmt: skip
    settings.STORAGES = settings.STORAGES | {
        "records": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    with pytest.raises(Refused):
        files.store(b"pismo")
    assert not files.Blob.objects.exists() and not list(stores.temporary_folder().iterdir())


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
