"""Keys of fields and options out of what people call them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from engine.expressions.functions.romanized import syllables
from forms.read_fields import IN_ROWS

LONGEST = 40
_WORD = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def key_of(label: str, taken: Collection[str], *, otherwise: str = "field") -> str:
    """A free key for a label: 客户名称 is ke_hu_ming_cheng, `Unit price` is unit_price."""
    made = _words(label)
    if not made or not made[0].isalpha():
        made = f"{otherwise}_{made}" if made else otherwise
    made = _short(made)
    if made in IN_ROWS:
        made = _short(f"{made}_{otherwise}")
    return _free(made, taken)


def option_key(label: str, taken: Collection[str]) -> str:
    """A free key for an option, which may begin with a digit."""
    return _free(_short(_words(label)) or "option", taken)


def _words(label: str) -> str:
    plain = _HUMP.sub(" ", unicodedata.normalize("NFKC", label).strip())
    return "_".join(_WORD.findall(" ".join(syllables("full")(plain)).casefold()))


def _short(key: str) -> str:
    return key[:LONGEST].rstrip("_")


def _free(key: str, taken: Collection[str]) -> str:
    if key not in taken:
        return key
    number = 2
    while (numbered := f"{key[: LONGEST - 1 - len(str(number))].rstrip('_')}_{number}") in taken:
        number += 1
    return numbered
