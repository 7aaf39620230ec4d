"""Names resolved against a scope: fields, paths along references, child tables, variables."""

from __future__ import annotations

from dataclasses import replace

from engine.expressions.errors import NOWHERE, Edit, ExpressionError, meant, nearest
from engine.expressions.scope import InParts, Labelled, ReferredTo, Scope, Shape
from engine.expressions.tree import Name
from engine.expressions.typed import OLD, PARENT, RECORD, ROW, Field, Node, Rows, Variable
from engine.expressions.types import Type
from engine.findings import Text, text

MAX_HOPS = 3


def resolve(name: Name, scope: Scope) -> Node:
    """The field, path or variable that `name` means. Raises ExpressionError."""
    head = name.parts[0]
    if head.startswith("$"):
        return _variable(name, scope)
    root, shape, path = _start(name, scope)
    if not path:
        raise _not_a_value(name, root)
    return _walked(name, root, shape, path, scope)


def resolve_rows(name: Name, scope: Scope) -> tuple[Rows, Shape, Shape, int] | None:
    """The child table, or the records that refer here, with which `name` starts: rows, their shape, the shape
    above, how many parts it took.
    """
    if name.parts[0].startswith("$"):
        return None
    root, shape, path = _start(name, scope)
    forms: list[str] = []
    for index, part in enumerate(path[: MAX_HOPS + 1]):
        child, of = shape.child(part), ""
        if child is None and root != OLD and (child := referring(shape, part)) is not None:
            of = child.key
        if child is not None:
            rows = Rows(root, path[: index + 1], tuple(forms), of)
            return rows, child, shape, len(name.parts) - len(path) + index + 1
        found = shape.type_of(part)
        target = scope.shapes(found.form) if found is not None and found.form else None
        if found is None or target is None:
            return None
        forms.append(found.form or "")
        shape = target
    return None


def referring(shape: Shape, name: str) -> Shape | None:
    """The shape of the records that refer to one of `shape` and are known there as `name`."""
    return shape.referring(name) if isinstance(shape, ReferredTo) else None


def _start(name: Name, scope: Scope) -> tuple[str, Shape, tuple[str, ...]]:
    """Root, its shape, and the rest of the path."""
    head = name.parts[0]
    roots = {
        OLD: scope.shape if scope.old else None,
        PARENT: scope.parent,
        ROW: scope.row,
    }
    shape = roots.get(head)
    alone = len(name.parts) == 1 and scope.shape.type_of(head) is not None  # a field of that name
    if shape is not None and not alone:
        return head, shape, name.parts[1:]
    if head in roots and scope.shape.type_of(head) is None and len(name.parts) > 1:
        raise _no_root(name, head)
    return RECORD, scope.shape, name.parts


def joined(shape: Shape, path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with a field and its part as one name: `period.start` is the column `period__start`."""
    if len(path) > 1 and shape.type_of(part := f"{path[0]}__{path[1]}") is not None:
        return (part, *path[2:])
    return path


def _walked(name: Name, root: str, shape: Shape, path: tuple[str, ...], scope: Scope) -> Field:
    forms: list[str] = []
    path = joined(shape, path)
    found = _field(name, shape, path[0], scope, first=root == RECORD)
    taken, rest = [path[0]], path[1:]
    while rest:
        if len(taken) > MAX_HOPS:
            raise _too_long(name)
        shape = _target(name, found, scope)
        forms.append(found.form or "")
        rest = joined(shape, rest)
        found = _field(name, shape, rest[0], scope, first=False)
        taken.append(rest[0])
        rest = rest[1:]
    return Field(found, root, tuple(taken), tuple(forms), span=name.span)


def _too_long(name: Name) -> ExpressionError:
    return ExpressionError(
        "path_too_long",
        name.span,
        f"路径最多经过 {MAX_HOPS} 次引用。",
        f"A path follows at most {MAX_HOPS} references.",
        suggestion=text("请先用引用带出字段。", "Add a lookup field on the way."),
    )


def _target(name: Name, reached: Type, scope: Scope) -> Shape:
    shape = scope.shapes(reached.form) if reached.kind == "ref" and reached.form else None
    if shape is None:
        raise ExpressionError(
            "not_a_reference",
            name.span,
            f"“{'.'.join(name.parts)}”中间的字段不是引用。",
            f"A field inside '{'.'.join(name.parts)}' is not a reference.",
        )
    return shape


def _field(name: Name, shape: Shape, part: str, scope: Scope, *, first: bool) -> Type:
    found = shape.type_of(part)
    if found is not None:
        return found
    if shape.child(part) is not None or referring(shape, part) is not None:
        raise ExpressionError(
            "child_outside_aggregate",
            name.span,
            f"“{part}”是多行记录，要用汇总函数。",
            f"'{part}' stands for several rows; use a function that sums them up.",
            suggestion=_of_rows(name, part),
        )
    raise _unknown(name, shape, part, scope, first=first)


def _of_rows(name: Name, part: str) -> Text:
    """How to use a child table, with the field of its rows that was named."""
    if name.parts[-1] == part:
        return text(f"例如 COUNT({part})。", f"For example COUNT({part}).")
    path = ".".join(name.parts)
    return text(f"例如 SUM({path}) 或 MAXOF({path})。", f"For example SUM({path}) or MAXOF({path}).")


def _unknown(name: Name, shape: Shape, part: str, scope: Scope, *, first: bool) -> ExpressionError:
    span = name.place(name.parts.index(part)) if part in name.parts else name.span
    best = _instead(shape, part, scope, first=first)
    if first and part == shape.key and len(name.parts) > 1:
        span, best = (name.place(0)[0], name.place(-1)[1]), ".".join(name.parts[1:])
    advice: Text | None = None
    if best is not None:
        advice = meant(best)
    elif part in shape.names():
        before = ".".join(name.parts[: name.parts.index(part) + 1]) if part in name.parts else part
        parts = shape.parts(part) if isinstance(shape, InParts) else ()
        known = [f"{before}.{each}" for each in parts]
        advice = text(
            f"“{part}”由几部分组成，请用点写出其中一部分：{'、'.join(known)}。",
            f"'{part}' has several parts; name one after a dot: {', '.join(known)}.",
        )
        if not known:
            advice = text(f"“{part}”不能用于表达式。", f"'{part}' cannot be used in expressions.")
    elif first:
        advice = text(f'如果是文本，请加引号："{part}"。', f'If it is a text, put it in quotes: "{part}".')
    return ExpressionError(
        "unknown_field",
        span,
        f"{shape.key} 没有字段“{part}”。",
        f"'{part}' is not a field of {shape.key}.",
        suggestion=advice,
        edit=None if best is None or span == NOWHERE else Edit(span, best),
    )


def _instead(shape: Shape, part: str, scope: Scope, *, first: bool) -> str | None:
    """The name to write in the place of `part`, if there is one that is likely meant."""
    if first and scope.parent is not None and scope.parent.type_of(part) is not None:
        return f"parent.{part}"
    if first and part in scope.variables:
        return f"${part}"
    if part in shape.names():
        return None
    labelled = shape.called(part) if isinstance(shape, Labelled) else None
    return labelled or nearest(part, shape.names())


def _variable(name: Name, scope: Scope) -> Node:
    head = name.parts[0].removeprefix("$")
    found = scope.variables.get(head)
    if found is None:
        known = (*scope.variables, "now", "today")
        best = nearest(head, known)
        raise ExpressionError(
            "unknown_variable",
            name.place(0),
            f"没有变量“${head}”。",
            f"There is no variable '${head}'.",
            suggestion=None if best is None else meant(f"${best}"),
            edit=None if best is None else Edit(name.place(0), f"${best}"),
        )
    if len(name.parts) == 1:
        return Variable(found, head, span=name.span)
    walked = _walked(name, f"${head}", _target(name, found, scope), name.parts[1:], scope)
    return replace(walked, forms=(found.form or "", *walked.forms))


def _not_a_value(name: Name, root: str) -> ExpressionError:
    return ExpressionError(
        "syntax",
        name.span,
        f"“{root}”后面要写字段。",
        f"'{root}' needs a field after it.",
        suggestion=text(f"例如 {root}.amount。", f"For example {root}.amount."),
    )


_ONLY = {
    OLD: text("old 只能在知道修改前内容的地方使用。", "old is only known where a change is seen."),
    PARENT: text("parent 只能在子表行中使用。", "parent is only known inside rows of a child table."),
    ROW: text("row 只能在 for_each 中使用。", "row is only known inside for_each."),
}


def _no_root(name: Name, head: str) -> ExpressionError:
    return ExpressionError(
        f"no_{head}", name.span, _ONLY[head]["zh"], _ONLY[head]["en"][0].upper() + _ONLY[head]["en"][1:]
    )
