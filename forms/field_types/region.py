"""`region`: a province, city or district of China, stored by its code of six digits."""

from __future__ import annotations

from typing import Any, Literal

from forms.cells import Cell, empty, plain, read_text_cell
from forms.field_type import Reading
from forms.operators import WORDS
from forms.regions import LEVELS, REGIONS
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, wrong_type

Level = Literal["province", "city", "district"]


class RegionOptions(FieldDocument):
    """`level`: how exact it has to be at least; a city without districts is exact enough."""

    level: Level = "province"


class Region(TextField):
    """The first two digits are the province, four the city: `STARTSWITH(region, "31")` is all of Shanghai.
    `GET /regions?parent=320000` lists what is below a code.
    """

    type = "region"
    Options = RegionOptions
    operators = WORDS

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("行政区划代码", "The code of a region", '"310115"')
        division = REGIONS.by_code.get(raw)
        if division is None:
            raise Problem(
                "unknown_region",
                f"没有代码为“{raw[:20]}”的地区。",
                f"There is no region with the code '{raw[:20]}'.",
                "请用六位行政区划代码，例如 310115。",
                "Send a code of six digits, for example 310115.",
            )
        if LEVELS.index(division.level) < LEVELS.index(self.options.level) and REGIONS.children(raw):
            raise Problem(
                "region_too_wide",
                f"“{REGIONS.path_text(raw)}”不够具体，须到{_LEVEL_ZH[self.options.level]}。",
                f"'{REGIONS.path_text(raw)}' is not exact enough; name a {self.options.level}.",
                "请选择下级地区。",
                "Choose a region below it.",
            )
        return raw

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{6}$", "x-level": self.options.level}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """A code, a path of names such as 江苏省/南京市/玄武区, or a name that only one region has."""
        if empty(cell):
            return None
        text = plain(read_text_cell(cell))
        return REGIONS.named(text) or text

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        return None if value is None else REGIONS.path_text(value)


_LEVEL_ZH = {"province": "省", "city": "市", "district": "区县"}
