"""The folder and the bucket keep the same promises."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from engine.files.disk import DiskStore
from engine.files.opened import open_store
from engine.files.s3 import S3Store
from engine.files.store import BLOCK, BlobMissing, FileStore, checked_key
from engine.settings import Settings

BUCKET = "fourfold-files"


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_address: str) -> S3Store:
    store = S3Store(
        BUCKET, prefix="/installation/", endpoint=s3_address, region="us-east-1", key_id="id", key="key"
    )
    store._client.create_bucket(Bucket=BUCKET)
    return store


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path) -> FileStore:
    if request.param == "disk":
        return DiskStore(tmp_path / "files")
    made = request.getfixturevalue("bucket")
    made.remove([key for prefix in ("original", "part") for key in made.sizes(prefix)])
    return made


@pytest.fixture
def put(store, tmp_path):
    def put(key: str, data: bytes) -> None:
        path = tmp_path / "incoming"
        path.write_bytes(data)
        store.put(key, path)
        assert not path.exists()

    return put


def content(store: FileStore, key: str, start: int = 0, length: int | None = None) -> bytes:
    with store.open(key) as blob:
        return b"".join(blob.read(start, blob.size - start if length is None else length))


def test_what_is_put_is_read(store, put):
    data = os.urandom(3 * BLOCK + 17)
    put("original/2026/03/02/x", data)
    assert content(store, "original/2026/03/02/x") == data
    assert content(store, "original/2026/03/02/x", BLOCK - 3, 10) == data[BLOCK - 3 : BLOCK + 7]
    assert content(store, "original/2026/03/02/x", 5, 0) == b""


def test_blocks_are_small_however_large_the_content(store, put):
    put("original/x", bytes(5 * BLOCK))
    with store.open("original/x") as blob:
        assert max(len(block) for block in blob.read(0, blob.size)) <= BLOCK


def test_putting_again_replaces(store, put):
    put("part/x/000000", b"first")
    put("part/x/000000", b"second one")
    assert content(store, "part/x/000000") == b"second one"
    assert store.sizes("part/x") == {"part/x/000000": 10}


def test_sizes_are_those_below_the_prefix(store, put):
    put("part/x/000000", b"12")
    put("part/x/000001", b"1")
    put("part/xy/000000", b"123")
    assert store.sizes("part/x") == {"part/x/000000": 2, "part/x/000001": 1}
    assert store.sizes("part/none") == {}


def test_what_is_removed_is_missing(store, put):
    put("original/x", b"1")
    put("part/x/000000", b"1")
    store.remove(["original/x", "part/x/000000", "original/never-there"])
    with pytest.raises(BlobMissing), store.open("original/x"):
        pass
    assert store.sizes("part") == {}


def test_what_is_open_is_not_mixed_with_what_replaces_it(store, put):
    put("original/x", b"a" * (2 * BLOCK))
    with store.open("original/x") as blob:
        blocks = blob.read(0, blob.size)
        first = next(blocks)
        put("original/x", b"b" * (2 * BLOCK))
        assert set(first + b"".join(blocks)) == {ord("a")}


def test_several_threads_read_at_once(store, put):
    put("original/x", os.urandom(BLOCK))
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(content(store, "original/x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".x", "A", "a b", "a\n", "a\0"]
)
def test_no_key_leads_out_of_the_store(store, key, tmp_path):
    path = tmp_path / "incoming"
    path.write_bytes(b"x")
    with pytest.raises(ValueError, match="not a key"):
        store.put(key, path)
    with pytest.raises(ValueError, match="not a key"):
        checked_key(key)


def test_a_setting_chooses_the_bucket(s3_address, tmp_path):
    assert isinstance(open_store(Settings(home=tmp_path)), DiskStore)
    settings = Settings(
        home=tmp_path,
        files_bucket="b",
        files_endpoint=s3_address,
        files_region="us-east-1",
        files_key_id="id",
        files_key=SecretStr("key"),
    )
    chosen = open_store(settings)
    assert isinstance(chosen, S3Store)
    chosen.close()


def test_a_blob_is_not_there_before_it_is_whole(tmp_path, monkeypatch):
    """The name appears only once the bytes are synced."""
    store = DiskStore(tmp_path / "files")
    path = tmp_path / "incoming"
    path.write_bytes(b"x")

    def power_cut(_descriptor: int) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(OSError, match="power cut"):
        store.put("original/x", path)
    assert store.sizes("original") == {}
