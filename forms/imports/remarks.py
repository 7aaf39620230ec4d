"""What people are told of a file as a whole that was read all the same."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Text, warning
from forms.imports.options import ImportOptions
from forms.transfers.repository import Transfer


def remarks_on_file(transfer: Transfer, options: ImportOptions) -> Iterator[Finding]:
    """Rows above a header that was found and not named; an encoding that may be another one."""
    above, row = transfer.report.get("rows_above", 0), transfer.report.get("header_row")
    if above and options.header_row is None:
        message = Text(
            zh=f"第 {row} 行被认作表头，其上的 {above} 行未导入。",
            en=f"Row {row} was taken for the header; what stands above it is left out ({above} rows).",
        )
        fix = Text(zh="如不对，请用 header_row 指明。", en="If it is another one, say so in `header_row`.")
        yield warning("rows_above_header", "/header_row", message, fix)
    if transfer.report.get("doubtful"):
        message = Text(
            zh="文件按 gb18030 读取，其中有大量日文假名，汉字可能有误。",
            en="The file was read as gb18030; it holds much Japanese, whose other signs may be wrong.",
        )
        fix = Text(
            zh="如有乱码，请撤销导入，并在 encoding 中指明编码，如 euc-jp。",
            en="If so, undo the import and name the encoding in `encoding`, such as euc-jp.",
        )
        yield warning("encoding_doubtful", "/encoding", message, fix)
