"""Rows of a csv file as a stream, whatever it is encoded in. Runs in the child process."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from forms.imports import limits
from forms.imports.refusal import Refusal
from forms.imports.scripts import Script
from forms.imports.titles import LOOKED_AT, Titles, find_header
from forms.imports.xlsx import Row, too_many_columns, too_many_rows
from forms.transfers.escape import original

CHUNK = 1 << 20
TRIED = ("utf-8", "gb18030")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
SURE = 3
"""So many Chinese signs in utf-8 are no accident."""
SEPARATORS = ",;\t|"
_NAMED = re.compile(r"sep=([^\r\n\"])[\r\n]", re.IGNORECASE)
"""A first line that names the separator."""


def encoding_of(path: Path, wanted: str | None) -> str:
    """The encoding of a file: the wanted one, the one its first bytes name, utf-8, or gb18030 where that gives
    Chinese: texts of many other encodings can be read as gb18030, too, and give rare characters.

    Raises Refusal with the place of the first byte that fits nowhere.
    """
    if wanted is None:
        with path.open("rb") as file:
            head = file.read(4)
        wanted = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    tried = (wanted,) if wanted is not None else TRIED
    problems: list[tuple[int, int]] = []
    for name in tried:
        wrong = _first_wrong(path, name)
        if wrong is None and problems and not script_of(path, name).chinese:
            break
        if wrong is None:
            return name
        if name == TRIED[0] and _begins_as_utf8(path, wrong[1]):
            raise _mixed(*wrong)
        problems.append(wrong)
    row, byte = problems[0]
    raise Refusal(
        "wrong_encoding",
        f"无法识别文件编码：第 {row} 行（第 {byte} 字节）起不是有效的 {tried[0]} 文本。",
        f"The encoding is not known: from line {row} (byte {byte}) on this is no {tried[0]} text.",
        "请另存为“CSV UTF-8”，或在 encoding 中指明编码。",
        "Save it as 'CSV UTF-8', or name the encoding in `encoding`.",
        pointer="/options/encoding",
        line=row,
        byte=byte,
        tried=list(tried),
    )


def _begins_as_utf8(path: Path, size: int) -> bool:
    """Whether the bytes up to a place, which are utf-8, hold Chinese: in another encoding they would not fit."""
    with path.open("rb") as file:
        return len(_CHINESE.findall(file.read(min(size, CHUNK)))) >= SURE


def _mixed(row: int, byte: int) -> Refusal:
    return Refusal(
        "wrong_encoding",
        f"文件开头是 utf-8，但第 {row} 行（第 {byte} 字节）起不是：混有不同的编码，或内容被截断。",
        f"The file begins as utf-8, but from line {row} (byte {byte}) on it is not: encodings are mixed, or it is cut off.",
        "请把整个文件另存为“CSV UTF-8”。",
        "Save the whole file as 'CSV UTF-8'.",
        line=row,
        byte=byte,
        tried=[TRIED[0]],
    )


def known_encoding(name: str) -> Callable[[], codecs.IncrementalDecoder]:
    """What decodes texts of an encoding. Raises Refusal when there is none of this name."""
    try:
        with suppress(UnicodeError):
            b"a".decode(name)  # a LookupError for codecs that are no texts, such as zlib
        return codecs.getincrementaldecoder(name)
    except LookupError:
        raise Refusal(
            "unknown_encoding",
            f"没有编码“{name[:40]}”。",
            f"There is no encoding '{name[:40]}'.",
            "例如 utf-8、gb18030、big5、windows-1252。",
            "For example utf-8, gb18030, big5 or windows-1252.",
            pointer="/options/encoding",
        ) from None


def _first_wrong(path: Path, name: str) -> tuple[int, int] | None:
    """(line, byte) of the first place that is no text of this encoding."""
    decoder = known_encoding(name)()
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


def script_of(path: Path, name: str) -> Script:
    """The signs of a file that is read in an encoding."""
    with path.open(encoding=name, newline="") as file:
        return Script(iter(lambda: file.read(CHUNK), ""))


def read_csv(path: Path, *, encoding: str | None, separator: str | None, titles: Titles, row: Row) -> str:
    """Call `row` for each row that has cells; the encoding that was found. Where nothing says what stands between
    cells, it is what makes the known titles of the header.
    """
    found = encoding_of(path, encoding)
    csv.field_size_limit(limits.CELL_TEXT)
    with path.open(encoding=found, newline="") as file:
        first = _first_lines(file)
        named = _NAMED.match(first[0]) if first else None
        between = separator or (named[1] if named is not None else _separator(first, titles))
        file.seek(0)
        lines = _Lines(file)
        try:
            for number, cells in enumerate(_records(lines, between), start=1):
                lines.begin()
                if number == 1 and named is not None:
                    continue  # no row of the table: spreadsheet programs read it as we do
                if number > limits.ROWS:
                    raise too_many_rows()
                if len(cells) > limits.COLUMNS:
                    raise too_many_columns(number, len(cells))
                if any(cells):
                    row(number, [original(cell) if cell else None for cell in cells])
            lines.check_last(between)
        except csv.Error as wrong:
            raise _broken_csv(lines.first, str(wrong)) from wrong
    return found


def _first_lines(file: TextIO) -> list[str]:
    """The lines among which the header stands, unless they are too long for that."""
    lines, size = list[str](), 0
    while len(lines) < LOOKED_AT and size < limits.CELL_TEXT and (line := file.readline(limits.CELL_TEXT)):
        lines.append(line)
        size += len(line)
    return lines


class _Lines:
    """The lines of a file, remembering those of the row that is being read; `first` is where it begins."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = file
        self._row: list[str] = []
        self._last: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self._row.append(line)
            yield line

    def begin(self) -> None:
        """A row was read: the next line begins another one."""
        self.first += len(self._row)
        self._last, self._row = self._row, []

    def check_last(self, separator: str) -> None:
        """Raises Refusal when the last row ends within quotes: everything below them went into one cell."""
        try:
            list(csv.reader(self._last, delimiter=separator, strict=True))
        except csv.Error as wrong:
            if "end of data" in str(wrong):
                raise _open_quote(self.first - len(self._last)) from wrong


def _open_quote(line: int) -> Refusal:
    return Refusal(
        "broken_csv",
        f"第 {line} 行有双引号没有闭合，其后的内容都成了同一格。",
        f"Double quotes that begin in line {line} are never closed, so all that follows is one cell.",
        "请补上或删除该引号；文字中的引号应写两遍。",
        "Close or remove them; quotes within a text are written twice.",
        line=line,
    )


def _broken_csv(line: int, what: str) -> Refusal:
    zh = f"（一格超过 {limits.CELL_TEXT:,} 字）" if "field limit" in what else ""
    return Refusal(
        "broken_csv",
        f"从第 {line} 行起 CSV 格式有误{zh}。",
        f"From line {line} on this is no csv ({what}).",
        "请检查该行的双引号，或另存为 .xlsx。",
        "Look at the double quotes there, or save the file as .xlsx.",
        line=line,
    )


def _records(file: Iterable[str], separator: str) -> Iterator[list[str]]:
    return csv.reader(file, delimiter=separator)


def _separator(lines: Sequence[str], titles: Titles) -> str:
    """The sign that stands between the titles of the header; where none is known, the most frequent one of the first
    line that has any.
    """
    plain = next((line for line in lines if any(sign in line for sign in SEPARATORS)), "")

    def weight(sign: str) -> tuple[int, int, int]:
        try:
            rows = list(_records(lines, sign))
        except csv.Error:
            rows = []
        known = titles.known(find_header(rows, titles).titles) if rows else 0
        return known, plain.count(sign), -SEPARATORS.index(sign)

    return max(SEPARATORS, key=weight)
