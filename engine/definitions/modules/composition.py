"""An app's documents as everything reads them, with what modules bring, and where each part is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.modules.schema import MODULE
from engine.definitions.pointers import Path
from engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Composition:
    """`documents` are without the modules themselves. `origins` leads from a part there, as (kind, key, steps…),
    to where it is written; what is not named stands in the document around it. `findings` say which parts of
    modules did not come in, and why. `folders` is folder -> kind.
    """

    documents: Documents
    origins: Mapping[Path, Path] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)

    def written(self, path: Path) -> Path:
        """Where the part at a path of the composed documents is written, in the app or in a module."""
        for size in range(len(path), 1, -1):
            origin = self.origins.get(path[:size])
            if origin is not None:
                return (*origin, *path[size:])
        return path

    def shown(self, written: Path) -> Path | None:
        """Where a part of a module stands in the composed documents; None when it did not come in."""
        found = [
            (*path, *written[len(origin) :])
            for path, origin in sorted(self.origins.items(), key=lambda each: len(each[1]))
            if written[: len(origin)] == origin
        ]
        return found[-1] if found else None

    def own(self, pointer: str) -> str:
        """The pointer to the same part where it is written: `/modules/…` for what a module brings."""
        if not self.origins:
            return pointer
        spot = pointers.spot_of(self.documents, self.folders, pointer)
        if spot is None or spot.kind == "app":
            return pointer
        path = (spot.kind, spot.key, *spot.path)
        written = self.written(path)
        if written == path:
            return pointer
        beyond = pointers.steps_of(pointer)[len(path) :]
        return pointers.pointer_of([self.folder(str(written[0])), *written[1:], *beyond])

    def folder(self, kind: str) -> str:
        """The folder of a kind, as pointers begin."""
        return next(folder for folder, each in self.folders.items() if each == kind)

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, each where what it is about is written."""
        return [replace(each, pointer=self.own(each.pointer)) for each in findings]

    def module(self, kind: str, key: str, *steps: str | int) -> str | None:
        """The module that a part comes from; None for the app's own."""
        written = self.written((kind, key, *steps))
        return str(written[1]) if written[0] == MODULE and kind != MODULE else None

    def as_json(self) -> dict[str, Any]:
        """As designers are answered: the documents, and which part of them comes from which module."""
        parts = [
            {"pointer": pointer, "module": pointers.steps_of(written)[1], "written": written}
            for pointer, written in self.brought()
        ]
        return {"documents": self.documents, "parts": parts}

    def brought(self) -> Iterator[tuple[str, str]]:
        """(pointer by key in the composed documents, pointer in the module) of what modules bring: documents
        and the outermost parts that were put into others.
        """
        for path, written in sorted(self.origins.items(), key=lambda each: tuple(map(str, each[0]))):
            inside = len(path) > 2 and self.written(path[:-1])[:2] == written[:2]
            if written[0] != MODULE or inside:
                continue
            pointer = pointers.pointer_of([self.folder(str(path[0])), *path[1:]])
            shown = pointers.named_pointer(self.documents, self.folders, pointer)
            yield shown, pointers.pointer_of([self.folder(MODULE), *written[1:]])
