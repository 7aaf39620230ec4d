"""The page of field types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from designer_schemas.reference.described import of_module
from designer_schemas.reference.keys import keys_table
from designer_schemas.reference.kinds import typed
from designer_schemas.reference.markdown import both, page
from engine.registry import Registry
from forms.field_type import FieldType
from forms.schema import SYSTEM_FIELDS, FieldDocument

SHARED = tuple(FieldDocument.model_fields)


def field_types(registries: Mapping[str, Registry]) -> str:
    """docs/reference/field_types.md"""
    kinds = registries["field_type"].values()
    return page(
        "字段类型",
        "Field types",
        both("每个字段都有的键：", "Keys that every field has:"),
        keys_table(FieldDocument),
        both(
            f"每条记录自带的系统字段：{_system()}。",
            f"System fields that every record has: {_system()}.",
        ),
        both(
            "“筛选”列出条件中可用的比较方式（见表达式一章）；由几部分组成的字段按部分筛选，例如 `period.start`。",
            "'In conditions' lists the operators that make sense; a field of several parts is asked by part, such "
            "as `period.start`.",
        ),
        *(part for kind in kinds for part in _kind(kind)),
    )


def _kind(kind: type[FieldType]) -> Iterator[str]:
    yield typed("field_type", kind, of_module(kind), kind.Options, SHARED)
    if kind.layout:
        yield both("没有值。", "It has no value.")
    elif kind.operators:
        named = ", ".join(f"`{operator}`" for operator in kind.operators)
        yield both(f"筛选：{named}", f"In conditions: {named}")


def _system() -> str:
    return ", ".join(f"`{name}`" for name in SYSTEM_FIELDS)
