"""The page of findings: the codes and sentences that stand in the sources, read from their syntax trees.

A finding is made where something is checked: by a call that holds its code and, after it, a sentence in
Chinese and one in English. What is filled in at run time shows as `…`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from designer_schemas.reference.markdown import both, code, page, table

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
MESSAGE = "message"
"""The attribute that holds a sentence which another place has written."""
LEVELS = frozenset({"error", "warning", "info"})
PAIRS = frozenset({"text", "Text", "Sentence"})
OTHERS = frozenset({"Step", "_step"})
"""What has a code and sentences and is no finding."""
IMPLIED = {"mismatch": "type_mismatch"}
"""Functions that know the code of the finding they make."""

Sentences = tuple[str, str]
Named = dict[str, list[tuple[int, Sentences]]]
"""Name -> where it is given, and the sentences."""
Found = tuple[str, str, str]
"""Code, Chinese, English."""


def findings(rooms: Iterable[Path]) -> str:
    """docs/reference/findings.md"""
    seen: dict[Found, set[str]] = {}
    for room in rooms:
        for path in sorted(room.rglob("*.py")):
            for each in in_source(path.read_text("utf-8")):
                seen.setdefault(each, set()).add(room.name)
    rows = [(code(name), zh, en, ", ".join(sorted(where))) for (name, zh, en), where in sorted(seen.items())]
    return page(
        "提示",
        "Findings",
        both(
            "检查定义或保存记录时提示的代码；应用可以在校验、唯一约束和规则中定义自己的代码。`…` 处填入具体内容。",
            "What a check of definitions or a save of a record may remark; an app has codes of its own besides, in "
            "validations, unique constraints and rules. `…` is filled in.",
        ),
        table(("code", "中文", "English", "来源 / room"), rows),
    )


@cache
def in_source(source: str) -> tuple[Found, ...]:
    """What one file can remark: nothing, when it holds no Chinese."""
    return tuple(_in_tree(ast.parse(source))) if CHINESE.search(source) or MESSAGE in source else ()


def _in_tree(tree: ast.Module) -> Iterator[Found]:
    for scope in _scopes(tree):
        own = list(_own(scope))
        messages = _messages(own)
        for node in own:
            if isinstance(node, ast.Call):
                yield from _in_call(node, messages)
            elif isinstance(node, ast.Dict):
                yield from _in_dict(node)


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of functions inside it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from _own(node)


def _messages(own: Iterable[ast.AST]) -> Named:
    """Sentences that are given a name first."""
    found: Named = {}
    for node in own:
        if isinstance(node, ast.Assign) and (pair := _pair([node.value])):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append((node.lineno, pair))
    return found


def _in_call(call: ast.Call, messages: Named) -> Iterator[Found]:
    name = _called(call)
    if name in PAIRS or name in OTHERS:
        return
    found, rest = _code(call.args)
    if name in IMPLIED:
        found, rest = IMPLIED[name], call.args
    if found is None:
        return
    pair = _sentences(rest, messages)
    if pair is None:
        return
    if name.lstrip("_") == "unknown":
        pair = f"没有名为“…”的{pair[0]}。", f"There is no {pair[1]} named '…'."
    yield found, *pair


def _sentences(arguments: Sequence[ast.expr], messages: Named) -> Sentences | None:
    """The message of a call: written out, under a name, or not known before it runs."""
    for position, each in enumerate(arguments):
        if isinstance(each, ast.Name) and each.id in messages:
            return max((given for given in messages[each.id] if given[0] <= each.lineno), default=(0, None))[
                1
            ]
        if isinstance(each, ast.Attribute) and each.attr == MESSAGE:
            return "…", "…"
        if pair := _pair(arguments[position : position + 2]):
            return pair
    return None


def _in_dict(node: ast.Dict) -> Iterator[Found]:
    """A table from codes to sentences."""
    for key, value in zip(node.keys, node.values, strict=True):
        found = _text(key)
        pair = _pair(value.elts[:2]) if isinstance(value, ast.Tuple) and len(value.elts) > 2 else None
        if found is not None and CODE.fullmatch(found) and pair is not None:
            yield found, *pair


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _code(arguments: Sequence[ast.expr]) -> tuple[str | None, Sequence[ast.expr]]:
    for position, each in enumerate(arguments[:3]):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            if each.value in LEVELS:
                continue
            if CODE.fullmatch(each.value):
                return each.value, arguments[position + 1 :]
    return None, ()


def _pair(arguments: Sequence[ast.expr]) -> Sentences | None:
    """The first two sentences, Chinese and English, side by side, in a call or in a tuple."""
    for position, each in enumerate(arguments):
        inner: Sequence[ast.expr] = ()
        if isinstance(each, ast.Call) and _called(each) in PAIRS:
            inner = [*each.args, *(keyword.value for keyword in each.keywords)]
        elif isinstance(each, ast.Tuple):
            inner = each.elts
        elif position + 1 < len(arguments):
            inner = arguments[position : position + 2]
        zh, en = (_text(inner[0]), _text(inner[1])) if len(inner) >= 2 else (None, None)
        if zh is not None and en is not None and CHINESE.search(zh):
            return zh, en
    return None


def _text(node: ast.AST | None) -> str | None:
    """A text as it stands in the source; what is filled in is `…`."""
    if isinstance(node, ast.Constant):
        return node.value.replace("{}", "…") if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            (_text(each) or "…") if isinstance(each, ast.Constant) else "…" for each in node.values
        )
    return None
