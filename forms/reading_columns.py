"""What one row of an answer is made of: columns with the grants that show them, and lists of references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.expressions import Params, Type
from engine.permissions.compiled import GrantSet
from forms.codec import Codec
from forms.compiled import Field, Form, RowKind
from forms.masking import masked
from forms.shape import PART
from forms.system_forms import NAME_PARTS, SYSTEM_FORMS, SystemForm

Path = tuple[str, ...]
FLAG = Codec("boolean")
TEXT = Codec("text")


@dataclass(frozen=True, slots=True)
class Column:
    """One selected value: where it goes in the answer, and how it becomes JSON. A part of a field goes into
    an object under the field's key. `shown_by` are the grants that show it (None: all do), `masked_by`
    those that show no more than its `mask`.
    """

    path: Path
    to_json: Any
    shown_by: tuple[int, ...] | None = None
    masked_by: tuple[int, ...] = ()
    mask: Any = None


@dataclass(slots=True)
class RowsPlan:
    """A printed statement for rows that belong to answers: one text that tells which, then the columns.

    For a child table the text is the parent's id and the variable is `parents`; for records that a list of
    references names it is their own id and the variable is `record_ids`. `lists` are answered afterwards.
    """

    text: str
    params: Params
    columns: list[Column]
    composed: tuple[Path, ...]
    lists: tuple[Listed, ...]
    versioned: bool = False
    shown: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of ids in an answer that becomes a list of objects."""

    path: Path
    plan: RowsPlan


def split(path: Path) -> Path:
    """Where a value stands in an answer: `period__start` is `start` in the object `period`."""
    return (*path[:-1], *path[-1].split(PART, 1)) if PART in path[-1] else path


def field_at(forms: Mapping[str, Form], row: RowKind | None, path: Path) -> Field | None:
    """The field at the end of a path; None in a system form."""
    for name in path[:-1]:
        found = row.find(name) if row is not None else None
        row = forms.get(behind(found.value_type)) if found is not None else None
    return row.find(path[-1]) if row is not None else None


def type_at(forms: Mapping[str, Form], row: RowKind, path: Path) -> Type:
    """The type of the value at the end of a path, in a system form too."""
    kind = _type_in(row, None, path[0])
    for name in path[1:]:
        kind = _type_in(forms.get(behind(kind)), SYSTEM_FORMS.get(behind(kind)), name)
    return kind


def _type_in(row: RowKind | None, system: SystemForm | None, name: str) -> Type:
    found = row.find(name) if row is not None else None
    if found is not None:
        return found.value_type
    if system is None:
        raise LookupError(name)
    return system.type_of(name)


def behind(kind: Type) -> str:
    """The form whose records a value names, alone or in a list."""
    return str((kind.item or kind).form)


def columns_of(forms: Mapping[str, Form], row: RowKind | None, paths: Sequence[Path]) -> list[Path]:
    """The paths, and for a field with parts the paths of those."""
    return [
        (*path[:-1], part)
        for path in paths
        for part in _parts(field_at(forms, row, path), path[-1]) or path[-1:]
    ]


def _parts(found: Field | None, name: str) -> list[str]:
    """The parts of a field at the end of a path; without a field it is one of a system form."""
    if found is not None:
        return [part.key for part in found.parts]
    return [part for part in NAME_PARTS if part.partition(PART)[0] == name]


def composed_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Where values of several parts stand in the answer."""
    return tuple(dict.fromkeys(split(path)[:-1] for path in paths if PART in path[-1]))


def codec_at(forms: Mapping[str, Form], row: RowKind | None, path: Path) -> Codec:
    """How the value at the end of a path is stored."""
    found = field_at(forms, row, path)
    if found is None:  # a system form
        return FLAG if path[-1] == "active" else TEXT
    return found.codec


def column_at(
    forms: Mapping[str, Form], row: RowKind, path: Path, grants: GrantSet, dialect: Any, *, prefix: str = ""
) -> Column:
    """The column of a path that starts in a row of `grants`; behind a reference what is masked is not there."""
    name = prefix + path[0]
    to_json = codec_at(forms, row, path).to_json(dialect)
    if grants.unlimited or grants.always_shows(name):
        return Column(split(path), to_json)
    shown = tuple(at for at, grant in enumerate(grants.grants) if grant.shows(name))
    masking = tuple(at for at, grant in enumerate(grants.grants) if grant.masks(name))
    found = field_at(forms, row, path) if masking and len(path) == 1 else None
    if found is None:
        return Column(split(path), to_json, shown)
    return Column(split(path), to_json, shown, masking, masked(found))


def divided(
    forms: Mapping[str, Form], row: RowKind | None, paths: Sequence[Path]
) -> tuple[list[Path], dict[Path, tuple[str, list[Path]]]]:
    """The paths that joins reach, and for each list of references that others pass the form it leads to and
    what is asked of its records. Before a path come the references that it passes, so that each has an id.
    """
    plain: dict[Path, None] = {}
    lists: dict[Path, tuple[str, list[Path]]] = {}
    for path in paths:
        here: RowKind | None = row
        for at, name in enumerate(path[:-1], 1):
            found = here.find(name) if here is not None else None
            plain.setdefault(path[:at])
            if found is not None and found.several:
                lists.setdefault(path[:at], (found.targets[0], []))[1].append(path[at:])
                break
            here = forms.get(behind(found.value_type)) if found is not None else None
        else:
            plain.setdefault(path)
    return list(plain), lists
