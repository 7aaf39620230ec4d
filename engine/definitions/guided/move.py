"""Moves fields of a form into one of its child tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.guided.occurrences import Occurrences
from engine.definitions.guided.rename import (
    RENAMED_FROM,
    Registries,
    prove_whole,
    published_key,
    refused,
)
from engine.definitions.modules.written import with_written, written_documents
from engine.definitions.pointers import Spot

MOVED_FROM = "moved_from"
SUBTABLE = "subtable"
TAKING = ("hidden", "masked", "readonly")
GIVING = ("read", "write")
"""What the fields of a grant say; for all forms at once only what takes away follows a field."""

NO_NAMES = frozenset({"key", "type", "label", "help", "form", RENAMED_FROM, MOVED_FROM})
"""What a field says that names no other field."""

Part = dict[str, Any]


def move_to_child(
    documents: Documents,
    form: str,
    keys: Sequence[str],
    child: str,
    label: Mapping[str, str] | None,
    registries: Registries,
    *,
    published: Documents | None = None,
) -> Documents:
    """The fields stand in the child table `child`, a new one when `label` is given, under their keys; where they
    are published they say what they were `moved_from`. Grants name them there, too.

    Expressions are left as they are: which row one would mean is not known. Raises Invalid, NotPublishable when
    the app does not check before.
    """
    document = documents["form"].get(form)
    if document is None:
        raise refused("unknown_form", "/form", f"没有表单“{form}”。", f"There is no form '{form}'.")
    table = _child_of(document, child, label)
    moved = [_field_of(document, key, f"/fields/{index}") for index, key in enumerate(keys)]
    _prove_free(moved, table, child)
    _prove_one_meaning(document, moved, table)
    prove_whole(documents, registries)
    origins = {each["key"]: _published(documents, published, form, document, each) for each in moved}
    inner = [*table["fields"], *(_as_row_field(each, origins[each["key"]]) for each in moved)]
    filled = {**table, "fields": inner}
    fields = [filled if each.get("key") == child else each for each in document["fields"]]
    if filled not in fields:
        fields.insert(fields.index(moved[0]), filled)
    left = {**document, "fields": [each for each in fields if each not in moved]}
    return _in_grants(pointers.with_document(documents, "form", form, left), form, keys, child)


def _child_of(document: Part, child: str, label: Mapping[str, str] | None) -> Part:
    there = next((each for each in document["fields"] if each.get("key") == child), None)
    if there is None and label is None:
        raise refused("required", "/label", "新的子表需要名称。", "A new child table needs a label.")
    if there is not None and (there["type"] != SUBTABLE or label is not None):
        raise refused("key_taken", "/child", f"键“{child}”已被占用。", f"The key '{child}' is taken.")
    return there or {"key": child, "type": SUBTABLE, "label": dict(label or {}), "fields": []}


def _field_of(document: Part, key: str, pointer: str) -> Part:
    found: Part | None = next((each for each in document["fields"] if each.get("key") == key), None)
    if found is None or found["type"] == SUBTABLE:
        raise refused("unknown_field", pointer, f"没有字段“{key}”。", f"There is no field '{key}'.")
    return found


def _prove_free(moved: Sequence[Part], table: Part, child: str) -> None:
    keys = [each["key"] for each in moved]
    taken = {each["key"] for each in table["fields"]}
    for index, key in enumerate(keys):
        if key in taken or key in keys[:index]:
            raise refused(
                "key_taken",
                f"/fields/{index}",
                f"子表“{child}”中已有“{key}”。",
                f"The child table '{child}' has '{key}' already.",
            )


def _prove_one_meaning(document: Part, moved: Sequence[Part], table: Part) -> None:
    """A name that both the record and its rows have would be that of the row all at once."""
    both = {each["key"] for each in table["fields"]} & {each["key"] for each in document["fields"]}
    for index, each in enumerate(moved):
        for name in sorted(both):
            if _names_in(each, name):
                raise refused(
                    "ambiguous_name",
                    f"/fields/{index}",
                    f"“{each['key']}”中的“{name}”在子表中会指另一个字段。",
                    f"'{name}' in '{each['key']}' would be another field in the child table.",
                )


def _names_in(field: Part, name: str) -> bool:
    """Whether an expression of a field has a name in it."""
    words = Occurrences(name)
    return any(
        words.replaced(None, value, name, chosen=())[2] for key, value in field.items() if key not in NO_NAMES
    )


def _published(
    documents: Documents, published: Documents | None, form: str, document: Part, field: Part
) -> str | None:
    return published_key(
        documents, published, Spot("form", form, ("fields", document["fields"].index(field)))
    )


def _as_row_field(field: Part, origin: str | None) -> Part:
    left = {key: each for key, each in field.items() if key not in (RENAMED_FROM, MOVED_FROM)}
    return left if origin is None else {**left, MOVED_FROM: origin}


def _in_grants(documents: Documents, form: str, keys: Sequence[str], child: str) -> Documents:
    """What a grant says of a field of the form it says of that of the rows."""
    for spot, role in list(written_documents(documents, "role")):
        grants = [_grant(each, form, keys, child) for each in role.get("grants", ())]
        if grants != role.get("grants", []):
            documents = with_written(documents, spot, {**role, "grants": grants})
    return documents


def _grant(grant: Part, form: str, keys: Sequence[str], child: str) -> Part:
    if grant.get("form") not in (form, "*") or not isinstance(grant.get("fields"), dict):
        return grant
    everywhere = grant["form"] == "*"
    fields = {
        name: _names(names, keys, child, keep=everywhere)
        if isinstance(names, list) and (name in TAKING or (name in GIVING and not everywhere))
        else names
        for name, names in grant["fields"].items()
    }
    return {**grant, "fields": fields}


def _names(names: list[str], keys: Sequence[str], child: str, *, keep: bool) -> list[str]:
    """`keep`: another form may have a field of that key."""
    found: list[str] = []
    for name in names:
        if name in keys:
            found += [name, f"{child}.{name}"] if keep else [f"{child}.{name}"]
        else:
            found.append(name)
    return found
