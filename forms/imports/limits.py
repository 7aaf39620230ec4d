"""Bounds of what one file may hold. Loaded by the child process: no other imports."""

from __future__ import annotations

ROWS = 1_048_576
COLUMNS = 500
CELL_TEXT = 1_000_000
"""Characters of one cell."""

PARTS = 5_000
"""Entries of the archive of a workbook."""
PART_BYTES = 4_000_000_000
"""Of the largest part once it is unpacked; parts are read as a stream."""
STRINGS_BYTES = 400_000_000
"""Of the part with the shared texts once it is unpacked."""
SMALL_PART_BYTES = 20_000_000
"""Of the parts that are kept in memory as a whole."""
PAGE_BYTES = 50_000_000
"""Of a page of HTML."""
RATIO, RATIO_FROM = 400, 50_000_000
"""A part that is larger than the second and packed tighter than the first is a bomb, not a table."""

MEMORY_BYTES = 400_000_000
"""Address space of the process that reads a file."""
CPU_SECONDS = 900
