"""The page of steps of test cases."""

from __future__ import annotations

from collections.abc import Mapping

from designer_schemas.reference.described import of_module
from designer_schemas.reference.kinds import typed
from designer_schemas.reference.markdown import both, page
from engine.registry import Registry


def test_steps(registries: Mapping[str, Registry]) -> str:
    """docs/reference/test_steps.md"""
    kinds = registries["test_step"].values()
    return page(
        "用例步骤",
        "Steps of test cases",
        both(
            "`tests/<key>.json` 中 `given` 与 `steps` 的各项。`as` 是操作者，省略时由应用以全部权限执行；"
            "`$名字` 代表前面步骤取了名的记录；`refused` 是预期的拒绝：代码，或 `字段:代码`。",
            "What stands in `given` and `steps` of `tests/<key>.json`. `as` is who acts; without it the app does, "
            "with all rights. `$name` is the record that a step before has named; `refused` the refusal that is "
            "expected: a code, or `field:code`.",
        ),
        *(typed("test_step", kind, of_module(kind), kind.Params, ("type",)) for kind in kinds),
    )
