"""Filters on fields that are compared only as a whole: masked ones, and encrypted ones by their blind index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.errors import EngineError
from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.expressions.typed import RECORD, Aggregate, Apply, Constant, Node
from engine.expressions.typed import Field as Name
from engine.findings import Text
from forms.access import Access
from forms.compiled import Field, Form, RowKind
from forms.reach import forms_in_reach
from forms.shape import WHOLE

EQUAL, AMONG, EMPTY = ("=", "<>"), "in_fixed", "ISBLANK"


class WholeValueOnly(EngineError):
    """This field can only be compared with a whole value, by = or in."""

    code = "whole_value_only"
    zh = "此字段只能用完整的值比较（= 或 in）。"
    fix_zh = '请写出完整的值，例如 phone = "+8613812345678"。'
    fix_en = 'Write the whole value, for example phone = "+8613812345678".'


class NotFindable(EngineError):
    """This encrypted field has no index, so records cannot be found by it."""

    code = "not_findable"
    zh = "此加密字段未建索引，不能用于筛选或排序。"
    fix_zh = "请在字段上设 index，或改用其他字段。"
    fix_en = "Set `index` on the field, or use another field."


def whole_values(access: Access, form: Form, checked: CheckedExpression) -> CheckedExpression:
    """The filter with such fields led to their whole values. Raises WholeValueOnly, NotFindable."""
    node = _Rewriting(access, form).node(checked.node)
    if node is checked.node:
        return checked
    return CheckedExpression(checked.source, checked.tree, node)


class _Rewriting:
    def __init__(self, access: Access, form: Form) -> None:
        self.access = access
        self.form = form

    def node(self, node: Node) -> Node:
        """The node with whole values compared as such; the same node when there are none."""
        if isinstance(node, Name):
            if self._special(node) is not None:
                raise WholeValueOnly(_about(node), pointer="/filter")
            return node
        if isinstance(node, Aggregate):
            for part in (node.value, node.where, node.order):
                self._refuse_rows(node, part)
            return node
        if not isinstance(node, Apply):
            return node
        compared = self._compared(node)
        if compared is not None:
            return compared
        arguments = tuple(self.node(each) for each in node.arguments)
        same = all(one is two for one, two in zip(arguments, node.arguments, strict=True))
        return node if same else replace(node, arguments=arguments)

    def _compared(self, node: Apply) -> Apply | None:
        """A comparison of one such field with constants."""
        kind = node.function.type
        names = [each for each in node.arguments if isinstance(each, Name) and self._special(each)]
        others = [each for each in node.arguments if each not in names]
        if len(names) != 1 or not (kind in EQUAL or kind in (AMONG, EMPTY)):
            return None
        if not all(isinstance(each, Constant) for each in others):
            return None
        name, found = names[0], self._special(names[0])
        whole = replace(name, path=(*name.path[:-1], WHOLE + name.path[-1]))
        hashed = None
        if found is not None and found.sealed and kind != EMPTY:
            if found.blind is None:
                raise NotFindable(pointer="/filter")
            hashed, whole = found.blind, replace(whole, type=t.TEXT)
        arguments = [whole if each is name else each for each in node.arguments]
        if hashed is not None:
            arguments = [_hashed(each, hashed) for each in arguments]
        return replace(node, arguments=tuple(arguments))

    def _special(self, node: Name) -> Field | None:
        """The field at the end of a path when it is encrypted, or masked for the reader."""
        form: Form | None = self.form
        forms = forms_in_reach(self.access.app)
        if node.root != RECORD:
            return None
        for target in node.forms:
            form = forms.get(target)
        found = form.find(node.path[-1]) if form is not None else None
        if found is None:
            return None
        covered = len(node.path) == 1 and self.access.seen(self.form.key).masks(node.path[0])
        return found if found.sealed or covered else None

    def _refuse_rows(self, node: Aggregate, part: Node | None) -> None:
        """Encrypted fields of child rows, or of records that refer here, have no place in a filter."""
        child: RowKind | None = None
        if node.rows.of:
            child = forms_in_reach(self.access.app).get(node.rows.of)
        elif not node.rows.forms:
            child = self.form.children.get(node.rows.path[-1])
        waiting = [part] if part is not None else []
        while waiting:
            each = waiting.pop()
            found = child.find(each.path[-1]) if isinstance(each, Name) and child is not None else None
            if found is not None and found.sealed:
                raise WholeValueOnly(pointer="/filter")
            waiting += each.arguments if isinstance(each, Apply) else ()


def _hashed(node: Node, hashed: Callable[[Any], str | None]) -> Node:
    """A constant as the blind index has it: as text."""
    if not isinstance(node, Constant) or node.value is None:
        return node
    if isinstance(node.value, tuple):
        return replace(node, type=t.list_of(t.TEXT), value=tuple(hashed(each) for each in node.value))
    return replace(node, type=t.TEXT, value=hashed(node.value))


def _about(node: Name) -> Text:
    name = ".".join(node.path)
    return Text(
        zh=f"“{name}”只能用完整的值比较（= 或 in）。",
        en=f"'{name}' can only be compared with a whole value, by = or in.",
    )
