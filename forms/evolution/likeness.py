"""Whether values of one field are values of another as they are stored."""

from __future__ import annotations

from forms.compiled import Field

TEXTS = frozenset(
    {"text", "textarea", "markdown", "email", "phone", "url", "code", "barcode", "color", "uscc"}
)
WIDER: frozenset[tuple[str, str]] = frozenset(
    {(one, other) for one in TEXTS for other in ("text", "textarea", "markdown")}
    | {("select", "radio"), ("radio", "select"), ("multiselect", "checklist"), ("checklist", "multiselect")}
    | {
        ("rating", "int"),
        ("slider", "int"),
        ("slider", "decimal"),
        ("rating", "decimal"),
        ("percent", "decimal"),
    }
    | {("file", "image"), ("image", "file"), ("user", "user"), ("users", "users")}
) - {("file", "image")}
"""(before, after): types between which every value stays as it is, where both store it alike."""


def alike(before: Field, after: Field) -> bool:
    """Whether what the store holds for `before` is what it would hold for `after`."""
    return (
        (before.type == after.type or (before.type, after.type) in WIDER or before.derived)
        and _stored(before) == _stored(after)
        and before.sealed <= after.sealed
        and not (after.sealed and not before.sealed and before.codec.storage != "text")
        and not _lost_options(before, after)
    )


def _stored(field: Field) -> object:
    """How the values of a field are stored and what they refer to."""
    inner = getattr(field.codec, "inner", field.codec)
    said = field.value_type
    return (
        inner.storage,
        inner.scale,
        inner.form,
        tuple((name, codec.storage, codec.scale) for name, codec in inner.parts),
        said.form,
        said.item.form if said.item is not None else None,
        said.currency,
        field.parts and field.type,
        field.derived,
    )


def options_of(field: Field) -> set[str]:
    """The options it may hold; none where they are not fixed."""
    return set(field.value_type.options or ())


def _lost_options(before: Field, after: Field) -> bool:
    return bool(options_of(after) and renamed_options(before, after))


def renamed_options(before: Field, after: Field) -> dict[str, str]:
    """Old option -> the one that took its place."""
    had = options_of(before)
    found: dict[str, str] = {}
    for key, option in getattr(after.kind, "choices", {}).items():
        for old in getattr(option, "replaces", ()):
            if old in had and old not in options_of(after):
                found[old] = key
    return found
