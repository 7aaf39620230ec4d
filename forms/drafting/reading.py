"""The rows of a file for the draft of a form, read by the same child process as an import."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from engine.errors import Invalid
from engine.files.opened import incoming_folder
from engine.findings import Finding, text
from engine.runtime import Runtime
from forms.drafting.sheet import Sheet
from forms.imports.child import readers
from forms.imports.staged_rows import raw_rows

SECONDS = 60.0
MOST_ROWS = 20_000
"""So many rows are looked at; an import checks the rest."""


def read_sheet(runtime: Runtime, file: Path, *, sheet: str | None = None) -> Sheet:
    """The first rows of a sheet, of the first one by default. Raises Invalid for a file that cannot be read."""
    with tempfile.TemporaryDirectory(dir=incoming_folder(runtime.settings), prefix="sheet-") as place:
        folder = Path(place)
        asked = {"path": str(file.absolute()), "sheet": sheet, "encoding": None, "separator": None}
        found = readers(runtime).wait(folder, asked, seconds=SECONDS)
        if found is None:
            readers(runtime).stop(folder)
            found = {"refusal": _slow()}
        if "refusal" in found:
            refusal = found["refusal"]
            fix = refusal.get("fix") or text("", "")
            raise Invalid([Finding("error", refusal["code"], "", refusal["message"], fix)])
        rows = [row[1] for row in itertools.islice(raw_rows(folder / "rows.jsonl"), MOST_ROWS)]
        return Sheet(found["header"], rows)


def _slow() -> dict[str, object]:
    message = text("读取文件用时过长。", "Reading the file took too long.")
    return {"code": "too_large", "message": message, "fix": text("请拆分文件。", "Split the file.")}
