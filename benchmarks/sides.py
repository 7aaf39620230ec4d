"""The same five requests, as each of the two servers takes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson

from benchmarks.client import http
from benchmarks.deals import STAGES, body, mine, record_id
from benchmarks.stores import APP, FORM

LIMIT = 50
STRIDE = 7_919
"""A prime, so that successive requests touch records far apart and come back late."""
FIRST_QUANTITY = 1_000
BATCH = 100


class Side(ABC):
    """Builds requests; every call asks for another record, stage or value."""

    def __init__(self, token: str, rows: int) -> None:
        self.token = token
        self._mine = mine(rows)
        self._count = 0

    def get(self) -> bytes:
        return self._send("GET", self._address())

    def list(self) -> bytes:
        self._count += 1
        return self._send("GET", self._list_path(STAGES[self._count % len(STAGES)]))

    def update(self) -> bytes:
        """A quantity that the record never had: nothing is saved for nothing."""
        address = self._address()
        return self._send("PATCH", address, orjson.dumps({"quantity": FIRST_QUANTITY + self._count}))

    def create(self) -> bytes:
        self._count += 1
        return self._send("POST", self._form(), orjson.dumps(body(self._count)))

    def batch(self) -> bytes:
        """A hundred new records in one request."""
        self._count += BATCH
        bodies = [body(self._count + number) for number in range(BATCH)]
        return self._send("POST", self._batch_path(), orjson.dumps(self._batch(bodies)))

    def _address(self) -> str:
        self._count += 1
        return f"{self._form()}/{self._record(self._mine[self._count * STRIDE % len(self._mine)])}"

    def _send(self, method: str, path: str, content: bytes = b"") -> bytes:
        return http(method, path, self.token, content)

    @abstractmethod
    def _form(self) -> str: ...

    @abstractmethod
    def _record(self, number: int) -> str: ...

    @abstractmethod
    def _list_path(self, stage: str) -> str: ...

    @abstractmethod
    def _batch_path(self) -> str: ...

    @abstractmethod
    def _batch(self, bodies: Sequence[dict[str, Any]]) -> Any: ...


class Ours(Side):
    """Fourfold's records over REST."""

    def _form(self) -> str:
        return f"/api/v1/apps/{APP}/forms/{FORM}/records"

    def _record(self, number: int) -> str:
        return record_id(number)

    def _list_path(self, stage: str) -> str:
        where = quote(f'stage = "{stage}"')
        return f"{self._form()}?filter={where}&sort=-amount&limit={LIMIT}&count=none"

    def _batch_path(self) -> str:
        return f"{self._form()}:batch"

    def _batch(self, bodies: Sequence[dict[str, Any]]) -> Any:
        return {"items": [{"op": "create", "record": each} for each in bodies]}


class ByHand(Side):
    """The hand-written application."""

    def _form(self) -> str:
        return "/deals"

    def _record(self, number: int) -> str:
        return str(number)

    def _list_path(self, stage: str) -> str:
        return f"/deals?stage={stage}&sort=-amount&limit={LIMIT}"

    def _batch_path(self) -> str:
        return "/deals/batch"

    def _batch(self, bodies: Sequence[dict[str, Any]]) -> Any:
        return bodies
