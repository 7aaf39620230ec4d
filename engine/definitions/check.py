"""Checks a whole app: JSON -> models -> compiled objects, with findings that point into the JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from engine.definitions.app import NO_LAYOUT, AppDocument, CompiledApp, Documents, Layout
from engine.definitions.context import Context
from engine.definitions.modules.compose import composed
from engine.definitions.modules.schema import MODULE
from engine.definitions.neighbours import named_apps
from engine.definitions.wording import sentence
from engine.findings import Finding, Text, error, has_errors
from engine.protocols import DefinitionKind
from engine.registry import Registry
from engine.sealing.ring import KeyRing


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, and the compiled app when none of them blocks."""

    findings: tuple[Finding, ...]
    app: CompiledApp | None


def kinds(registries: Mapping[str, Registry]) -> list[DefinitionKind]:
    """One instance of every definition kind, in compile order."""
    classes = sorted(registries["definition"].values(), key=lambda kind: cast("int", kind.rank))
    return [cast("DefinitionKind", kind()) for kind in classes]


def check_app(
    source: Documents,
    registries: Mapping[str, Registry],
    *,
    version: int = 0,
    ring: KeyRing | None = None,
    layout: Layout = NO_LAYOUT,
) -> Checked:
    """Check all documents of one app together. Never raises for bad documents.

    Without a `ring` the app is for looking at: it cannot read or write encrypted values. `layout` says where
    the store keeps what the documents describe; without it everything stands under its default name.
    """
    findings: list[Finding] = []
    context = examine(source, registries, findings, ring=ring, layout=layout)
    if context is None or has_errors(findings):
        return Checked(tuple(findings), None)
    app = CompiledApp(
        settings=context.settings,
        version=version,
        source=source,
        composition=context.composition,
        documents=_frozen(context.documents),
        compiled=_frozen(context.compiled),
        zone=ZoneInfo(context.settings.tz),
        variables=MappingProxyType(context.variables),
        layout=layout,
        named=named_apps(source, kinds(registries)),
        reads=frozenset(context.reads),
    )
    return Checked(tuple(findings), app)


def examine(
    source: Documents,
    registries: Mapping[str, Registry],
    findings: list[Finding],
    *,
    ring: KeyRing | None = None,
    layout: Layout = NO_LAYOUT,
) -> Context | None:
    """Everything that can be compiled of an app and its modules, broken documents left out; None without
    readable settings.

    What is wrong goes to `findings`; they, and the places of expressions, point to where things are written.
    """
    settings = _settings(source, findings)
    if settings is None:
        return None
    ordered = kinds(registries)
    composition = composed(source, ordered)
    findings.extend(composition.findings)
    known = len(findings)
    documents = _read_all({**composition.documents, MODULE: source.get(MODULE, {})}, ordered, findings)
    context = Context(settings, registries, documents, findings=findings, ring=ring, layout=layout)
    context.composition = composition
    for kind in ordered:
        context.known[kind.type] = dict(context.variables)
        context.compiled[kind.type] = kind.check_and_compile(documents[kind.type], context)
    findings[known:] = composition.placed(findings[known:])
    context.places = {composition.own(pointer): place for pointer, place in context.places.items()}
    return context


def _frozen(table: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType({kind: MappingProxyType(dict(objects)) for kind, objects in table.items()})


def _settings(source: Documents, findings: list[Finding]) -> AppDocument | None:
    documents = list(source.get("app", {}).values())
    if len(documents) != 1:
        findings.append(
            error(
                "app_json_missing",
                "/app",
                Text(zh="缺少 app.json。", en="app.json is missing."),
                Text(zh='请加入 {"key", "label"}。', en='Add one with {"key", "label"}.'),
            )
        )
        return None
    return cast("AppDocument | None", read_model(AppDocument, documents[0], "/app", findings))


def _read_all(
    source: Documents, ordered: list[DefinitionKind], findings: list[Finding]
) -> dict[str, dict[str, Any]]:
    known = {kind.type for kind in ordered} | {"app"}
    findings.extend(
        error(
            "unknown_kind",
            f"/{name}",
            Text(zh=f"没有“{name}”这种定义。", en=f"There is no kind of definition '{name}'."),
        )
        for name in source
        if name not in known
    )
    documents: dict[str, dict[str, Any]] = {}
    for kind in ordered:
        documents[kind.type] = {}
        for key, raw in source.get(kind.type, {}).items():
            model = read_document(kind, key, raw, findings)
            if model is not None:
                documents[kind.type][key] = model
    return documents


def read_document(kind: DefinitionKind, key: str, raw: Any, findings: list[Finding]) -> BaseModel | None:
    """One document as its model; what is wrong goes to `findings`."""
    pointer = f"/{kind.folder}/{key}"
    model = read_model(kind.Model, raw, pointer, findings)
    if model is not None and getattr(model, "key", key) != key:
        findings.append(
            error(
                "key_mismatch",
                f"{pointer}/key",
                Text(
                    zh=f"键“{getattr(model, 'key', '')}”与文件名“{key}”不一致。",
                    en=f"The key '{getattr(model, 'key', '')}' differs from its name '{key}'.",
                ),
                Text(zh="让二者一致。", en="Make both the same."),
            )
        )
        return None
    return model


def read_model(model: type[BaseModel], raw: Any, pointer: str, findings: list[Finding]) -> BaseModel | None:
    """`raw` as `model`, or None after adding a finding for everything that does not fit."""
    try:
        return model.model_validate(raw)
    except ValidationError as invalid:
        findings.extend(_finding(each, pointer, model) for each in invalid.errors(include_url=False))
        return None


def _finding(problem: Any, pointer: str, model: type[BaseModel]) -> Finding:
    location = [str(part) for part in problem["loc"] if not _is_tag(part)]
    where = pointer + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in location)
    name = location[-1] if location else ""
    kind = problem["type"]
    if kind == "extra_forbidden":
        close = get_close_matches(name, list(model.model_fields), n=1)
        return error(
            "unknown_key",
            where,
            Text(zh=f"不认识的键“{name}”。", en=f"'{name}' is not a known key."),
            Text(zh=f"是否想写“{close[0]}”？", en=f"Did you mean '{close[0]}'?")
            if close
            else Text(zh="请删除它。", en="Remove it."),
        )
    if kind == "missing":
        return error(
            "missing_key",
            where,
            Text(zh=f"缺少“{name}”。", en=f"'{name}' is missing."),
            Text(zh="请补上。", en="Add it."),
        )
    return error(
        "invalid_value",
        where,
        sentence(name, problem),
        Text(
            zh="请修改；该类定义的 JSON Schema 说明了允许的内容。",
            en="Correct it; the JSON Schema of this kind says what is allowed.",
        ),
    )


def _is_tag(part: Any) -> bool:
    """Whether pydantic added this part of a location itself (names of union members)."""
    return isinstance(part, str) and any(sign in part for sign in "[(")
