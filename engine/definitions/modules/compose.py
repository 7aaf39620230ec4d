"""Composes the documents of an app and its modules. Pure; never raises for bad documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.modules import findings as say
from engine.definitions.modules.composition import Composition
from engine.definitions.modules.merging import Additions
from engine.definitions.modules.origins import Origins
from engine.definitions.modules.schema import ADD, EXTEND, MODULE, ModuleDocument, Parts
from engine.definitions.pointers import Path
from engine.findings import Finding
from engine.protocols import DefinitionKind

Modules = Mapping[str, ModuleDocument]
Needs = Mapping[str, frozenset[str]]


def composed(source: Documents, kinds: Iterable[DefinitionKind]) -> Composition:
    """The documents with what the modules among them bring. A module that cannot be read, or whose required
    ones cannot, is left out; what else does not fit is left out part by part.
    """
    folders = pointers.folders(kinds)
    documents = {kind: dict(each) for kind, each in source.items() if kind != MODULE}
    written = source.get(MODULE, {})
    if not written:
        return Composition(documents, folders=folders)
    modules = {key: module for key, raw in written.items() if (module := _read(raw)) is not None}
    findings: list[Finding] = []
    needs = _needs(modules, written, findings)
    state = Additions(Origins(), findings)
    known = [kind for kind in folders.values() if kind not in (MODULE, "app")]
    for key in _ordered(modules, needs):
        state.module, state.near = key, needs[key] | {key}
        _add(documents, key, modules[key], known, state)
        _extend(documents, key, modules[key], known, state)
    return Composition(documents, state.origins.places, tuple(findings), folders)


def _read(raw: Any) -> ModuleDocument | None:
    try:
        return ModuleDocument.model_validate(raw)
    except ValidationError:
        return None  # its kind reports what is wrong with it


def _needs(modules: Modules, written: Mapping[str, Any], findings: list[Finding]) -> Needs:
    """All modules that each one builds on; those of which one is missing or that go in a circle are left out."""
    direct = {key: frozenset(module.requires) for key, module in modules.items()}
    reached = {key: _closure(key, direct) for key in modules}
    bad = {key for key in modules if key in reached[key] or not reached[key] <= modules.keys()}
    for key, module in modules.items():
        for index, name in enumerate(module.requires):
            place = (MODULE, key, "requires", index)
            if name not in written:
                findings.append(say.missing(place, name, written))
            elif name == key or key in reached.get(name, ()):
                findings.append(say.cycle(place, name))
    return {key: needs for key, needs in reached.items() if key not in bad and not needs & bad}


def _closure(key: str, direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(direct[key])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(direct.get(name, ()))
    return frozenset(found)


def _ordered(modules: Modules, needs: Needs) -> list[str]:
    """Those that others build on first, else by key: one that builds on another builds on more."""
    return sorted((key for key in modules if key in needs), key=lambda key: (len(needs[key]), key))


def _parts(
    section: str, key: str, parts: Parts, known: list[str], findings: list[Finding]
) -> Iterator[tuple[str, str, Any, Path]]:
    """(kind, key, document, where it is written) of what a section of a module says."""
    for kind, objects in parts.items():
        if kind not in known:
            findings.append(say.unknown_kind((MODULE, key, section, kind), kind, known))
            continue
        for name, document in objects.items():
            yield kind, name, document, (MODULE, key, section, kind, name)


def _add(
    documents: dict[str, dict[str, Any]],
    key: str,
    module: ModuleDocument,
    known: list[str],
    state: Additions,
) -> None:
    for kind, name, document, written in _parts(ADD, key, module.add, known, state.findings):
        there = documents.setdefault(kind, {})
        if name in there:
            state.findings.append(say.conflict(written, name))
        else:
            there[name] = document
            state.origins.put((kind, name), written)


def _extend(
    documents: dict[str, dict[str, Any]],
    key: str,
    module: ModuleDocument,
    known: list[str],
    state: Additions,
) -> None:
    for kind, name, added, written in _parts(EXTEND, key, module.extend, known, state.findings):
        there = documents.get(kind, {})
        if name not in there:
            state.findings.append(say.unknown_target(written, name, there))
        elif state.is_far((kind, name)):
            state.findings.append(say.not_required(written, str(state.origins.written((kind, name))[1])))
        else:
            there[name] = state.to_object(there[name], added, (kind, name), written)
