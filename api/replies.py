"""Answers kept under an Idempotency-Key, written by the transaction that earns them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import orjson

from api.answers import dumps
from api.problems import BadRequest, KeyReused
from engine.sealing.ring import key_of
from engine.storage.replies import claim, kept, settle
from engine.storage.unit_of_work import UnitOfWork

T = TypeVar("T")
LONGEST_KEY = 200
PLACE = "ff_idempotency.body"


def once(work: UnitOfWork, key: str, digest: str, function: Callable[[UnitOfWork], T]) -> T:
    """The answer of `function`, or the one kept under `key`. Raises KeyReused, BadRequest.

    Two requests with the same key at the same moment: the second waits for the first one's commit.
    """
    if not key.strip():
        raise BadRequest({"zh": "Idempotency-Key 为空。", "en": "The Idempotency-Key is empty."})
    if len(key) > LONGEST_KEY:
        raise BadRequest({"zh": "Idempotency-Key 过长。", "en": "The Idempotency-Key is too long."})
    if claim(work, key, digest):
        value = function(work)
        settle(work, key, _closed(work, dumps(value).decode()))
        return value
    request, body = kept(work, key)
    if request != digest:
        raise KeyReused()
    return cast("T", orjson.loads(_opened(work, body)))


def _closed(work: UnitOfWork, body: str) -> str:
    """The answer as it rests in the store: sealed where fields are encrypted, for it may hold their values."""
    ring = work.runtime.ring
    return ring.seal(body, PLACE) if ring.in_use else body


def _opened(work: UnitOfWork, body: str) -> str:
    return body if key_of(body) is None else work.runtime.ring.unseal(body, PLACE)
