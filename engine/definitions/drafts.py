"""The designer's draft of an app: changes beside the published version until they are published."""

from __future__ import annotations

from typing import Any

from engine.definitions import repository
from engine.definitions.app import AppNotFound, Documents
from engine.definitions.check import kinds
from engine.definitions.publish import Published, publish
from engine.errors import NotFound
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork


class KindNotFound(NotFound):
    """There is no such kind of definition."""

    code = "kind_not_found"
    zh = "没有这种定义。"


class DocumentNotFound(NotFound):
    """The app has no such document."""

    code = "document_not_found"
    zh = "应用中没有该定义。"


def known_kind(work: UnitOfWork, kind: str) -> str:
    """`kind` itself, by type or by folder name. Raises KindNotFound."""
    return kind if kind == "app" else kind_of(work, kind).type


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
    head = work.runtime.head(work, app)
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
    document = drafted(work, app).get(known_kind(work, kind), {}).get(key)
    if document is None:
        raise DocumentNotFound()
    return document


def put_document(work: UnitOfWork, app: str, kind: str, key: str, document: dict[str, Any]) -> None:
    """Draft a document. It may be incomplete; `check` says what is missing."""
    repository.put_draft(work, app, known_kind(work, kind), key, document)


def remove_document(work: UnitOfWork, app: str, kind: str, key: str) -> None:
    """Draft the removal of a document. Raises DocumentNotFound."""
    get_document(work, app, kind, key)
    repository.put_draft(work, app, known_kind(work, kind), key, None)


def publish_draft(work: UnitOfWork, app: str, *, note: str | None = None) -> Published:
    """Publish the draft and clear it. Raises Invalid, AppNotFound."""
    done = publish(work, drafted(work, app), note=note)
    repository.drop_draft(work, app)
    return done


def restore_version(work: UnitOfWork, app: str, version: int) -> Published:
    """Publish the documents of an earlier version again, as a new one. Raises DocumentNotFound, Invalid."""
    documents = repository.documents_of(work.connection, app, version)
    if documents is None:
        raise DocumentNotFound()
    return publish(work, documents, note=f"restore {version}")
