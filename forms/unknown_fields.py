"""Keys of a body that are none of the form, and what their writer may have meant: the label of a field, its key in
other letters, or a key that is spelled almost so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from engine.expressions.errors import meant, nearest
from engine.findings import Finding, Text
from forms.compiled import Form, RowKind

WRITABLE_SYSTEM = ("owner", "dept")
LONGEST = 60
"""So much of a key is looked at and quoted."""
CHECK_KEY = Text(zh="请检查字段键。", en="Check the key of the field.")


def unknown_field(pointer: str, key: str, known: str | None = None) -> Finding:
    """The answer for a field that does not exist, or that the reader may not know of; `known` is what may have been
    meant.
    """
    message = Text(zh=f"表单中没有字段“{key[:LONGEST]}”。", en=f"The form has no field '{key[:LONGEST]}'.")
    fix = meant(known) if known is not None else CHECK_KEY
    return Finding("error", "unknown_field", pointer, message, fix)


def meant_by(kind: RowKind, key: str, shows: Callable[[str], bool], *, guess: bool) -> str | None:
    """The one key, of those that `shows` lets the writer see, that an unknown key may stand for; None where there is
    none. Only with `guess` those spelled almost so are looked for, which takes long.
    """
    named = kind.once("called by people", lambda: _called(kind)).get(_folded(key), [])
    seen = [each for each in named if shows(each)]
    if seen or not guess:
        return seen[0] if len(seen) == 1 else None
    return nearest(key[:LONGEST], [each for each in _fillable(kind) if shows(each)])


def _fillable(kind: RowKind) -> list[str]:
    """What a body may name: fields that people fill in, and child tables."""
    own = [each.key for each in kind.fields.values() if not (each.system or each.derived)]
    return [*own, *WRITABLE_SYSTEM, *kind.children] if isinstance(kind, Form) else own


def _called(kind: RowKind) -> dict[str, list[str]]:
    """What people may write in the place of a key: its label, or the key in other letters -> the keys."""
    found: dict[str, list[str]] = {}
    children = kind.children if isinstance(kind, Form) else {}
    for key in _fillable(kind):
        named = kind.fields.get(key) or children.get(key)
        labels = tuple(named.label.values()) if named is not None else ()
        for word in {_folded(each) for each in (key, *labels)}:
            found.setdefault(word, []).append(key)
    return found


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word[:LONGEST]).strip().casefold()
