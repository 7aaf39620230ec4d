"""The designer's draft of an app: changes beside the published version until they are published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.changes import operations
from engine.definitions import repository
from engine.definitions.app import AppNotFound, Documents
from engine.definitions.check import kinds
from engine.definitions.compare import compare
from engine.definitions.modules.compose import composed
from engine.definitions.pilot import PilotGroup
from engine.definitions.pointers import pointer_of
from engine.definitions.publish import Prepared, Published, publish
from engine.errors import NotFound
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork


class KindNotFound(NotFound):
    """There is no such kind of definition."""

    code = "kind_not_found"
    zh = "没有这种定义。"


class DocumentNotFound(NotFound):
    """The app has no such document of its own."""

    code = "document_not_found"
    zh = "应用自身没有该定义。"
    fix_zh = "若 details 指明了模块，请在该模块中查看或修改。"
    fix_en = "If details name a module, look at or change it there."


def known_kind(work: UnitOfWork, kind: str) -> str:
    """`kind` itself, by type or by folder name. Raises KindNotFound."""
    return kind if kind == "app" else kind_of(work, kind).type


def all_kinds(work: UnitOfWork) -> list[DefinitionKind]:
    """Every kind of definition there is."""
    return kinds(work.runtime.registries)


def kind_of(work: UnitOfWork, kind: str) -> DefinitionKind:
    """The kind of this type or folder name. Raises KindNotFound."""
    for each in kinds(work.runtime.registries):
        if kind in (each.type, each.folder):
            return each
    raise KindNotFound()


def drafted(work: UnitOfWork, app: str) -> Documents:
    """The documents as they would be published now: the head with the draft laid over it.

    Raises AppNotFound when there is neither.
    """
    # without the lock that a writer holds on the head: a publish takes its own
    version = repository.heads(work.connection).get(app)
    head = None if version is None else work.runtime.version(work, app, version)
    changes = repository.drafts(work.connection, app)
    if head is None and not changes:
        raise AppNotFound()
    documents: dict[str, dict[str, dict[str, Any]]] = {
        kind: dict(objects) for kind, objects in (head.source if head else {}).items()
    }
    for change in changes:
        objects = documents.setdefault(change["kind"], {})
        if change["document"] is None:
            objects.pop(change["key"], None)
        else:
            objects[change["key"]] = change["document"]
    return documents


def get_document(work: UnitOfWork, app: str, kind: str, key: str) -> dict[str, Any]:
    """One drafted (or published) document. Raises DocumentNotFound."""
    return document_of(drafted(work, app), all_kinds(work), known_kind(work, kind), key)


def document_of(documents: Documents, kinds: list[DefinitionKind], kind: str, key: str) -> dict[str, Any]:
    """One of an app's own documents. Raises DocumentNotFound, which names the module that has it."""
    document = documents.get(kind, {}).get(key)
    if document is None:
        composition = composed(documents, kinds)
        module = composition.module(kind, key)
        pointer = pointer_of([composition.folder(kind), key]) if module is not None else ""
        details = {"module": module, "pointer": composition.own(pointer)} if module is not None else {}
        raise DocumentNotFound(details=details)
    return document


def put_document(work: UnitOfWork, app: str, kind: str, key: str, document: dict[str, Any]) -> None:
    """Draft a document. It may be incomplete; `check` says what is missing."""
    repository.put_draft(work, app, known_kind(work, kind), key, document)


def remove_document(work: UnitOfWork, app: str, kind: str, key: str) -> None:
    """Draft the removal of a document. Raises DocumentNotFound."""
    get_document(work, app, kind, key)
    repository.put_draft(work, app, known_kind(work, kind), key, None)


def difference(work: UnitOfWork, app: str) -> list[dict[str, Any]]:
    """What the draft changes, document by document, with who drafted it and when. Raises AppNotFound."""
    head = work.runtime.head(work, app)
    rows = {(row["kind"], row["key"]): row for row in repository.drafts(work.connection, app)}
    found = compare(head.source if head else {}, drafted(work, app))
    return [
        {
            **each.as_json(),
            "updated_by": rows[each.kind, each.key]["updated_by"],
            "updated_at": rows[each.kind, each.key]["updated_at"],
        }
        for each in found
    ]


def discard(work: UnitOfWork, app: str, kind: str | None = None, key: str | None = None) -> None:
    """Forget the draft, or what it says of one document. Raises DocumentNotFound."""
    if kind is None or key is None:
        if repository.drop_draft(work, app):
            operations.note(work, "draft_discarded", app, app=app)
        return
    kind = known_kind(work, kind)
    if not repository.drop_draft(work, app, kind, key):
        raise DocumentNotFound()
    operations.note(work, "draft_discarded", f"{kind}/{key}", app=app)


def versions_differ(work: UnitOfWork, app: str, one: int, other: int) -> list[dict[str, Any]]:
    """What changed from version `one` to version `other`. Raises DocumentNotFound."""
    before, after = (repository.documents_of(work.connection, app, version) for version in (one, other))
    if before is None or after is None:
        raise DocumentNotFound()
    return [each.as_json() for each in compare(before, after)]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a publish request says beside the documents: destructive steps that are approved, removals that may
    break what uses them, and the people who try the version first.
    """

    note: str | None = None
    approve: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    pilot: PilotGroup | None = None


def publish_draft(
    work: UnitOfWork,
    app: str,
    wish: Wish = Wish(),
    *,
    note: str | None = None,
    prepared: Prepared | None = None,
) -> Published:
    """Publish the draft and clear it; what is `prepared` need not be checked again. Raises Invalid, AppNotFound."""
    return _publish(work, app, drafted(work, app), replace(wish, note=wish.note or note), prepared)


def _publish(
    work: UnitOfWork, app: str, documents: Documents, wish: Wish, prepared: Prepared | None
) -> Published:
    done = publish(
        work,
        documents,
        note=wish.note,
        approve=wish.approve,
        force=wish.force,
        pilot=wish.pilot,
        prepared=prepared,
    )
    if done.job is None:  # else the draft stays until what takes long is done
        repository.drop_drafted(work, app, documents)
    return done


def earlier(work: UnitOfWork, app: str, version: int) -> Documents:
    """The documents of an earlier version. Raises DocumentNotFound."""
    documents = repository.documents_of(work.connection, app, version)
    if documents is None:
        raise DocumentNotFound()
    return documents


def restore_version(
    work: UnitOfWork,
    app: str,
    version: int,
    wish: Wish = Wish(),
    *,
    prepared: Prepared | None = None,
) -> Published:
    """Publish the documents of an earlier version again, as a new one; what was parked since comes back.

    Raises DocumentNotFound, Invalid.
    """
    documents = earlier(work, app, version)
    done = publish(
        work,
        documents,
        note=wish.note or f"restore {version}",
        approve=wish.approve,
        force=wish.force,
        prepared=prepared,
    )
    operations.note(work, "version_restored", str(version), app=app, details={"version": done.version})
    return done
