"""What the earlier sets of a check would have saved, so that later rows can refer to it.

What a set that is only checked saves is gone when the next one begins. So each record of the form is
remembered by what it is called, with the place of its row, and saved again in the transaction of the set
that refers to it. Names are short hashes in memory and in a file beside the rows, for the job that goes on.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from forms.compiled import Form
from forms.imports.candidates import Candidate, RowReader
from forms.imports.mapping import Column
from forms.imports.staged_rows import rows_from
from forms.imports.waves import naming_keys, texts_of
from forms.uniques import normal

_ENTRY = struct.Struct("<QQ")
ENOUGH = 2
"""Records of one name: a second one makes a reference to them ambiguous, however many follow."""


class Earlier:
    """Hash of a field and its value -> the offsets of the rows at which records with it begin."""

    def __init__(
        self, path: Path, form: Form, columns: Sequence[Column], by: Mapping[str, str], *, until: int
    ) -> None:
        """Read what was kept of the rows before the offset `until`; later ones come again."""
        self._path, self._columns = path, columns
        self._keys = {each.name: naming_keys(form, each, by) for each in columns}
        self._all = dict.fromkeys(key for keys in self._keys.values() for key in keys)
        self._known: dict[int, list[int]] = {}
        self._fresh: list[tuple[int, int]] = []
        kept = path.read_bytes() if path.exists() else b""
        for name, offset in _ENTRY.iter_unpack(kept[: len(kept) - len(kept) % _ENTRY.size]):
            if offset < until:
                self._note(name, offset)

    def _note(self, name: int, offset: int) -> bool:
        known = self._known.setdefault(name, [])
        if len(known) >= ENOUGH or offset in known:
            return False
        known.append(offset)
        return True

    def note(self, candidate: Candidate, offset: int) -> None:
        """Remember a record that a set would have saved; its first row begins at `offset`."""
        for key in self._all:
            value = candidate.data.get(key)
            if value is not None and self._note(name := _hashed(key, value), offset):
                self._fresh.append((name, offset))

    def keep(self) -> None:
        """Write what came since."""
        with self._path.open("ab") as file:
            file.write(b"".join(_ENTRY.pack(*entry) for entry in self._fresh))
        self._fresh.clear()

    def needed(
        self, found: Sequence[Candidate], reader: RowReader, rows: Path, *, most: int
    ) -> list[Candidate]:
        """The records of earlier sets that these refer to, and those that they refer to in turn; no more than
        `most`.
        """
        offsets, made, layer = set[int](), list[Candidate](), list(found)
        while layer:
            further = sorted({each for one in layer for each in self._referred(one)} - offsets)
            further = further[: most - len(offsets)]
            offsets.update(further)
            layer = [_read(reader, rows, each) for each in further]
            made += layer
        return made

    def _referred(self, candidate: Candidate) -> Iterator[int]:
        for column in self._columns:
            for text in {each for both in texts_of(candidate, column) for each in both}:
                for key in self._keys[column.name]:
                    yield from self._known.get(_hashed(key, text), ())


def _hashed(key: str, value: object) -> int:
    digest = hashlib.blake2b(f"{key}\x1f{normal(value)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _read(reader: RowReader, path: Path, offset: int) -> Candidate:
    """The record whose rows begin at this place of the staged file."""
    with closing(rows_from(path, offset)) as rows:
        return reader.candidate(next(reader.groups(row for _, row in rows)))
