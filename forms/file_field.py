"""The base of fields that hold files: what a field asks of a file that is put into it.

In memory and in JSON the value is the id of an uploaded file, or a list of ids. What the file is was found in
its content when it was uploaded; a field judges that when a record first holds it.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.files.media import BY_EXTENSION, FAMILIES, MACROS, covers, known
from engine.files.repository import StoredFile
from engine.files.uploads import megabytes
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import EMPTY, FieldType, Reading
from forms.operators import FILLED
from forms.picks import REPEATS
from forms.schema import FieldDocument
from forms.values import Problem, wrong_type

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
FILE = {"type": "string", "format": "uuid", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
UPLOADED = {"type": "object", "properties": {"id": FILE}, "required": ["id"]}
MAX_COUNT = 100
EXAMPLE_ID = "01f0c3a2-7b1e-7c4d-9a55-3d2f6b8e4c10"


class FileOptions(FieldDocument):
    """`types` are extensions (`pdf`), families (`image`, `document`, `spreadsheet`) or media types; without
    them everything is taken that is no program. Office files with macros (`docm`, `xlsm`, `pptm`) are a family
    `macros` of their own: `docx` and `document` are without. `max_size` is in bytes. `never_seen`: the same content must not
    have been in another record of the app.
    """

    types: tuple[str, ...] = Field(default=(), max_length=50)
    max_size: int | None = Field(default=None, ge=1)
    never_seen: bool = False


@dataclass(frozen=True, slots=True)
class Judging:
    """What a file is judged by beside its field: the moment, the app's zone, who saves, and the contents that
    other records of the app hold or held.
    """

    now: datetime
    zone: ZoneInfo
    user: str
    seen: frozenset[str] = frozenset()


class FileField(FieldType):
    """A field of one file. `strips`: readers get pictures without metadata."""

    Options: ClassVar[builtins.type[FieldDocument]] = FileOptions
    operators = FILLED

    @property
    def strips(self) -> bool:
        return False

    @property
    def never_seen(self) -> bool:
        """Whether the content must be new in the app."""
        return bool(getattr(self.options, "never_seen", False))

    def check(self, pointer: str, context: Context) -> None:
        self._refuse_encryption(pointer, context)
        for index, wanted in enumerate(self._types()):
            if not known(wanted):
                names = (*BY_EXTENSION, *FAMILIES)
                what = Text(zh="文件类型", en="file type")
                context.unknown("unknown_file_type", f"{pointer}/types/{index}", wanted, names, what)

    def _refuse_encryption(self, pointer: str, context: Context) -> None:
        """Only the id would be encrypted, which is no secret, and not the content."""
        if self.options.encrypt:
            context.error(
                "cannot_encrypt",
                f"{pointer}/encrypt",
                Text(zh="文件内容不能按字段加密。", en="The content of files is not encrypted by field."),
                Text(
                    zh="请去掉 encrypt，并加密存放文件的磁盘或存储桶。",
                    en="Take `encrypt` away and encrypt the disk or the bucket where files lie.",
                ),
            )

    def value_type(self) -> Type:
        return t.TEXT

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        return None if raw == "" else read_id(raw)

    def json_schema(self) -> dict[str, Any]:
        return {**FILE, "x-file": self._asked()}

    def also_read(self) -> Sequence[dict[str, Any]]:
        """A file as its upload answers."""
        return (UPLOADED, EMPTY)

    def ids(self, value: Any) -> tuple[str, ...]:
        """The files of a value in memory form."""
        return () if value is None else (value,)

    def judge(self, file: StoredFile, judging: Judging) -> Problem | None:
        """Why this file does not fit the field, or None."""
        return next(self._problems(file, judging), None)

    def _problems(self, file: StoredFile, judging: Judging) -> Iterator[Problem]:
        taken = not self._types() or covers(self._types(), str(file.type))
        if not taken and covers((MACROS,), str(file.type)):
            yield Problem(
                "file_type",
                "文件中含有宏，此处不接收。",
                "The file holds macros and is not taken here.",
                "请另存为不含宏的格式（.docx、.xlsx、.pptx）后上传。",
                "Save it without macros (.docx, .xlsx, .pptx) and upload that.",
            )
        elif not taken:
            listed = "、".join(self._types())
            yield Problem(
                "file_type",
                f"此处不接收 {file.type} 类型的文件。",
                f"Files of type {file.type} are not taken here.",
                f"可用：{listed}。",
                f"Use one of {', '.join(self._types())}.",
            )
        most = self._most()
        if most is not None and file.size > most:
            yield Problem(
                "file_too_large",
                f"文件 {megabytes(file.size)} MB，最多 {megabytes(most)} MB。",
                f"The file has {megabytes(file.size)} MB; at most {megabytes(most)} MB are taken.",
                "请压缩后重新上传。",
                "Make it smaller and upload it again.",
            )
        if self.never_seen and file.sha256 in judging.seen:
            yield Problem(
                "file_seen_before",
                "相同内容的文件已在其他记录中使用过。",
                "A file with the same content is in another record already.",
                "请上传新的文件。",
                "Upload a new one.",
            )

    def _types(self) -> tuple[str, ...]:
        return tuple(self.options.types)

    def _most(self) -> int | None:
        most: int | None = self.options.max_size
        return most

    def _asked(self) -> dict[str, Any]:
        """What the schema of a record says about files, for those who choose one."""
        asked: dict[str, Any] = {"types": list(self._types())}
        if self._most() is not None:
            asked["max_size"] = self._most()
        if self.never_seen:
            asked["never_seen"] = True
        return asked


class SeveralFiles(FileField):
    """A field of several files, in order; mixed in before a field of one."""

    def value_type(self) -> Type:
        return t.choices(None)

    def codec(self) -> Codec:
        return Codec("list")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, list):
            raise wrong_type("文件 id 的列表", "A list of ids of files", f'["{EXAMPLE_ID}"]')
        most = self.options.max_count
        if len(raw) > REPEATS * most:
            raise _too_many_files(len(raw), most)
        found = []
        for index, each in enumerate(raw):
            try:
                found.append(read_id(each))
            except Problem as problem:
                problem.pointer = f"/{index}"
                raise
        ids = tuple(dict.fromkeys(found))
        if len(ids) > most:
            raise _too_many_files(len(ids), most)
        return ids or None

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": FILE,
            "uniqueItems": True,
            "maxItems": self.options.max_count,
            "x-file": self._asked(),
        }

    def also_read(self) -> Sequence[dict[str, Any]]:
        items, most = {"anyOf": [FILE, UPLOADED]}, REPEATS * self.options.max_count
        return ({"type": "array", "items": items, "maxItems": most},)

    def ids(self, value: Any) -> tuple[str, ...]:
        return tuple(value or ())


def _too_many_files(found: int, most: int) -> Problem:
    return Problem(
        "too_many_files",
        f"最多 {most} 个文件，现有 {found} 个。",
        f"At most {most} files are taken; there are {found}.",
        "请去掉一些文件。",
        "Leave some out.",
    )


def read_id(raw: Any) -> str:
    """The id of a file, or an object with its `id` (as an upload answers). Raises Problem."""
    if isinstance(raw, dict):
        raw = raw.get("id")
    if not isinstance(raw, str) or not ID.match(raw):
        raise wrong_type("已上传文件的 id", "The id of an uploaded file", f'"{EXAMPLE_ID}"')
    return raw
