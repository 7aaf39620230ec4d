"""All pages of docs/reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designer_schemas.reference.commands import commands
from designer_schemas.reference.errors import Status, errors
from designer_schemas.reference.field_types import field_types
from designer_schemas.reference.findings import findings
from designer_schemas.reference.flow_nodes import flow_nodes
from designer_schemas.reference.functions import functions
from designer_schemas.reference.kinds import definitions
from designer_schemas.reference.markdown import both, page
from designer_schemas.reference.measures import measures
from designer_schemas.reference.rule_parts import actions, triggers
from designer_schemas.reference.settings import settings
from designer_schemas.reference.test_steps import test_steps
from engine.errors import EngineError
from engine.registry import Registry


@dataclass(frozen=True, slots=True)
class Sources:
    """What the pages are written from."""

    registries: Mapping[str, Registry]
    errors: Iterable[type[EngineError]]
    status: Status
    rooms: Iterable[Path]
    commands: Any


def pages(sources: Sources) -> dict[str, bytes]:
    """File name -> content of every page, the index included."""
    texts = {
        "definitions.md": definitions(sources.registries),
        "field_types.md": field_types(sources.registries),
        "flow_nodes.md": flow_nodes(sources.registries),
        "triggers.md": triggers(sources.registries),
        "actions.md": actions(sources.registries),
        "measures.md": measures(sources.registries),
        "test_steps.md": test_steps(sources.registries),
        "functions.md": functions(),
        "errors.md": errors(sources.errors, sources.status),
        "findings.md": findings(sources.rooms),
        "settings.md": settings(),
        "commands.md": commands(sources.commands),
    }
    return {name: text.encode() for name, text in {**texts, "README.md": _index(texts)}.items()}


def _index(texts: Mapping[str, str]) -> str:
    titles = [f"- [{text.splitlines()[0].removeprefix('# ')}]({name})" for name, text in texts.items()]
    return page(
        "参考",
        "Reference",
        both(
            "这些页面由 `fourfold docs` 从代码生成，`make check` 检查它们是否最新。",
            "These pages are written by `fourfold docs` from the code; `make check` says when they are out of date.",
        ),
        "\n".join(titles),
    )
