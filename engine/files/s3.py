"""Files in a bucket of S3 or of a store that speaks like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from engine.files.store import BLOCK, Blob, BlobMissing, FileStore, checked_key

CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"max_attempts": 4, "mode": "standard"},
    # stores that only resemble S3 know no trailing checksums
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
MISSING = {"404", "NoSuchKey", "NotFound", "412", "PreconditionFailed"}
MANY = 1000


class S3Store(FileStore):
    """Blobs as objects below `prefix` of a bucket. Without `key_id` the machine's own credentials count."""

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str = "",
        region: str = "",
        key_id: str = "",
        key: str = "",
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region or None,
            aws_access_key_id=key_id or None,
            aws_secret_access_key=key or None,
            config=CONFIG,
        )

    def put(self, key: str, path: Path) -> None:
        self._client.upload_file(str(path), self._bucket, self._name(key))
        path.unlink()

    @contextmanager
    def open(self, key: str) -> Iterator[Blob]:
        name = self._name(key)
        with _missing():
            head = self._client.head_object(Bucket=self._bucket, Key=name)
        yield S3Blob(self._client, self._bucket, name, head["ContentLength"], head["ETag"])

    def sizes(self, prefix: str) -> Mapping[str, int]:
        pages = self._client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._bucket, Prefix=self._name(prefix) + "/")
        return {
            each["Key"].removeprefix(self._prefix): each["Size"]
            for page in found
            for each in page.get("Contents", ())
        }

    def remove(self, keys: Iterable[str]) -> None:
        names = [{"Key": self._name(key)} for key in keys]
        for start in range(0, len(names), MANY):
            batch = {"Objects": names[start : start + MANY], "Quiet": True}
            failed = self._client.delete_objects(Bucket=self._bucket, Delete=batch).get("Errors")
            if failed:
                raise OSError(f"{len(failed)} objects were not removed, the first one: {failed[0]}")

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)


class S3Blob(Blob):
    """One object as it was when it was opened."""

    def __init__(self, client: Any, bucket: str, name: str, size: int, tag: str) -> None:
        self.size = size
        self._client = client
        self._object = {"Bucket": bucket, "Key": name, "IfMatch": tag}

    def read(self, start: int, length: int) -> Iterator[bytes]:
        if length == 0:
            return
        with _missing():
            answer = self._client.get_object(**self._object, Range=f"bytes={start}-{start + length - 1}")
        body = answer["Body"]
        try:
            yield from body.iter_chunks(BLOCK)
        finally:
            body.close()


@contextmanager
def _missing() -> Iterator[None]:
    try:
        yield
    except ClientError as failure:
        if failure.response.get("Error", {}).get("Code") in MISSING:
            raise BlobMissing() from failure
        raise
