"""Why a whole file cannot be read, in words for people. Loaded by the child process: no other imports."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The file as a whole is refused: a code, a sentence and what to do, each in Chinese and English. `pointer` names
    the option that does not fit it.
    """

    def __init__(
        self,
        code: str,
        zh: str,
        en: str,
        fix_zh: str = "",
        fix_en: str = "",
        *,
        pointer: str = "",
        **details: Any,
    ) -> None:
        super().__init__(en)
        self.code = code
        self.pointer = pointer
        self.message = {"zh": zh, "en": en}
        self.fix = {"zh": fix_zh, "en": fix_en}
        self.details = details

    def as_json(self) -> dict[str, Any]:
        """As the child writes it for the parent."""
        found = {"code": self.code, "message": self.message, "fix": self.fix, "details": self.details}
        return {**found, "pointer": self.pointer} if self.pointer else found


SPLIT = ("请拆分文件，或另存为 CSV 后再导入。", "Split the file, or save it as CSV and import that.")
XLSX = ("请用 Excel 或 WPS 另存为 .xlsx。", "Save it as .xlsx in a spreadsheet program.")


def broken(en: str, zh: str = "内部结构无法读取") -> Refusal:
    """The file is damaged or no workbook at all: what is wrong, as far as it is known."""
    return Refusal(
        "broken_file",
        f"文件已损坏或不是 Excel 工作簿（{zh}）。",
        f"This is no intact workbook ({en}).",
        *XLSX,
    )
