"""One guided step on the draft of an app: what a designer wishes, done in all documents it touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import Field, RootModel

from engine.definitions import drafts, repository
from engine.definitions.app import Documents, Key, Label
from engine.definitions.canonical import same
from engine.definitions.check import read_model
from engine.definitions.compare import DocumentDifference, compare
from engine.definitions.guided.move import move_to_child
from engine.definitions.guided.options import archive_option, map_option
from engine.definitions.guided.rename import rename
from engine.definitions.modules.compose import composed
from engine.definitions.modules.written import foreign_parts
from engine.definitions.neighbours import beside
from engine.definitions.pointers import pointer_of
from engine.errors import Conflict, Invalid, NotPublishable
from engine.findings import Finding
from engine.protocols import Document
from engine.registry import Registry
from engine.storage.unit_of_work import UnitOfWork

Registries = Mapping[str, Registry]


class Rename(Document):
    """Another key for a form, a field, a child table or an option, wherever it is named."""

    step: Literal["rename"]
    of: str
    to: str

    @property
    def parts(self) -> list[str]:
        return [self.of]

    def done(self, documents: Documents, published: Documents | None, registries: Registries) -> Documents:
        return rename(documents, self.of, self.to, registries, published=published)


class ArchiveOption(Document):
    """An option that no new value takes."""

    step: Literal["archive_option"]
    of: str

    @property
    def parts(self) -> list[str]:
        return [self.of]

    def done(self, documents: Documents, published: Documents | None, registries: Registries) -> Documents:
        return archive_option(documents, self.of, registries)


class MapOption(Document):
    """An option that goes; another one of the same list takes over."""

    step: Literal["map_option"]
    of: str
    to: str

    @property
    def parts(self) -> list[str]:
        return [self.of]

    def done(self, documents: Documents, published: Documents | None, registries: Registries) -> Documents:
        return map_option(documents, self.of, self.to, registries, published=published)


class MoveToChild(Document):
    """Fields that go into a child table of their form, which is a new one when it gets a label."""

    step: Literal["move_to_child"]
    form: str
    fields: list[str] = Field(min_length=1, max_length=100)
    child: Key
    label: Label | None = None

    @property
    def parts(self) -> list[str]:
        form = pointer_of(["forms", self.form])
        return [form, *(form + pointer_of(["fields", key]) for key in (*self.fields, self.child))]

    def done(self, documents: Documents, published: Documents | None, registries: Registries) -> Documents:
        label = self.label.model_dump(exclude_unset=True) if self.label is not None else None
        return move_to_child(
            documents, self.form, self.fields, self.child, label, registries, published=published
        )


AnyStep = Rename | ArchiveOption | MapOption | MoveToChild
"""Each says which `parts` of the app it changes, and what of them is `done`."""


class Step(RootModel[Annotated[AnyStep, Field(discriminator="step")]]):
    """Any of them."""


@dataclass(frozen=True, slots=True)
class Guided:
    """What a step makes of the draft; nothing is stored yet."""

    before: Documents
    after: Documents
    changed: tuple[DocumentDifference, ...]


class DraftChanged(Conflict):
    """The draft was changed meanwhile."""

    code = "draft_changed"
    zh = "草稿已被他人修改。"


def guide(work: UnitOfWork, app: str, asked: Mapping[str, Any]) -> Guided:
    """What one step makes of the draft. It takes seconds: no writer waits for it.

    Raises Invalid, also for parts that a module brings; NotPublishable when the draft does not check or would
    clash with a module, CannotRewrite, AppNotFound.
    """
    findings: list[Finding] = []
    step = cast("Step | None", read_model(Step, dict(asked), "", findings))
    if step is None:
        raise Invalid(findings)
    head = work.runtime.head(work, app)
    before, kinds = drafts.drafted(work, app), drafts.all_kinds(work)
    foreign = foreign_parts(before, step.root.parts, kinds)
    if foreign:
        raise Invalid(foreign)
    after = step.root.done(before, head.source if head else None, beside(work, before))
    clashes = [
        each for each in composed(after, kinds).findings if each not in composed(before, kinds).findings
    ]
    if clashes:
        raise NotPublishable(clashes)
    return Guided(before, after, tuple(compare(before, after)))


def store(work: UnitOfWork, app: str, guided: Guided) -> None:
    """Draft what a step changed. Raises DraftChanged when the draft is not the one it began with."""
    head = work.runtime.head(work, app)  # keeps a publish from being done between this and the draft
    if not same(drafts.drafted(work, app), guided.before):
        raise DraftChanged()
    for each in guided.changed:
        _draft(work, app, each, head.source if head else {}, guided.after)


def _draft(
    work: UnitOfWork, app: str, changed: DocumentDifference, published: Documents, after: Documents
) -> None:
    """Store one changed document; one that is as published needs no draft."""
    kind, key = changed.kind, changed.key
    document, there = after.get(kind, {}).get(key), published.get(kind, {}).get(key)
    if same(document, there):
        repository.drop_draft(work, app, kind, key)
    else:
        repository.put_draft(work, app, kind, key, document)
