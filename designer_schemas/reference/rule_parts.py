"""The pages of triggers and actions."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from designer_schemas.reference.described import of_class, of_module
from designer_schemas.reference.keys import keys_table
from designer_schemas.reference.kinds import typed
from designer_schemas.reference.markdown import both, page
from engine.registry import Registry
from forms.actions.create_record import Allocation
from rules.steps import WAIT, WaitParams


def triggers(registries: Mapping[str, Registry]) -> str:
    """docs/reference/triggers.md"""
    kinds = registries["trigger"].values()
    return page(
        "触发器",
        "Triggers",
        both(
            "时长写作 `2w`、`3d`、`168h`、`30m`、`10s`，可以连写（`1d12h`）；负号表示提前（`-30d`）。",
            "A span is written `2w`, `3d`, `168h`, `30m` or `10s`, also together (`1d12h`); a minus sign goes back (`-30d`).",
        ),
        *(typed("trigger", kind, of_class(kind), kind.Params, ()) for kind in kinds),
    )


def actions(registries: Mapping[str, Registry]) -> str:
    """docs/reference/actions.md"""
    kinds = registries["action"].values()
    wait = SimpleNamespace(type=WAIT)
    return page(
        "动作",
        "Actions",
        both(
            '流程与规则共用。每个动作都可以带条件 `when`；值是 JSON 常量，或 `{"expr": "表达式"}`。'
            "通知的文字是模板，`{{表达式}}` 处填入值。",
            "Shared by flows and rules. Every action may have a condition `when`; a value is a JSON literal or "
            '`{"expr": "expression"}`. Texts of a notification are templates: `{{expression}}` is filled in.',
        ),
        *(typed("action", kind, of_module(kind), kind.Params, ()) for kind in kinds),
        typed("action", wait, "A pause between the steps of a rule.", WaitParams, ()),
        "## allocate",
        both("把总额按权重分到各行，尾差归最后一行。", of_class(Allocation)),
        keys_table(Allocation),
    )
