"""Rows of a csv file as a stream, whatever it is encoded in. Runs in the child process."""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from forms.imports import limits
from forms.imports.refusal import Refusal
from forms.imports.xlsx import Row, too_many_columns, too_many_rows
from forms.transfers.escape import original

CHUNK = 1 << 20
TRIED = ("utf-8", "gb18030")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SEPARATORS = ",;\t|"


def encoding_of(path: Path, wanted: str | None) -> str:
    """The encoding of a file: the wanted one, the one its first bytes name, utf-8, or gb18030.

    Raises Refusal with the place of the first byte that fits nowhere.
    """
    if wanted is None:
        with path.open("rb") as file:
            head = file.read(4)
        wanted = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    tried = (wanted,) if wanted is not None else TRIED
    problems = []
    for name in tried:
        wrong = _first_wrong(path, name)
        if wrong is None:
            return name
        problems.append(wrong)
    row, byte = problems[0]
    raise Refusal(
        "wrong_encoding",
        f"无法识别文件编码：第 {row} 行（第 {byte} 字节）起不是有效的 {tried[0]} 文本。",
        f"The encoding is not known: from line {row} (byte {byte}) on this is no {tried[0]} text.",
        "请另存为“CSV UTF-8”，或在 encoding 中指明编码。",
        "Save it as 'CSV UTF-8', or name the encoding in `encoding`.",
        line=row,
        byte=byte,
        tried=list(tried),
    )


def _first_wrong(path: Path, name: str) -> tuple[int, int] | None:
    """(line, byte) of the first place that is no text of this encoding."""
    try:
        with suppress(UnicodeError):
            b"a".decode(name)  # a LookupError for codecs that are no texts, such as zlib
        decoder = codecs.getincrementaldecoder(name)()
    except LookupError:
        raise Refusal(
            "unknown_encoding", f"没有编码“{name[:40]}”。", f"There is no encoding '{name[:40]}'."
        ) from None
    line, read = 1, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as wrong:
                return line + chunk[: wrong.start].count(b"\n"), read + wrong.start
            except UnicodeError:
                return line, read
            # bytes of another encoding decode to private characters sooner or later
            if name == "gb18030" and any(unicodedata.category(sign) in ("Co", "Cn") for sign in set(text)):
                return line, read
            if not chunk:
                return None
            line += chunk.count(b"\n")
            read += len(chunk)


def read_csv(path: Path, *, encoding: str | None, separator: str | None, row: Row) -> str:
    """Call `row` for each row that has cells; the encoding that was found."""
    found = encoding_of(path, encoding)
    csv.field_size_limit(limits.CELL_TEXT)
    with path.open(encoding=found, newline="") as file:
        between = separator or _separator(file.readline())
        file.seek(0)
        try:
            for number, cells in enumerate(_records(file, between), start=1):
                if number > limits.ROWS:
                    raise too_many_rows()
                if len(cells) > limits.COLUMNS:
                    raise too_many_columns(number, len(cells))
                if any(cells):
                    row(number, [original(cell) if cell else None for cell in cells])
        except csv.Error as wrong:
            raise Refusal("broken_csv", f"CSV 格式有误：{wrong}。", f"This is no csv: {wrong}.") from wrong
    return found


def _records(file: Iterable[str], separator: str) -> Iterator[list[str]]:
    return csv.reader(file, delimiter=separator)


def _separator(line: str) -> str:
    """The sign that stands between the headers: the most frequent one."""
    return max(SEPARATORS, key=lambda sign: (line.count(sign), -SEPARATORS.index(sign)))
