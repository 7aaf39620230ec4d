"""Text that a spreadsheet would take for a formula, made harmless in csv files and read back.

A text that begins with one of the signs, after any number of apostrophes, gets one apostrophe more; reading
takes one away. So every text comes back as it was.
"""

from __future__ import annotations

import re

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def harmless(text: str) -> str:
    """The text as a csv cell that no spreadsheet runs."""
    return "'" + text if FORMULA.match(text) else text


def original(cell: str) -> str:
    """The text that `harmless` made this cell of."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
