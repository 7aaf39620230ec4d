"""Canonical JSON back to a checked tree: proof that it says everything an evaluator needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.expressions.canonical import VERSION
from engine.expressions.function import Function
from engine.expressions.functions import BUILTIN, INTERNAL, OPERATORS
from engine.expressions.reading import value_of
from engine.expressions.typed import Aggregate, Apply, Constant, Field, Node, Rows, Variable
from engine.expressions.types import DURATION, Type

Document = Mapping[str, Any]
Functions = Mapping[tuple[str, str], Function]


def from_canonical(document: Document, *, added: Iterable[type[Function]] = ()) -> Node:
    """The checked tree, without spans. `added` are functions of plugins.

    Raises ValueError for another version, KeyError for a function nobody knows.
    """
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']} of canonical expressions is not known")
    known = (*OPERATORS, *INTERNAL, *BUILTIN, *added)
    functions = {(each.type, each.variant): each() for each in known}
    return _node(document["tree"], functions)


def _node(part: Document, functions: Functions) -> Node:
    kind = type_of(part["type"])
    match part["is"]:
        case "constant":
            return Constant(kind, value_of(part["value"], kind) if part["value"] != "" else "")
        case "field":
            return Field(kind, part["root"], tuple(part["path"]), tuple(part["forms"]))
        case "variable":
            return Variable(kind, part["name"])
        case "apply":
            arguments = tuple(_node(each, functions) for each in part["arguments"])
            return Apply(kind, functions[_name(part)], arguments, _option(part.get("option")))
        case "aggregate":
            rows = part["rows"]
            return Aggregate(
                kind,
                functions[_name(part)],
                Rows(rows["root"], tuple(rows["path"]), tuple(rows["forms"]), rows.get("of", "")),
                _maybe(part["value"], functions),
                _maybe(part["where"], functions),
                _maybe(part.get("order"), functions),
                part.get("descending", False),
            )
        case unknown:
            raise ValueError(f"there is no part '{unknown}'")


def _name(part: Document) -> tuple[str, str]:
    return part["function"], part.get("variant", "")


def _maybe(part: Document | None, functions: Functions) -> Node | None:
    return None if part is None else _node(part, functions)


def _option(option: Any) -> Any:
    return tuple(_option(each) for each in option) if isinstance(option, list) else option


def type_of(document: Document) -> Type:
    """A type as `type_json` writes it."""
    if document["kind"] == DURATION.kind:
        return DURATION
    plain = {name: document[name] for name in ("digits", "scale", "currency", "form") if name in document}
    if "options" in document:
        plain["options"] = tuple(document["options"])
    if "item" in document:
        plain["item"] = type_of(document["item"])
    return Type(document["kind"], **plain)
