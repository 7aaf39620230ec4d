"""The same uploads and answers when files lie in a bucket."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from engine.files.opened import store_of
from engine.files.s3 import S3Store
from engine.jobs.worker import Worker
from engine.settings import Settings
from tests.api.test_files import VISITS, saved, stored, uploaded
from tests.engine.files.pictures import exif, picture
from tests.forms.visits import publish_visits

PART = 100_000


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="i", aws_secret_access_key="k"
    )
    client.create_bucket(Bucket="files")
    client.close()
    yield address
    server.stop()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, s3_address: str) -> Settings:
    return Settings(
        home=tmp_path,
        database_url=database_url,
        file_part_size=PART,
        files_bucket="files",
        files_prefix=tmp_path.name.replace("[", "-").replace("]", "-"),
        files_endpoint=s3_address,
        files_region="us-east-1",
        files_key_id="i",
        files_key=SecretStr("k"),
    )


def test_files_go_through_a_bucket(runtime, people, as_user):
    publish_visits(runtime)
    assert isinstance(store_of(runtime), S3Store)
    li = as_user("li")
    content = os.urandom(5 * PART // 2)
    path = li.post("/uploads:begin", {"name": "scan.bin", "size": len(content)}).headers["location"]
    for offset in range(0, len(content), PART):
        part = content[offset : offset + PART]
        assert li.request("PUT", f"{path}/parts", params={"offset": offset}, content=part).status_code == 200
    done = li.post(f"{path}:complete", {"sha256": hashlib.sha256(content).hexdigest()})
    assert done.status_code == 200, done.text
    shot = uploaded(li, picture("JPEG", (300, 200), exif=exif()), "p.jpg", source="camera")["id"]
    visit = saved(li, paper=done.json()["id"], photos=[shot])
    files = f"{VISITS}/{visit['id']}/files"
    assert li.get(f"{files}/{done.json()['id']}").content == content
    middle = li.get(f"{files}/{done.json()['id']}", headers={"range": f"bytes={PART - 5}-{PART + 4}"})
    assert (middle.status_code, middle.content) == (206, content[PART - 5 : PART + 5])
    assert li.get(f"{files}/{shot}", params={"size": "160"}).headers["content-type"] == "image/webp"
    Worker(runtime).run_due()
    assert b"Acme" not in li.get(f"{files}/{shot}").content
    assert sorted(key.partition("/")[0] for key in stored(runtime)) == ["original"] * 3 + ["preview"]
    assert not list((runtime.settings.file_folder() / "incoming").iterdir())
