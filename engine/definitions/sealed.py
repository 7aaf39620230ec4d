"""Which encrypted fields an expression reads: a place that runs in the database cannot read them, and what goes out
with their values is kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions import CheckedExpression, ExpressionError, Scope, Shape
from engine.expressions.typed import OLD, PARENT, RECORD, ROW, Aggregate, Field, Node, inside, parts
from engine.findings import text


def unsealed(checked: CheckedExpression, scope: Scope) -> CheckedExpression:
    """The expression, when the database can compute it: it reads no encrypted field. Raises ExpressionError."""
    names = sealed_fields(checked, scope)
    if names:
        raise ExpressionError(
            "reads_encrypted",
            checked.tree.span,
            f"此处在数据库中计算，不能读取加密字段：{'、'.join(names)}。",
            f"This place runs in the database and cannot read encrypted fields: {', '.join(names)}.",
            suggestion=text("请改用其他字段。", "Use another field."),
        )
    return checked


def sealed_fields(checked: CheckedExpression, scope: Scope) -> list[str]:
    """The encrypted fields that an expression reads, as paths."""
    found = _reads(checked.node, scope, {RECORD: scope.shape, PARENT: scope.parent})
    return list(dict.fromkeys(found))


def _reads(node: Node, scope: Scope, roots: dict[str, Shape | None]) -> Iterator[str]:
    if isinstance(node, Field):
        shape = _end(node.root, node.forms, scope, roots)
        if node.path and node.path[-1] in getattr(shape, "sealed", ()):
            yield ".".join(node.path)
    for part in parts(node):
        yield from _reads(part, scope, roots)
    if isinstance(node, Aggregate):
        above = _end(node.rows.root, node.rows.forms, scope, roots)
        rows = above.child(node.rows.path[-1]) if above is not None and not node.rows.of else None
        rows = scope.shapes(node.rows.of) if node.rows.of else rows
        for part in inside(node):
            yield from _reads(part, scope, {RECORD: rows, PARENT: above})


def _end(root: str, forms: tuple[str, ...], scope: Scope, roots: dict[str, Shape | None]) -> Shape | None:
    """The shape that holds the last name of a path."""
    if forms:
        return scope.shapes(forms[-1])
    if root.startswith("$"):
        kind = scope.variables.get(root[1:])
        return scope.shapes(kind.form) if kind is not None and kind.form else None
    return {OLD: scope.shape, ROW: scope.row, **roots}.get(root)
