"""Which unique values the file has held so far, so that the second row with one learns of the first.

Keys are short hashes in memory and in a file beside the rows, for the job that goes on.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forms.uniques import normal

_ENTRY = struct.Struct("<QI")


class SeenKeys:
    """Hash of a constraint and its values -> the first row with it."""

    def __init__(self, path: Path, *, until: int) -> None:
        """Read what was kept of the rows up to `until`; later ones come again."""
        self._path = path
        kept = path.read_bytes() if path.exists() else b""
        whole = len(kept) - len(kept) % _ENTRY.size
        self._first: dict[int, int] = {
            key: row for key, row in _ENTRY.iter_unpack(kept[:whole]) if row <= until
        }
        self._fresh: list[tuple[int, int]] = []

    def first_of(self, constraint: str, values: Sequence[Any], row: int) -> int:
        """The first row with these values, which are compared as unique ones are; `row` when all are empty."""
        if all(value is None for value in values):
            return row
        text = "\x1f".join("\x00" if value is None else normal(value) for value in values)
        return self.first(constraint, text, row)

    def first(self, constraint: str, value: str, row: int) -> int:
        """The first row with this value: `row` itself when there was none before."""
        digest = hashlib.blake2b(f"{constraint}\x1f{value}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "little")
        known = self._first.setdefault(key, row)
        if known == row:
            self._fresh.append((key, row))
        return known

    def keep(self) -> None:
        """Write what came since."""
        with self._path.open("ab") as file:
            file.write(b"".join(_ENTRY.pack(*entry) for entry in self._fresh))
        self._fresh.clear()
