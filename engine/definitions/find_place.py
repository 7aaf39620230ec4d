"""Finds the place a designer writes an expression for, in the app as it would be published now."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

import orjson

from engine.definitions import drafts
from engine.definitions.app import Documents
from engine.definitions.check import examine
from engine.definitions.context import Context
from engine.definitions.modules.schema import MODULE
from engine.definitions.neighbours import apps_at_hand, beside
from engine.definitions.places import Place
from engine.definitions.pointers import pointer_of
from engine.errors import Invalid
from engine.findings import Finding, error, text
from engine.protocols import DefinitionKind
from engine.registry import Registry
from engine.storage.unit_of_work import UnitOfWork

KEPT = 4
"""Examined drafts kept by a process: those of the people who design at this moment."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place, its JSON pointer ("" when no document holds it yet), and the app around it."""

    place: Place
    pointer: str
    context: Context


def find_place(work: UnitOfWork, app: str, asked: Mapping[str, Any]) -> Found:
    """The place that `asked` names: {"kind", "key", "pointer" or "place", "document"?, "form"?, "field"?, "child"?}.

    `pointer` counts from the app or from the document, as findings write it, and need not exist yet;
    `document` stands in for the drafted one. Raises AppNotFound, KindNotFound, Invalid.
    """
    kind = drafts.kind_of(work, str(asked.get("kind", "")))
    documents = _with(drafts.drafted(work, app), kind, asked)
    context = _examined(work, documents)
    if asked.get("pointer"):
        return _at_pointer(work, documents, kind, asked, context)
    before = replace(context, variables=context.known.get(kind.type, context.variables))
    document = context.composition.documents.get(kind.type, {}).get(str(asked.get("key", "")), {})
    place = kind.place(dict(asked), document, before)
    if place is None:
        raise _unknown("/context/place")
    return Found(place, "", context)


def _with(documents: Documents, kind: DefinitionKind, asked: Mapping[str, Any]) -> Documents:
    """The documents with the one that the designer has open, not yet drafted."""
    if asked.get("document") is None:
        return documents
    key = str(asked.get("key", ""))
    return {**documents, kind.type: {**documents.get(kind.type, {}), key: asked["document"]}}


def _at_pointer(
    work: UnitOfWork, documents: Documents, kind: DefinitionKind, asked: Mapping[str, Any], context: Context
) -> Found:
    key, pointer = str(asked.get("key", "")), str(asked["pointer"])
    start = f"/{kind.folder}/{key}"
    within = pointer.removeprefix(start)
    module = context.composition.module(kind.type, key)
    if module is not None:
        # what a module brings is written there, and is tried out there
        pointer = context.composition.own(start + within)
        kind, key, start = drafts.kind_of(work, MODULE), module, pointer_of(["modules", module])
        within = pointer.removeprefix(start)
    place = context.places.get(start + within)
    if place is None:
        # Which names a place has does not depend on what is written there: put something and look.
        trial = deepcopy(documents.get(kind.type, {}).get(key, {}))
        if not _put(trial, within.split("/")[1:], "null"):
            raise _unknown("/context/pointer")
        context = _examined(work, _with(documents, kind, {"key": key, "document": trial}))
        place = context.places.get(start + within)
    if place is None:
        raise _unknown("/context/pointer")
    return Found(place, start + within, context)


def _put(document: Any, parts: list[str], value: Any) -> bool:
    """Put `value` at the end of a path whose containers exist; a list may grow by one."""
    for position, raw in enumerate(parts):
        name: Any = raw.replace("~1", "/").replace("~0", "~")
        last = position == len(parts) - 1
        if isinstance(document, list):
            if not name.isascii() or not name.isdigit() or int(name) > len(document) - (0 if last else 1):
                return False
            name = int(name)
            if last and name == len(document):
                document.append(None)
        elif not isinstance(document, dict) or (not last and name not in document):
            return False
        if last:
            document[name] = value
            return True
        document = document[name]
    return False


def _unknown(pointer: str) -> Invalid:
    message = text("此处不能写表达式。", "No expression stands at this place.")
    fix = text(
        "请给出文档中表达式的 pointer，或该类定义的 place 名称（见 docs/api.md）。",
        "Give the pointer of an expression in the document, or the name of a place of this kind (docs/api.md).",
    )
    return Invalid([error("unknown_place", pointer, message, fix)])


@dataclass(slots=True)
class Examined:
    """The last drafts looked at, by what they say. Threads share it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    contexts: OrderedDict[bytes, Context] = field(default_factory=OrderedDict)

    def context(self, documents: Documents, registries: Mapping[str, Registry]) -> Context:
        """Everything that compiles of `documents`. Raises Invalid when the app's settings do not."""
        known_by = [documents, apps_at_hand(registries)]
        key = blake2b(orjson.dumps(known_by, option=orjson.OPT_SORT_KEYS)).digest()
        with self.lock:
            known = self.contexts.get(key)
        if known is not None:
            return known
        findings: list[Finding] = []
        made = examine(documents, registries, findings)
        if made is None:
            raise Invalid(findings)
        with self.lock:
            self.contexts[key] = made
            while len(self.contexts) > KEPT:
                self.contexts.popitem(last=False)
        return made


def _examined(work: UnitOfWork, documents: Documents) -> Context:
    kept: Examined = work.runtime.services.setdefault("examined_drafts", Examined())
    return kept.context(documents, beside(work, documents))
