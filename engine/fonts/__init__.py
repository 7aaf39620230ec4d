"""The font that ships with Fourfold, for everything that is drawn: printed records, pictures of charts.

`FourfoldSansSC-Regular.otf` is a subset of Noto Sans CJK SC under the SIL Open Font License (OFL.txt beside
it): the characters in `characters.txt`, which are GB 2312, the simplified characters of common dictionaries
and of Chinese places and names, Latin letters, digits, punctuation, currency signs and capital numerals.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
FONT = FOLDER / "FourfoldSansSC-Regular.otf"
FAMILY = "Fourfold Sans SC"
_CHARACTERS = FOLDER / "characters.txt"


@cache
def covered() -> frozenset[str]:
    """The characters that the font can show."""
    return frozenset(_CHARACTERS.read_text("utf-8")) | {" ", "\u00a0", "\u3000"}


def lacking(text: str) -> set[str]:
    """The characters of a text that the font cannot show."""
    return set(text) - covered()
