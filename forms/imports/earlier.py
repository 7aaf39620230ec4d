"""What the earlier sets of a check would have saved, so that later rows can refer to it.

What a set that is only checked saves is gone when the next one begins. So each record of the form is
remembered by what it is called, with the place of its row, and saved again in the transaction of the set
that refers to it. Names are short hashes in memory and in a file beside the rows, for the job that goes on.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from forms.compiled import Form
from forms.imports.candidates import Candidate, RowReader
from forms.imports.mapping import Column
from forms.imports.staged_rows import rows_from
from forms.imports.waves import naming_keys, texts_of, waves
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
        self._path, self._form, self._columns, self._by = path, form, columns, by
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

    def parts(
        self,
        found: Sequence[Candidate],
        starts: Sequence[int],
        reader: RowReader,
        rows: Path,
        *,
        most: int,
    ) -> Iterator[tuple[list[Candidate], list[Candidate]]]:
        """A set, whose records begin at `starts`, in parts, each with the records that it refers to, of this set and
        of earlier ones, and those that these refer to in turn. A part refers to no more than `most`, unless one
        record alone does; what the last of them refer to is left out of them, where that would be more. The errors
        of a part are known before the next one is asked for.
        """
        beside, everything = self._beside(found, starts), set(starts)
        if len(self._all_referred(found, beside) - everything) <= most:
            yield list(found), self._needed(found, everything, beside, reader, rows, most)
            return
        places = dict(zip(map(id, found), starts, strict=True))
        ordered = [each for wave in waves(self._form, self._columns, self._by, found) for each in wave]
        while ordered:
            part, own, direct = list[Candidate](), set[int](), set[int]()
            for candidate in ordered:
                further = self._all_referred([candidate], beside) - own
                if part and len(direct | further) > most:
                    break
                part.append(candidate)
                own.add(places[id(candidate)])
                direct |= further
            yield part, self._needed(part, own, beside, reader, rows, most)
            failed = {places[id(each)] for each in part if each.errors}
            beside = {name: [each for each in known if each not in failed] for name, known in beside.items()}
            ordered = ordered[len(part) :]

    def _beside(self, found: Sequence[Candidate], starts: Sequence[int]) -> dict[int, list[int]]:
        """Where the records of a set begin, by what they are called."""
        beside: dict[int, list[int]] = {}
        for candidate, start in zip(found, starts, strict=True):
            for key in self._all:
                value = candidate.data.get(key)
                if value is not None and len(known := beside.setdefault(_hashed(key, value), [])) < ENOUGH:
                    known.append(start)
        return beside

    def _needed(
        self,
        part: Sequence[Candidate],
        own: set[int],
        beside: Mapping[int, list[int]],
        reader: RowReader,
        rows: Path,
        most: int,
    ) -> list[Candidate]:
        offsets, made, layer = set[int](), list[Candidate](), list(part)
        while layer:
            further = self._all_referred(layer, beside) - offsets - own
            if made and len(offsets) + len(further) > most:
                for one in layer:
                    if own.isdisjoint(self._referred(one, beside)):  # else it waits for the part in vain
                        self._end(one)
                break
            offsets |= further
            layer = [_read(reader, rows, each) for each in sorted(further)]
            made += layer
        return made

    def _end(self, candidate: Candidate) -> None:
        """Let a record refer to no other one of its form."""
        for column in self._columns:
            bodies = [candidate.data] if column.child is None else candidate.data.get(column.child, ())
            for body in bodies:
                body.pop(column.field.key, None)

    def _all_referred(self, found: Iterable[Candidate], beside: Mapping[int, list[int]]) -> set[int]:
        return {each for one in found for each in self._referred(one, beside)}

    def _referred(self, candidate: Candidate, beside: Mapping[int, list[int]]) -> Iterator[int]:
        for column in self._columns:
            for text in {each for both in texts_of(candidate, column) for each in both}:
                for key in self._keys[column.name]:
                    name = _hashed(key, text)
                    yield from self._known.get(name, ())
                    yield from beside.get(name, ())


def _hashed(key: str, value: object) -> int:
    digest = hashlib.blake2b(f"{key}\x1f{normal(value)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _read(reader: RowReader, path: Path, offset: int) -> Candidate:
    """The record whose rows begin at this place of the staged file."""
    with closing(rows_from(path, offset)) as rows:
        return reader.candidate(next(reader.groups(row for _, row in rows)))
