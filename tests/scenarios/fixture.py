"""The state every scenario starts from: the organisation, the app and a few records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from examples.crm_demo.organisation import DEPT_OF, organisation
from tests.support.client import SignedIn

if TYPE_CHECKING:
    from engine.runtime import Runtime

CRM = Path(__file__).parents[2] / "examples" / "crm_app"
ZONE = ZoneInfo("Asia/Shanghai")
RECORDS = "/apps/crm/forms/{}/records"

REGIONS = (
    ("EAST", "华东", None, "east", "wang", []),
    ("EAST-JS", "江苏", "EAST", "east_js", "wang", ["jiangsu"]),
    ("EAST-ZJ", "浙江", "EAST", "east_zj", "wang", ["zhejiang"]),
    ("NORTH", "华北", None, "north", "zhang", ["beijing", "tianjin", "hebei"]),
    ("NW", "西北", None, "northwest", "ma", ["shaanxi", "gansu", "xinjiang"]),
)
PRODUCTS = (
    ("P1", "经典听装 500ml×12", "classic", "60.00", "38.00", 100),
    ("P2", "鲜啤 1L×6", "draft", "120.00", "70.00", 100),
    ("P3", "精酿礼盒", "craft", "198.00", "110.00", 20),
    ("P9", "遮阳伞", "merch", "80.00", None, 0),
)
CUSTOMERS = (
    ("C1", "苏州鼎盛商贸有限公司", "dealer", "A", "EAST-JS", "li", "13812345678"),
    ("C2", "杭州云栖酒店管理有限公司", "key_account", "B", "EAST-ZJ", "zhou", None),
    ("C3", "西安大唐餐饮管理有限公司", "company", "B", "NW", "he", None),
    ("C4", "北京中关村软件有限公司", "company", "C", "NORTH", "wu", None),
    ("C5", "杭州钱塘酒业有限公司", "dealer", "B", "EAST-ZJ", "zhou", None),
)
CREDIT = {"C1": 100_000_00}


def china(moment: str) -> datetime:
    """The moment that clocks in China show as `2026-03-17 10:00` (seconds may follow)."""
    return datetime.fromisoformat(moment).replace(tzinfo=ZONE)


@dataclass(frozen=True)
class Ids:
    """Record ids by the short names of the scenarios: C1, P2, EAST-JS."""

    known: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.known[name]


def publish_crm(runtime: Runtime) -> None:
    """Load the organisation and publish the app folder."""
    from engine.definitions.check import kinds
    from engine.definitions.folder import read_folder
    from engine.definitions.publish import publish
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    documents, findings = read_folder(CRM, kinds(runtime.registries))
    assert not findings
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, organisation())
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(work, documents)


def fill(runtime: Runtime, root: SignedIn) -> Ids:
    """Create the fixture's records as root; what people may not write is set by the engine."""
    ids: dict[str, str] = {}
    for code, name, parent, unit, manager, provinces in REGIONS:
        above = ids[parent] if parent else None
        values = {"code": code, "name": name, "parent": above, "unit": unit, "manager": manager}
        ids[code] = create(root, "region", {**values, "provinces": provinces})["id"]
    for sku, name, category, price, cost, safety in PRODUCTS:
        values = {"sku": sku, "name": name, "category": category, "list_price": price, "cost": cost}
        ids[sku] = create(root, "product", {**values, "safety_stock": safety})["id"]
    for key, name, kind, level, region, owner, phone in CUSTOMERS:
        values = {"name": name, "type": kind, "level": level, "region": ids[region], "phone": phone}
        ids[key] = create(root, "customer", {**values, "owner": owner, "dept": DEPT_OF[owner]})["id"]
        approve(runtime, ids[key], CREDIT.get(key, 0))
    return Ids(ids)


def create(user: SignedIn, form: str, values: dict[str, Any]) -> dict[str, Any]:
    """The record as the answer shows it."""
    answer = user.post(RECORDS.format(form), values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def approve(runtime: Runtime, customer: str, credit_limit: int) -> None:
    """Set what W03 would set; the limit in fen."""
    set_values(runtime, "customer", customer, {"approval": "approved", "credit_limit": credit_limit})


def set_values(runtime: Runtime, form: str, record: str, values: dict[str, Any]) -> None:
    """Write fields that are read-only for people, as the engine."""
    from engine.identity.principal import SYSTEM
    from forms import records
    from forms.compiled import compiled_form

    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        records.update(work, compiled_form(work.app("crm"), form), record, values)
