"""Where parts of composed documents are written, while they are being composed."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.definitions.pointers import Path


@dataclass(slots=True)
class Origins:
    """Path in the composed documents -> path where that part is written, for what stands elsewhere."""

    places: dict[Path, Path] = field(default_factory=dict)

    def written(self, path: Path) -> Path:
        """Where the part at `path` is written."""
        for size in range(len(path), 1, -1):
            origin = self.places.get(path[:size])
            if origin is not None:
                return (*origin, *path[size:])
        return path

    def put(self, path: Path, written: Path) -> None:
        """The part at `path` is written there."""
        self.places[path] = written

    def insert(self, around: Path, at: int, size: int, written: Path) -> None:
        """A member comes to stand at `at` in the list `around`, which has `size` members: those behind move on."""
        behind = {(*around, index + 1): self.written((*around, index)) for index in range(at, size)}
        depth = len(around)
        deeper = {
            (*around, int(path[depth]) + 1, *path[depth + 1 :]): self.places.pop(path)
            for path in list(self.places)
            if path[:depth] == around and len(path) > depth and int(path[depth]) >= at
        }
        self.places |= behind | deeper
        self.put((*around, at), written)
