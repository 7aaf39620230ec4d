"""The seals of the log: what a row, a block and the chain of blocks hash to. Pure functions.

A row's digest covers its header and a salted digest of its values, so that the values can be erased and
the digest stays. It does not cover the row's place: the block does, by the order of digests, and a row that
was moved is recognised at its new place. All digests are BLAKE2b.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from engine.changes.streams import Entry

SIZE = 32
SALT = 16
TAG = 8
START = "0" * (2 * SIZE)
"""What the first block names as the hash before it."""


def salt_of(block_salt: bytes, identifier: int) -> bytes:
    """The salt of the row with this id, in a block whose salt is still there."""
    return blake2b(identifier.to_bytes(8, "big"), key=block_salt, digest_size=SALT).digest()


def values_digest(body: str, salt: bytes) -> bytes:
    """The digest of a row's values. Nobody without the salt can try values against it."""
    return blake2b(body.encode(), key=salt, digest_size=SIZE).digest()


def entry_digest(entry: Entry, values: bytes) -> bytes:
    """The digest of a row: its id and header as JSON, then the digest of its values."""
    return blake2b(orjson.dumps((entry.id, *entry.values)) + values, digest_size=SIZE).digest()


def tags(digests: Sequence[bytes]) -> bytes:
    """The first bytes of each digest, in order: with them the row that differs can be named."""
    return b"".join(digest[:TAG] for digest in digests)


def rows_digest(digests: Sequence[bytes]) -> str:
    """The digest of the rows of a block."""
    return blake2b(b"".join(digests), digest_size=SIZE).hexdigest()


def block_hash(told: Mapping[str, Any], tag_bytes: bytes, before: str) -> str:
    """The hash of a block: what is `told` of it, its tags, and the hash of the block before."""
    text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    return blake2b(text + tag_bytes + before.encode(), digest_size=SIZE).hexdigest()
