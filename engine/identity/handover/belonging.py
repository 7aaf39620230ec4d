"""One kind of what people leave behind: records, tasks, departments they lead."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from engine.findings import Text
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Place:
    """Where things of one kind stand: a field of a form, the tasks on a form. `count` of those that are somebody's;
    `moves` False: they are only listed, and `things` says which.
    """

    part: str
    label: Text
    count: int
    app: str | None = None
    form: str | None = None
    field: str | None = None
    moves: bool = True
    things: tuple[str, ...] = ()

    @property
    def address(self) -> tuple[str, str | None, str | None, str | None]:
        """What tells it from others."""
        return (self.part, self.app, self.form, self.field)

    def as_json(self) -> dict[str, Any]:
        """As people see it."""
        said = {**asdict(self), "label": dict(self.label), "things": list(self.things)}
        return {key: value for key, value in said.items() if value is not None}


class Belonging(ABC):
    """One kind. Instances are made for one step of a handover."""

    registry: ClassVar[str] = "belonging"
    type: ClassVar[str]
    rank: ClassVar[int] = 50

    @abstractmethod
    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        """Where something of the user's stands; places without anything are left out."""

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        """Ids of the user's things there, in order, above `after`."""
        return []

    def fits(self, work: UnitOfWork, place: Place, thing: str, where: str) -> bool:
        """Whether a thing fulfils the condition of a target. Raises what is wrong with the condition."""
        return True

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        """Give the thing to `to`; the answer is JSON with which `undo` can give it back. Raises EngineError."""
        raise NotImplementedError(self.type)

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        """Give it back, unless somebody has changed it since: then False. Raises EngineError."""
        raise NotImplementedError(self.type)
