"""An app: its settings document and, once checked, everything a request needs, compiled and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from engine.definitions.wording import Unfit
from engine.errors import Conflict, NotFound
from engine.expressions.working_time import WorkCalendar, named_calendars
from engine.findings import Finding
from engine.protocols import Document

if TYPE_CHECKING:
    from engine.definitions.modules.composition import Composition

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
CalendarKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
"""The key of a working calendar, which no expression reads as a name: 24x7 is one."""


class Label(Document):
    """A name for people in Chinese and English."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones. To find them six hundred files are looked at, so it is done once."""
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """The name of a time zone. Raises Unfit."""
    if name not in known_zones():
        raise Unfit("没有这个时区，例如 Asia/Shanghai", "there is no such time zone; Asia/Shanghai is one")
    return name


class AppDocument(Document):
    """`app.json`: what holds for the whole app."""

    key: Key
    label: Label
    description: Label | None = None
    tz: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")
    week_start: str = Field(default="mon", pattern="^(mon|sun|sat)$")
    calendar: CalendarKey | None = None
    recycle_days: int | None = Field(
        default=None, ge=1, le=3650, description="Deleted records are removed for good after so many days."
    )
    parked_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="Values that publishing put aside are removed for good after so many days.",
    )


class AppNotFound(NotFound):
    """No app has this key."""

    code = "app_not_found"
    zh = "没有该应用。"


class DefinitionBroken(Conflict):
    """This part of the app names something that was removed and is switched off."""

    code = "definition_broken"
    zh = "该定义引用了已删除的内容，已停用。"
    fix_zh = "请恢复被删除的内容，或修改该定义后重新发布；details 说明了原因。"
    fix_en = "Bring back what was removed, or correct the definition and publish it; details say why."


@dataclass(frozen=True, slots=True)
class BrokenPart:
    """Something that is off because `finding` is wrong with it. `pointer` names list items by key, `part` is
    the label of the innermost thing there; `whole` says that the document is off altogether.
    """

    kind: str
    key: str
    label: Mapping[str, str] | None
    pointer: str
    part: Mapping[str, str] | None
    whole: bool
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """As it leaves over REST."""
        return {
            "kind": self.kind,
            "key": self.key,
            "label": self.label,
            "pointer": self.pointer,
            "part": self.part,
            "whole": self.whole,
            "code": self.finding.code,
            "message": dict(self.finding.message),
        }


Documents = Mapping[str, Mapping[str, dict[str, Any]]]
"""kind -> key -> document, as JSON; the app document itself is ("app", app key)."""


Layout = Mapping[str, Any]
"""Kind -> where the store keeps what its documents describe, as JSON; only what differs from the default."""
NO_LAYOUT: Layout = MappingProxyType({})


def split_key(key: str) -> tuple[str, str]:
    """The app and the key there of what a document names: `hr.employee`; "" for something of its own app."""
    app, _, inner = key.rpartition(".")
    return app, inner


@dataclass(frozen=True, slots=True)
class CompiledApp:
    """A published version, ready to run. `memory` caches what is derived from it (SQL texts, grants).

    `named` are the other apps it refers to, and `others` those it reaches along references, itself left out; it
    was compiled `beside` these versions of them. `reads` is what its own expressions read there with the rights
    of the app: `hr.employee.name`.
    `source` is as it was written, modules apart; `composition` has those documents with what modules bring.
    """

    settings: AppDocument
    version: int
    source: Documents
    composition: Composition
    documents: Mapping[str, Mapping[str, Any]]
    compiled: Mapping[str, Mapping[str, Any]]
    zone: ZoneInfo
    variables: Mapping[str, Any]
    broken: tuple[BrokenPart, ...] = ()
    layout: Layout = field(default_factory=lambda: NO_LAYOUT)
    memory: dict[Any, Any] = field(default_factory=dict)
    others: dict[str, CompiledApp] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return self.settings.key

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which days, months and plain times of this app are read."""
        return self.zone

    @property
    def calendars(self) -> Mapping[str, WorkCalendar]:
        """The working calendars by key, the app's default one also as ""."""
        known: Mapping[str, WorkCalendar] | None = self.memory.get("calendars")
        if known is None:
            known = named_calendars(self.kind("calendar"), self.settings.calendar)
            self.memory["calendars"] = known
        return known

    def kind(self, kind: str) -> Mapping[str, Any]:
        """The compiled objects of one kind by key."""
        return self.compiled.get(kind, MappingProxyType({}))

    def home(self, key: str) -> tuple[CompiledApp, str]:
        """The app that a form named here belongs to, and its key there: `hr.employee` is `employee` of hr.
        A form of an app that is not there stays where it is named, where nothing has this key.
        """
        app, inner = split_key(key)
        return (self.others[app], inner) if app in self.others else (self, key)

    def require_whole(self, kind: str, key: str, *, explain: bool = False) -> None:
        """Say so when an object is missing because it is broken. Raises DefinitionBroken.

        The reasons name parts of the app: `explain` them only to who may see all of it.
        """
        why = [part for part in self.broken if part.whole and (part.kind, part.key) == (kind, key)]
        if why:
            reasons = {"broken": [part.as_json() for part in why]} if explain else {}
            raise DefinitionBroken(details={"kind": kind, "key": key, **reasons})
