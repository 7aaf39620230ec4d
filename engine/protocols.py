"""What an extension implements. One class is one kind; each base keeps to a few methods."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from engine.definitions.plan import NO_IMPACT, Impact

if TYPE_CHECKING:
    from engine.definitions.app import CompiledApp
    from engine.definitions.context import Context
    from engine.definitions.places import Asked, Place
    from engine.expressions import Env, Shape, Type
    from engine.jobs.repository import Job
    from engine.runtime import Runtime
    from engine.storage.unit_of_work import UnitOfWork

Operation = Literal["create", "update", "delete", "restore", "purge"]
Record = dict[str, Any]


class Document(BaseModel):
    """Base of every model that JSON of a designer is read into: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DefinitionKind(ABC):
    """One kind of document: its folder, its model, how it is checked, compiled and made real.

    Kinds compile in the order of `rank`; a later kind sees what earlier ones compiled.
    """

    registry: ClassVar[str] = "definition"
    type: ClassVar[str]
    folder: ClassVar[str]
    rank: ClassVar[int]
    Model: ClassVar[builtins.type[BaseModel]]

    @abstractmethod
    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """The compiled objects by key; what is wrong goes to `context` as findings."""

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """The place of an expression that no document of `context` holds yet, by its name in `asked`; None
        for a name this kind does not know. `document` is the drafted one, {} when there is none.
        """
        return None

    def prune(self, document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any] | None:
        """The document, as JSON, without the broken part at `path`; None when it cannot do without it. What is
        left gives nobody a right that it did not give before. Nothing of `document` itself changes.
        """
        return None

    def names_abroad(self, document: Mapping[str, Any]) -> Iterable[str]:
        """The forms of other apps (`hr.employee`) that a document, as JSON and perhaps wrong, refers to."""
        return ()

    def lay_out(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Any:
        """Where the store is to keep what `after` describes, as JSON; None for where it stands by default."""
        return None

    def plan(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Impact:
        """What publishing `after` does to stored data, step by step."""
        return NO_IMPACT

    def make_room(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        """What `after` needs in the store before anybody works with it (tables, columns), beside `before`."""

    def go_outside(self, runtime: Runtime, state: Mapping[str, Any]) -> None:
        """What the store does in no transaction, before the next piece of `go_ahead`; done twice it is done once."""

    def go_ahead(
        self, work: UnitOfWork, before: CompiledApp, after: CompiledApp, state: dict[str, Any]
    ) -> dict[str, Any]:
        """Do a piece of what takes long before `after` can be flipped to, beside people who write with `before`.

        `state` is what the call before answered, {} at first; with `done` there is nothing left but what
        changes until the flip: the last call, with `last`, has writers kept out. `shown` is for people.
        """
        return {}

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        """Make the new version real inside the publishing transaction (tables, timers)."""


@dataclass(slots=True)
class RecordChange:
    """One save of one record while it happens.

    `before` and `after` are whole records in memory form (see engine.expressions for values); `after` may
    be altered by `before_save` listeners. `changed` names top-level fields, child tables included.
    `id` is the row of the change log, known in `after_save`.
    """

    app: CompiledApp
    form: str
    record: str
    op: Operation
    before: Record | None
    after: Record | None
    changed: frozenset[str] = frozenset()
    id: int = 0


class ChangeListener(ABC):
    """Follows saves of records inside their transaction. Instances are made once per runtime."""

    registry: ClassVar[str] = "listener"
    type: ClassVar[str]

    def concerns(self, app: CompiledApp, form: str) -> bool:
        """Whether new records of this form may matter to it; those of others it is not asked about when
        many are saved at once.
        """
        return True

    def alters(self, app: CompiledApp, form: str) -> bool:
        """Whether it may set values of records of this form in `before_save`."""
        return type(self).before_save is not ChangeListener.before_save

    def before_save(self, work: UnitOfWork, change: RecordChange) -> None:
        """May set values in `change.after` or raise to forbid the save."""

    def after_save(self, work: UnitOfWork, change: RecordChange) -> None:
        """The row is written; effects inside the house happen here, in the same transaction."""


@dataclass(slots=True)
class ActionScope:
    """What an action sees while it is compiled: where it stands and which names exist.

    `shape` is the record's; `variables` grow as actions name what they create (`as`), in order.
    `row` is the shape of the source row inside `for_each`.
    """

    context: Context
    pointer: str
    shape: Shape
    variables: dict[str, Type]
    row: Shape | None = None

    def at(self, part: str) -> ActionScope:
        """The scope one step deeper into the document."""
        return ActionScope(self.context, f"{self.pointer}/{part}", self.shape, self.variables, self.row)


@dataclass(slots=True)
class ActionContext:
    """What an action sees while it runs, inside a transaction that acts with the app's rights.

    `record` is the record the rule or flow runs on (memory form); `names` holds ids that earlier actions
    created; `key` identifies this run for idempotency (e.g. "rule:r10:<record>:<occurrence>").
    """

    work: UnitOfWork
    app: CompiledApp
    form: str
    record: Record
    env: Env
    key: str
    names: dict[str, Any] = field(default_factory=dict)
    initiator: str | None = None
    label: Mapping[str, str] | None = None


class Action(ABC):
    """Something a rule, a flow or a button does. Compiled once at publish, run many times."""

    registry: ClassVar[str] = "action"
    type: ClassVar[str]
    Params: ClassVar[builtins.type[BaseModel]]

    @classmethod
    @abstractmethod
    def compile(cls, params: Any, scope: ActionScope) -> Action | None:
        """The ready action, or None when `scope.context` got a finding of level error."""

    @abstractmethod
    def run(self, context: ActionContext) -> dict[str, Any]:
        """Do it; the answer is a small JSON summary for the run record."""

    def writes(self) -> frozenset[tuple[str, str]]:
        """(form, field) pairs this action writes, for the check of loops between rules."""
        return frozenset()


class JobHandler(ABC):
    """Runs durable work of one kind. Raising means retry with backoff, later a dead letter.

    What touches the world outside goes into `reach`. With `outward = True` the state `sending` is
    committed before it, and a job found in that state after a crash becomes `unknown` instead of being
    sent twice; without it a crash means that the job runs again.
    """

    registry: ClassVar[str] = "job"
    type: ClassVar[str]
    outward: ClassVar[bool] = False
    attempts: ClassVar[int] = 6

    def reach(self, runtime: Runtime, job: Job) -> None:
        """What happens outside, before `run` and in no transaction: a slow server must not hold the store."""

    @abstractmethod
    def run(self, work: UnitOfWork, job: Job) -> None:
        """Do the work inside one transaction."""

    def failed(self, work: UnitOfWork, job: Job, error: str) -> None:
        """The last attempt failed; the job is dead."""
