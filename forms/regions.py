"""The administrative divisions of China by their codes (GB/T 2260): province, city, district or county.

`regions.csv` is the list of the Ministry of Civil Affairs with the changes of 2023. A code tells its place:
`320100` is a city of `320000`, `320102` a district of it. Districts of the four municipalities, and counties
that a province governs itself, come right below the province.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from forms.values import Problem

LEVELS = ("province", "city", "district")
_SKIPPED = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
"""Rows that some lists put between a province and its counties."""


@dataclass(frozen=True, slots=True)
class Division:
    """One province, city or district. `en` is known of provinces."""

    code: str
    name: str
    en: str
    parent: str | None

    @property
    def level(self) -> str:
        """province, city or district."""
        return LEVELS[0 if self.code.endswith("0000") else 1 if self.code.endswith("00") else 2]


class Regions:
    """All divisions, read from the file when first asked for."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @cached_property
    def by_code(self) -> dict[str, Division]:
        """Every division by its code."""
        with self._file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        known = {row["code"] for row in rows}
        return {row["code"]: Division(parent=_above(row["code"], known), **row) for row in rows}

    @cached_property
    def _below(self) -> dict[str | None, tuple[Division, ...]]:
        found: dict[str | None, list[Division]] = {}
        for division in self.by_code.values():
            found.setdefault(division.parent, []).append(division)
        return {code: tuple(below) for code, below in found.items()}

    @cached_property
    def _by_name(self) -> dict[str, tuple[Division, ...]]:
        found: dict[str, list[Division]] = {}
        for division in self.by_code.values():
            found.setdefault(division.name, []).append(division)
        return {name: tuple(same) for name, same in found.items()}

    def children(self, code: str | None) -> tuple[Division, ...]:
        """What is right below a division; None: the provinces."""
        return self._below.get(code, ())

    def path(self, code: str) -> tuple[Division, ...]:
        """From the province down to the division."""
        found: list[Division] = []
        here = self.by_code.get(code)
        while here is not None:
            found.insert(0, here)
            here = self.by_code.get(here.parent) if here.parent else None
        return tuple(found)

    def path_text(self, code: str) -> str:
        """江苏省/南京市/玄武区; the code itself when there is no such division."""
        return "/".join(each.name for each in self.path(code)) or code

    def named(self, text: str) -> str | None:
        """The code a person means by 320102, 江苏省/南京市/玄武区, 江苏省南京市玄武区 or 玄武区; None for what
        is no division. Raises Problem for a name that several have.
        """
        if text in self.by_code:
            return text
        same = self._by_name.get(text, ())
        if len(same) > 1:
            paths = [self.path_text(each.code) for each in same[:5]]
            raise Problem(
                "ambiguous_region",
                f"有多个“{text}”。",
                f"Several regions are called '{text}'.",
                f"请写全：{'、'.join(paths)}。",
                f"Write the whole path: {', '.join(paths)}.",
            )
        return same[0].code if same else self._walked(text)

    def _walked(self, text: str) -> str | None:
        """Follow the names in `text` down from the province."""
        code: str | None = None
        rest = text.replace("-", "/").strip("/ ")
        while rest:
            below = self.children(code)
            step = next((each for each in below if rest.startswith(each.name)), None)
            if step is not None:
                code, taken = step.code, step.name
            else:
                taken = rest.partition("/")[0].strip()
                here = self.by_code[code].name if code else ""
                short = [each for each in below if len(taken) > 1 and each.name.startswith(taken)]
                if len(short) == 1:
                    code = short[0].code
                elif taken not in _SKIPPED and (not here or not here.startswith(taken)):
                    return None
            rest = rest[len(taken) :].lstrip("/ ")
        return code


def _above(code: str, known: set[str]) -> str | None:
    if code.endswith("0000"):
        return None
    city = f"{code[:4]}00"
    return city if city != code and city in known else f"{code[:2]}0000"


REGIONS = Regions(Path(__file__).with_suffix(".csv"))
