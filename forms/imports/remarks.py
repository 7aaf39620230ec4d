"""What people are told of a file as a whole that was read all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.findings import Finding, Text, warning
from forms.imports.options import ImportOptions
from forms.transfers.repository import Transfer

_LANGUAGES = {"euc-jp": ("日文", "Japanese"), "euc-kr": ("韩文", "Korean")}


def remarks_on_file(transfer: Transfer, options: ImportOptions) -> Iterator[Finding]:
    """Rows above a header that was found and not named; columns without a title; no row below it; an encoding that
    may be another one.
    """
    above, row = transfer.report.get("rows_above", 0), transfer.report.get("header_row")
    if above and options.header_row is None:
        message = Text(
            zh=f"第 {row} 行被认作表头，其上的 {above} 行未导入。",
            en=f"Row {row} was taken for the header; what stands above it is left out ({above} rows).",
        )
        fix = Text(zh="如不对，请用 header_row 指明。", en="If it is another one, say so in `header_row`.")
        yield warning("rows_above_header", "/options/header_row", message, fix)
    untitled = transfer.report.get("untitled")
    if untitled:
        yield _without_title(untitled)
    if not transfer.progress["total"]:
        message = Text(zh="表头之下没有数据。", en="There is nothing below the header.")
        fix = Text(
            zh="请在表头之下填写数据，或用 sheet 指明其他工作表。",
            en="Fill in rows below it, or name another sheet in `sheet`.",
        )
        yield warning("no_rows", "", message, fix)
    other = transfer.report.get("doubtful")
    if other:
        message = Text(
            zh=f"文件按 gb18030 读取，但更像{_LANGUAGES[other][0]}（{other}），文字可能有误。",
            en=f"The file was read as gb18030; it looks like {_LANGUAGES[other][1]} ({other}), so texts may be wrong.",
        )
        fix = Text(
            zh=f"如有乱码，请撤销导入，并在 encoding 中指明编码，如 {other}。",
            en=f"If so, undo the import and name the encoding in `encoding`, such as {other}.",
        )
        yield warning("encoding_doubtful", "/options/encoding", message, fix)


def _without_title(letters: Sequence[str]) -> Finding:
    """Columns that spreadsheet programs call so hold data and have no title."""
    return warning(
        "untitled_column",
        "/header",
        Text(
            zh=f"第 {'、'.join(letters)} 列有数据但没有标题，未导入。",
            en=f"Columns without a title hold data that is left out: {', '.join(letters)}.",
        ),
        Text(zh="如需导入，请补上标题。", en="Give them titles if they are to be imported."),
    )
