"""The page of definition kinds: every document of an app folder with its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from designer_schemas.reference.described import of_class
from designer_schemas.reference.keys import keys_table, parts_of
from designer_schemas.reference.markdown import both, page
from designer_schemas.reference.words import zh
from engine.definitions.app import AppDocument
from engine.registry import Registry


def definitions(registries: Mapping[str, Registry]) -> str:
    """docs/reference/definitions.md"""
    kinds = sorted(registries["definition"].values(), key=lambda kind: str(kind.type))
    return page(
        "定义",
        "Definitions",
        both(
            "应用是一个文件夹：`app.json` 和每种定义的子文件夹；文件名就是键。不认识的键会被拒绝。"
            "字段、节点、触发器、动作、度量各有自己的页面。",
            "An app is a folder: `app.json`, and a folder for every kind; the name of a file is its key. Unknown keys "
            "are refused. Field types, nodes, triggers, actions and measures have pages of their own.",
        ),
        _section("app", "app.json", "应用的设置。", AppDocument),
        *(
            _section(kind.type, f"{kind.folder}/<key>.json", zh("definition", kind.type), kind.Model)
            for kind in kinds
        ),
    )


def _section(kind: str, path: str, chinese: str, model: type[BaseModel]) -> str:
    parts = [f"## {kind}", f"`{path}`", both(chinese, of_class(model)), keys_table(model)]
    for name, description, keys in parts_of(model, without=("Label",)):
        parts += [f"### {kind}: {name}", description, keys]
    return "\n\n".join(part for part in parts if part)


def typed(family: str, kind: Any, english: str, model: type[BaseModel], without: tuple[str, ...]) -> str:
    """The section of one kind of a family: its lines, what its options say, its keys."""
    chinese, keys = zh(family, kind.type), keys_table(model, without=without)
    options = of_class(model) if keys else ""
    parts = [f"## {kind.type}", both(chinese, english) if chinese else english, options, keys]
    return "\n\n".join(part for part in parts if part)
