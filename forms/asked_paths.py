"""The paths of fields that people name in `fields` and `sort`, among what they may see."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import EngineError
from engine.expressions import Scope, Shape, Type
from engine.expressions.names import joined
from engine.findings import Text
from forms.access import Access, VisibleShape
from forms.compiled import Form
from forms.reading_columns import Path
from forms.reading_plan import SortKey, UnknownField, default_fields
from forms.whole_values import NotFindable

SORTED_BY = 8
FIELDS = 200
LONGEST = 4


class TooMany(EngineError):
    """The question names too many fields."""

    code = "too_many_fields"
    zh = "所列字段过多。"
    fix_zh = "请减少字段。"
    fix_en = "Name fewer."


def read_sort(access: Access, form: Form, source: str | None) -> tuple[SortKey, ...]:
    """The order; `id` is added so that it is total."""
    keys: list[SortKey] = []
    parts = (source or seen_order(access, form, "-created_at") or "-id").split(",")
    if len(parts) > SORTED_BY:
        raise TooMany(
            Text(zh=f"最多按 {SORTED_BY} 个字段排序。", en=f"At most {SORTED_BY} fields can be sorted by."),
            pointer="/sort",
        )
    for index, part in enumerate(parts):
        name = part.strip()
        descending = name.startswith("-")
        path = read_path(access, form, name.lstrip("+-"), f"/sort/{index}")
        if all(key.path != path for key in keys):
            keys.append(SortKey(path, descending))
    if all(key.path != ("id",) for key in keys):
        keys.append(SortKey(("id",), keys[-1].descending))
    return tuple(keys)


def seen_order(access: Access, form: Form, order: str | None) -> str | None:
    """An order that the app gives, without what the reader does not see; None when nothing is left."""
    kept = [part for part in (order or "").split(",") if part and _orders(access, form, part.strip())]
    return ",".join(kept) or None


def _orders(access: Access, form: Form, part: str) -> bool:
    try:
        read_path(access, form, part.lstrip("+-"), "/sort")
    except (UnknownField, NotFindable):
        return False
    return True


def read_fields(access: Access, form: Form, source: str | None) -> list[Path]:
    """The asked fields with `id` and `rev` first; by default all but child tables."""
    if not source:
        return default_fields(form, access.seen(form.key), children=False)
    paths: list[Path] = [("id",), ("rev",)]
    parts = source.split(",")
    if len(parts) > FIELDS:
        raise TooMany(
            Text(zh=f"最多 {FIELDS} 个字段。", en=f"At most {FIELDS} fields can be asked."), pointer="/fields"
        )
    for index, part in enumerate(parts):
        name = part.strip()
        if name == "version" and name not in form.fields:
            continue  # another name of `rev`
        path = read_shown(access, form, name, f"/fields/{index}")
        if path not in paths:
            paths.append(path)
    return paths


def read_shown(access: Access, form: Form, name: str, pointer: str) -> Path:
    """A field, child table or path that is asked to be shown: it may pass references, lists of references and
    child tables, three at most, end at a field of several parts as a whole, or be masked. Raises UnknownField.
    """
    scope, (head, _, inside) = access.scope(form, masked=True), name.partition(".")
    if head not in form.children or not access.seen(form.key).shows(head):
        return _Walk(scope, pointer, name, lists=True).path(scope.shape, name)
    if not inside:
        return (head,)
    rows = VisibleShape(form.children[head].shape, access.seen(form.key), f"{head}.", masked=True)
    return (head, *_Walk(scope, pointer, name, lists=True, most=LONGEST - 1).path(rows, inside))


def read_path(access: Access, form: Form, name: str, pointer: str) -> Path:
    """A path that rows are compared or ordered by: along references, three at most. Raises UnknownField, and
    NotFindable for an encrypted field.
    """
    scope = access.scope(form)
    return _Walk(scope, pointer, name).path(scope.shape, name)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes along the names of one path; `asked` is the whole of it, for people."""

    scope: Scope
    pointer: str
    asked: str
    lists: bool = False
    most: int = LONGEST

    def path(self, shape: Shape | None, name: str) -> Path:
        path: Path = ()
        rest = tuple(name.split("."))
        while rest:
            rest = joined(shape, rest) if shape is not None else rest
            if shape is None or len(path) == self.most:
                raise self._unknown()
            kind = shape.type_of(rest[0])
            whole = self.lists and len(rest) == 1 and _is_whole(shape, rest[0])
            if kind is None and not whole:
                raise self._unknown()
            if not self.lists and rest[0] in getattr(shape, "sealed", ()):
                raise NotFindable(pointer=self.pointer)
            path, rest = (*path, rest[0]), rest[1:]
            shape = self._behind(kind)
        return path

    def _behind(self, kind: Type | None) -> Shape | None:
        """The shape of the records that a value names."""
        if self.lists and kind is not None and kind.kind == "choices":
            kind = kind.item
        return self.scope.shapes(kind.form) if kind is not None and kind.form else None

    def _unknown(self) -> UnknownField:
        name = self.asked[:80]
        return UnknownField(
            Text(zh=f"表单中没有字段“{name}”。", en=f"The form has no field '{name}'."), pointer=self.pointer
        )


def _is_whole(shape: Shape, name: str) -> bool:
    """Whether the shape has a field of several parts of this name."""
    return shape.type_of(name) is None and shape.child(name) is None and name in shape.names()
