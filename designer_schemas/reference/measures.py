"""The page of report measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from designer_schemas.reference.described import of_class, of_module
from designer_schemas.reference.markdown import both, code, page, table
from designer_schemas.reference.words import zh
from engine.registry import Registry
from reports.schema import Grain, ParamType


def measures(registries: Mapping[str, Registry]) -> str:
    """docs/reference/measures.md"""
    rows = [
        (code(kind.type), zh("measure", kind.type), f"{of_module(kind)} {of_class(kind)}")
        for kind in registries["measure"].values()
    ]
    return page(
        "报表度量",
        "Report measures",
        both("度量的 `agg` 取以下值：", "The `agg` of a measure is one of these:"),
        table(("agg", "中文", "English"), rows),
        both("日期维度的 `grain`：", "The `grain` of a date dimension:"),
        ", ".join(code(each) for each in get_args(Grain)),
        both("参数的 `type`：", "The `type` of a parameter:"),
        ", ".join(code(each) for each in get_args(ParamType)),
    )
