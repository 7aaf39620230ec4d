"""The page of functions and operators of the expression language, from their declarations."""

from __future__ import annotations

from collections.abc import Iterable

from designer_schemas.reference.markdown import both, code, page, table
from engine.expressions.function import Function, Parameter
from engine.expressions.functions import BUILTIN, OPERATORS

SIGNS = {"neg": "-x"}
HEAD = ("函数 / function", "结果 / result", "中文", "English", "示例 / examples")


def functions() -> str:
    """docs/reference/functions.md"""
    return page(
        "函数与运算符",
        "Functions and operators",
        both(
            "方括号表示可省略，`…` 表示可重复。没有特别说明时，任一参数为空则结果为空。",
            "Brackets mean optional, `…` means repeated. Unless it says otherwise, a null argument gives null.",
        ),
        "## 函数 / Functions",
        table(HEAD, _rows(BUILTIN)),
        "## 运算符 / Operators",
        table(("运算符 / operator", *HEAD[1:]), _rows(OPERATORS, call=False)),
    )


def _rows(kinds: Iterable[type[Function]], *, call: bool = True) -> Iterable[tuple[str, ...]]:
    for kind in kinds:
        result = getattr(kind, "result", None)
        memory = (" 只在内存中计算。", " In memory only.") if kind.in_memory else ("", "")
        yield (
            code(_call(kind) if call else SIGNS.get(kind.type, kind.type)),
            result.label if result is not None else "–",
            kind.doc["zh"] + memory[0],
            kind.doc["en"] + memory[1],
            "; ".join(f"`{each.expression}` → `{each.result}`" for each in kind.examples),
        )


def _call(kind: type[Function]) -> str:
    return f"{kind.type}({', '.join(_argument(each) for each in kind.parameters)})"


def _argument(parameter: Parameter) -> str:
    name = f"{parameter.name}, …" if parameter.repeated else parameter.name
    return f"[{name}]" if parameter.optional else name
