"""The page of functions and operators of the expression language, from their declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from designer_schemas.reference.function_families import FAMILIES
from designer_schemas.reference.markdown import both, code, page, table
from engine.expressions import ExpressionError, parse
from engine.expressions.function import Function, Parameter
from engine.expressions.functions import BUILTIN, OPERATORS
from engine.expressions.meaning import Row, rows
from engine.expressions.tree import Call, Operation, Tree, children
from forms.functions.under import Under

SIGNS = {"neg": "-x"}
EVERYWHERE = "全部 / all"
MEMORY = "内存 / memory"
HEAD = (
    "函数 / function",
    "参数 / arguments",
    "结果 / result",
    "计算于 / computed in",
    "说明 / meaning",
    "示例 / examples",
)
LONGEST_RECORD = 160
"""An example from the table of meanings shows its record; a longer one would fill the page."""


def functions() -> str:
    """docs/reference/functions.md"""
    kinds: tuple[type[Function], ...] = (*BUILTIN, Under)
    known = {kind.type: kind for kind in kinds}
    sections = [
        f"## {zh} / {en}\n\n{table(HEAD, _rows(known[name] for name in names))}" for zh, en, names in FAMILIES
    ]
    return page(
        "函数与运算符",
        "Functions and operators",
        both(
            "方括号表示可省略，`…` 表示可重复。没有特别说明时，任一参数为空则结果为空。结果“随参数”表示类型由参数决定。"
            "示例后括号里是所用的记录，`old` 是它修改前的样子。",
            "Brackets mean optional, `…` means repeated. Unless it says otherwise, a null argument gives null. "
            "A result that “depends” has a type that follows from the arguments. After an example stands the record "
            "it is computed on, `old` is that record before a change.",
        ),
        both(
            "“全部”指内存、SQLite、PostgreSQL 和 DuckDB 都能算，结果相同。“内存”指只在保存、规则和流程中计算："
            "行级权限、列表筛选、时间规则和报表不能直接使用，请先存入公式字段。",
            "“all” means in memory, in SQLite, in PostgreSQL and in DuckDB, with the same result. “memory” means "
            "only while records are saved and in rules and flows: row permissions, list filters, time rules and "
            "reports cannot use it; store the value in a formula field first.",
        ),
        *sections,
        "## 运算符 / Operators",
        table(HEAD, _rows(OPERATORS, call=False)),
    )


def _rows(kinds: Iterable[type[Function]], *, call: bool = True) -> Iterator[tuple[str, ...]]:
    for kind in kinds:
        result = getattr(kind, "result", None)
        yield (
            code(_call(kind) if call else SIGNS.get(kind.type, kind.type)),
            "<br>".join(_argument(each) for each in kind.parameters),
            f"{result.label['zh']} / {result.label['en']}" if result is not None else "随参数 / depends",
            MEMORY if kind.in_memory else EVERYWHERE,
            f"{kind.doc['zh']}<br>{kind.doc['en']}",
            "<br>".join(_examples(kind)),
        )


def _call(kind: type[Function]) -> str:
    return f"{kind.type}({', '.join(_name(each) for each in kind.parameters)})"


def _name(parameter: Parameter) -> str:
    name = f"{parameter.name}, …" if parameter.repeated else parameter.name
    return f"[{name}]" if parameter.optional else name


def _argument(parameter: Parameter) -> str:
    wanted = parameter.wanted
    return f"`{parameter.name}`：{wanted['zh']} / {wanted['en']}"


def _examples(kind: type[Function]) -> Iterator[str]:
    """The function's own, else the shortest telling ones from the table of meanings."""
    for each in kind.examples:
        yield f"`{each.expression}` → `{each.result}`"
    shown = [] if kind.examples else _from_the_table().get(kind.type, [])
    for row in sorted(shown, key=lambda each: _dullness(each, kind.type))[:2]:
        yield f"`{row.expression}` → `{row.result}`<br>({code(row.record)})"


def _dullness(row: Row, name: str) -> int:
    """Empty records and rows show little, and so does a function inside others."""
    nothing = row.record == "{}" or "[{}" in row.record or "[]" in row.record
    return (
        4 * nothing
        + 2 * (not row.expression.startswith(f"{name}("))
        + (row.result == "false" or set(row.result) <= set("0."))
    )


@lru_cache(maxsize=1)
def _from_the_table() -> dict[str, list[Row]]:
    """Rows by the functions and operators they show, the shortest first."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows(), key=lambda each: len(each.expression) + len(each.record)):
        if row.result == "null" or len(row.record) > LONGEST_RECORD:
            continue
        try:
            tree = parse(row.expression)
        except ExpressionError:
            continue
        for name in dict.fromkeys(_named(tree)):
            found.setdefault(name, []).append(row)
    return found


def _named(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Call):
        yield tree.function
    elif isinstance(tree, Operation):
        yield tree.operator
    for each in children(tree):
        yield from _named(each)
