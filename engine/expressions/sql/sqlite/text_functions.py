"""Functions of texts that SQLite lacks, under the names that lowered expressions call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions import letters
from engine.expressions.functions import building, pieces, spelled
from engine.expressions.sql.sqlite.moments import moment_of, zone
from engine.expressions.sql.sqlite.wide import narrow

STRICT: dict[str, Callable[..., Any]] = {
    "ff_right": pieces.last_characters,
    "ff_found": pieces.position_in_text,
    "ff_split_part": pieces.piece_of_text,
    "ff_ends_with": lambda text, part: int(text.endswith(part)),
    "ff_substituted": pieces.substituted,
    "ff_substituted_once": pieces.substituted_once,
    "ff_replaced": pieces.replaced_at,
    "ff_repeated": building.repeated_text,
    "ff_padded_left": building.padded_left,
    "ff_padded_right": building.padded_right,
    "ff_proper": letters.proper,
    "ff_spelled_moment": lambda at, tz: spelled.spelled_moment(moment_of(at), zone(tz)),
    "ff_spelled_duration": spelled.spelled_duration,
    "ff_number_of_text": lambda text: narrow(spelled.number_of_text(text)),
}
NULL_TOLERANT: dict[str, Callable[..., Any]] = {
    "ff_joined_filled": building.joined_filled,
    "ff_joined_all": building.joined_all,
}
