"""The base of steps of test cases, and what a running case knows."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from engine.definitions.app import Key
from engine.errors import EngineError
from engine.findings import text
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import principal_of
from engine.protocols import Document
from engine.testing import FixedClock

if TYPE_CHECKING:
    from engine.definitions.context import Context
    from engine.runtime import Runtime
    from engine.storage.unit_of_work import UnitOfWork

NAME = r"^\$[a-z][a-z0-9_]*$"


class Unmet(EngineError):
    """It did not come out as the case expects."""

    code = "unmet"
    zh = "结果与用例的预期不符。"


class NameUnknown(EngineError):
    """No step before gave a record this name."""

    code = "name_unknown"
    zh = "之前的步骤没有给任何记录取这个名字。"
    fix_zh = "请在创建该记录的步骤中写 name。"
    fix_en = "Give the step that creates the record this `name`."


class NobodyKnown(EngineError):
    """There is no such active user in the suite."""

    code = "nobody_known"
    zh = "用例的人员中没有这个在职用户。"
    fix_zh = "请在 people.users 中加入。"
    fix_en = "Add the user to people.users."


class Acting(Document):
    """What every step may say. `as` is who acts, `refused` the code it must fail with."""

    as_: Key | None = Field(default=None, alias="as")
    refused: str | None = Field(default=None, pattern=r"^([a-z][a-z0-9_.]*:)?[a-z][a-z0-9_]*$")


class ActingOnRecord(Acting):
    """A step about one record, named by a step before."""

    record: str = Field(pattern=NAME)


@dataclass(slots=True)
class RunningCase:
    """One case while it runs. `names` lead to (form, id) of the records that steps have named."""

    runtime: Runtime
    clock: FixedClock
    app: str
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def acting(self, user: str | None) -> AbstractContextManager[UnitOfWork]:
        """A writing transaction of this user, or of the app itself. Raises NobodyKnown."""
        if user is None:
            return self.runtime.unit_of_work(SYSTEM, source="engine")
        return self.runtime.unit_of_work(self._principal(user))

    def _principal(self, user: str) -> Principal:
        with self.runtime.reading(SYSTEM) as work:
            found = principal_of(work, user)
        if found is None:
            raise NobodyKnown(details={"user": user})
        return found

    def record(self, name: str) -> tuple[str, str]:
        """(form, id) of `$name`. Raises NameUnknown."""
        found = self.names.get(name.removeprefix("$"))
        if found is None:
            message = text(f"没有名为“{name}”的记录。", f"No record is named '{name}'.")
            raise NameUnknown(message, details={"name": name})
        return found

    def value(self, raw: Any) -> Any:
        """JSON of a step with the id of a record for each `$name`; `$$x` is the text `$x`. Raises NameUnknown."""
        if isinstance(raw, Mapping):
            return {key: self.value(each) for key, each in raw.items()}
        if isinstance(raw, list | tuple):
            return [self.value(each) for each in raw]
        if isinstance(raw, str) and raw.startswith("$$"):
            return raw[1:]
        if isinstance(raw, str) and raw.startswith("$"):
            return self.record(raw)[1]
        return raw


class TestStep(ABC):
    """One step of a test case, made from its JSON."""

    __test__ = False
    registry: ClassVar[str] = "test_step"
    type: ClassVar[str]
    Params: ClassVar[builtins.type[Acting]]

    def __init__(self, params: Any) -> None:
        self.params = params

    def check(self, pointer: str, context: Context) -> None:
        """Add findings for what cannot work in this app."""

    @abstractmethod
    def run(self, case: RunningCase) -> None:
        """Do it. Raises EngineError when it is refused, Unmet when an expectation fails."""
