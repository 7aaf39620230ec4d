"""The page of field types."""

from __future__ import annotations

from collections.abc import Mapping

from designer_schemas.reference.described import of_module
from designer_schemas.reference.keys import keys_table
from designer_schemas.reference.kinds import typed
from designer_schemas.reference.markdown import both, page
from engine.registry import Registry
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
        *(typed("field_type", kind, of_module(kind), kind.Options, SHARED) for kind in kinds),
    )


def _system() -> str:
    return ", ".join(f"`{name}`" for name in SYSTEM_FIELDS)
