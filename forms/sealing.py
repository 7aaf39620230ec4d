"""Encrypted fields: their values rest sealed, are found by a keyed hash, and are told nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as filled
from typing import Any

import orjson

from engine.definitions.context import Context, read_abroad
from engine.expressions import CheckedExpression, Shape
from engine.findings import Text
from engine.sealing.ring import KeyRing, key_of
from engine.storage.database import DialectName
from forms.codec import Codec, Convert
from forms.compiled import Blind, Field, Form, RowKind
from forms.dependencies import reads
from forms.read_fields import all_rows, field_pointer

UNTOLD = "••••••"
"""Stands for an encrypted value wherever it may not be told: history, conflicts, what flows and rules note."""


@dataclass(frozen=True, slots=True, eq=False)
class SealedCodec(Codec):
    """Stores what `inner` would as sealed text. With `hidden` not even an answer tells the value."""

    inner: Codec = filled(default_factory=lambda: Codec("text"))
    ring: KeyRing | None = None
    place: str = ""
    hidden: bool = False

    def __post_init__(self) -> None:
        self._write(_untold if self.hidden else self.inner.told, self._digest)

    def bind(self, dialect: DialectName) -> Convert:
        """The value as `inner` binds it on SQLite, as JSON, sealed."""
        plain = self.inner.bind("sqlite")

        def bind(value: Any) -> str:
            stored = value if plain is None else plain(value)
            return self._ring.seal(orjson.dumps(stored).decode(), self.place)

        return bind

    def load(self, dialect: DialectName) -> Convert:
        plain = self.inner.load("sqlite")
        return self._opened(plain)

    def to_json(self, dialect: DialectName) -> Convert:
        if self.hidden:
            return _untold
        return self._opened(self.inner.to_json("sqlite"))

    def from_log(self, value: Any) -> Any:
        return _untold(value)

    def sealed(self, value: Any) -> str | None:
        """A keyed hash of a memory value, by which it is found."""
        return None if value is None else self._ring.blind(self.place, str(self.inner.log_of(value)))

    def kept_of(self, value: Any) -> Any:
        return _untold(value)

    @property
    def _ring(self) -> KeyRing:
        if self.ring is None:
            raise LookupError(f"no key ring for {self.place}: this app was only checked")
        return self.ring

    def _digest(self, value: Any) -> str | None:
        """What the log keeps: whether a value is the same as before, not which."""
        if value is None:
            return None
        return "sealed:" + self._ring.blind(f"log:{self.place}", str(self.inner.log_of(value)))

    def _opened(self, plain: Convert) -> Callable[[Any], Any]:
        def opened(text: str) -> Any:
            if key_of(text) is None:
                return text  # stored before the field was encrypted; the job is on its way
            stored = orjson.loads(self._ring.unseal(text, self.place))
            return stored if plain is None else plain(stored)

        return opened


def _untold(value: Any) -> str | None:
    return None if value is None else UNTOLD


def blind_column(column: str) -> str:
    """The column of the blind index beside the column of a field."""
    return f"_blind_{column}"


def seal_fields(forms: Iterable[Form], context: Context) -> None:
    """Let encrypted fields rest sealed, with a blind index where they are `index` or `unique`."""
    for form, child, _pointer in all_rows(forms):
        row = child or form
        blinds = []
        for field in row.fields.values():
            if field.system or not (field.kind.options.encrypt or field.kind.secret):
                continue
            options = field.kind.options
            if not _sealable(field, field_pointer(form, child, field.key), context):
                continue
            codec = _sealed(field, f"{row.table}.{field.column}", context)
            field.codec, field.sealed = codec, True
            row.shape.sealed.add(field.key)
            if field.kind.secret:
                row.shape.types.pop(field.key, None)
                row.shape.whole.add(field.key)
            elif options.index or options.unique:
                field.blind = codec.sealed
                blinds.append(Blind(field.key, blind_column(field.column), codec.sealed))
        row.blinds = tuple(blinds)


def _sealed(field: Field, place: str, context: Context) -> SealedCodec:
    return SealedCodec(
        "text", inner=field.codec, ring=context.ring, place=place, hidden=bool(field.kind.secret)
    )


def _sealable(field: Field, pointer: str, context: Context) -> bool:
    if not (field.derived or field.parts or field.targets):
        return True
    context.error(
        "cannot_encrypt",
        f"{pointer}/encrypt",
        Text(
            zh=f"“{field.type}”字段不能加密存储。", en=f"A field of type '{field.type}' cannot be encrypted."
        ),
        Text(zh="请去掉 encrypt。", en="Take `encrypt` away."),
    )
    return False


def refuse_leaks(forms: Mapping[str, Form], context: Context) -> None:
    """No derived value may hold what an encrypted field hides: it would rest unsealed."""
    for form, child, _pointer in all_rows(forms.values()):
        for field in (child or form).fields.values():
            for owner, rows, key in reads(dict(forms), form, child, field):
                kind = forms[owner].children[rows] if rows else forms[owner]
                source = kind.find(key)
                if source is not None and source.sealed:
                    _leaks(field, key, field_pointer(form, child, field.key), context)
            for key in (*_preset_by(field, child or form), *_sealed_abroad(field, context)):
                _leaks(field, key, field_pointer(form, child, field.key), context)


def refuse_leak_abroad(
    field: Field, expression: CheckedExpression, pointer: str, context: Context, row: Shape | None
) -> bool:
    """Whether `field` would keep as it is what another app encrypts; adds the finding. `row` is the shape of the
    source row inside `for_each`.
    """
    told = () if field.sealed else sealed_abroad(expression, context, row)
    for name in (found := sorted(set(told))):
        _leaks(field, name, pointer, context)
    return bool(found)


def _sealed_abroad(field: Field, context: Context) -> Iterator[str]:
    """The encrypted fields of other apps that a value is computed from."""
    for expression in (field.expression, None if field.sealed else field.default_expression):
        if expression is not None:
            yield from sorted(set(sealed_abroad(expression, context)))


def sealed_abroad(expression: CheckedExpression, context: Context, row: Shape | None = None) -> Iterator[str]:
    """The encrypted fields of other apps that an expression reads, those of child rows among them."""
    for name in read_abroad(expression, row):
        app, form, *rows, key = name.split(".")
        holder: RowKind | None = context.abroad.get(f"{app}.{form}")
        if isinstance(holder, Form) and rows:
            holder = holder.children.get(rows[0])
        source = holder.find(key) if holder is not None else None
        if source is not None and source.sealed:
            yield name


def _preset_by(field: Field, row: RowKind) -> list[str]:
    """The encrypted fields of the row that a default is computed from."""
    if field.default_expression is None or field.sealed:
        return []
    paths = field.default_expression.dependencies
    return [path[0] for path in sorted(paths) if (found := row.find(path[0])) is not None and found.sealed]


def _leaks(field: Field, source: str, pointer: str, context: Context) -> None:
    context.error(
        "reads_encrypted",
        pointer,
        Text(
            zh=f"“{field.key}”由加密字段“{source}”得出，会以明文存储。",
            en=f"'{field.key}' is derived from the encrypted field '{source}' and would be stored as it is.",
        ),
        Text(zh="请不要在此引用加密字段。", en="Do not refer to an encrypted field here."),
    )
