"""Regions and products, both told by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from examples.crm_demo.moments import FIRST_DAY, at
from examples.crm_demo.organisation import REPS
from examples.crm_demo.records import Record, cents

REGIONS = """
EAST     华东 -     east      wang  -                              1.25
EAST-JS  江苏 EAST  east_js   wang  jiangsu                        1.30
EAST-ZJ  浙江 EAST  east_zj   wang  zhejiang                       1.35
EAST-SH  沪皖 EAST  east_sh   wang  shanghai;anhui                 1.40
EAST-SD  山东 EAST  east_sd   wang  shandong                       1.05
NORTH    华北 -     north     zhang beijing;tianjin;hebei          1.20
NW       西北 -     northwest ma    shaanxi;gansu;xinjiang         0.80
SOUTH    华南 -     south     luo   -                              1.20
SOUTH-GD 两广 SOUTH south     luo   guangdong;guangxi;hainan       1.25
SOUTH-FJ 闽赣 SOUTH south     luo   fujian;jiangxi                 1.00
CENTRAL  华中 -     central   yao   hubei;hunan;henan              0.95
SW       西南 -     southwest xiong sichuan;chongqing;guizhou      0.90
"""
PRODUCTS = """
P1  经典听装_500ml×12   classic 500ml×12  box     60.00   38.00 270 100 on
P2  鲜啤_1L×6           draft   1L×6      box    120.00   70.00  30 100 on
P3  精酿礼盒            craft   750ml×6   box    198.00  110.00 180  20 on
P9  遮阳伞              merch   3m        set     80.00       -   -   0 on
P10 经典瓶装_500ml×12   classic 500ml×12  box     54.00   33.50 270 100 on
P11 经典听装_330ml×24   classic 330ml×24  box     72.00   45.00 270 100 on
P12 清爽听装_500ml×12   classic 500ml×12  box     48.00   30.20 270  80 on
P13 无醇听装_330ml×24   classic 330ml×24  box     84.00   52.00 270  40 on
P14 鲜啤桶_20L          draft   20L       bottle 260.00  148.00  21  30 on
P15 鲜啤桶_5L           draft   5L        bottle  88.00   49.00  21  40 on
P16 原浆_1.5L×4         draft   1.5L×4    box    136.00   78.50   7  30 on
P17 小麦白啤_330ml×24   craft   330ml×24  box    168.00   96.00 180  40 on
P18 印度淡色艾尔_330ml×12 craft 330ml×12  box    156.00   88.00 180  20 on
P19 帝国世涛_330ml×12   craft   330ml×12  box    216.00  125.00 365  10 on
P20 皮尔森_500ml×12     craft   500ml×12  box    132.00   76.00 180  30 on
P21 蜂蜜淡啤_330ml×24   craft   330ml×24  box    150.00   86.00 180  20 off
P22 酒杯_6只装          merch   6         set     45.00   21.00   -  20 on
P23 冰桶                merch   8L        set     58.00   27.50   -  20 on
P24 展示冰柜            merch   380L      set   2680.00 1890.00   -   5 on
P25 旧款纪念罐          classic 500ml×6   box     66.00   42.00 270   0 off
P26 冰柜安装            service -         set    300.00  160.00   -   0 on
P27 酒头清洗年度服务    service -         set   1200.00  520.00   -   0 on
P28 夏日派对套餐        package -         set    588.00  350.00  90  10 on
P29 门店启动套餐        package -         set   3980.00 2650.00  90   5 on
"""
FACTORS = {"A": Decimal("0.92"), "B": Decimal("0.95"), "C": Decimal("0.98"), "D": Decimal(1)}
"""What a customer of this level pays of the list price."""


def _cell(text: str) -> str | None:
    if text == "-":
        return None
    return text if text.isascii() else text.replace("_", " ")  # keys of departments keep theirs


def _rows(table: str) -> list[list[str | None]]:
    return [[_cell(cell) for cell in line.split()] for line in table.strip().splitlines()]


def regions() -> list[Record]:
    """The tree of sales regions, parents first."""
    columns = ("code", "name", "parent", "unit", "manager", "provinces", "capacity_index")
    return [
        Record(
            "code",
            **dict(zip(columns, row, strict=True)),
            lead_pool=list(REPS.get(str(row[0]), ())),
            active=True,
            created_at=at(FIRST_DAY, "08:00"),
        )
        for row in _rows(REGIONS)
    ]


def products() -> list[Record]:
    """All products; the best known come first."""
    columns = ("sku", "name", "category", "spec", "unit", "list_price", "cost", "shelf_days", "safety_stock")
    return [
        Record(
            "sku",
            **dict(zip(columns, row[:-1], strict=True)),
            barcode=barcode(number),
            tax_rate="6" if row[2] == "service" else "13",
            status=row[-1],
            created_at=at(FIRST_DAY, "08:00"),
        )
        for number, row in enumerate(_rows(PRODUCTS), start=1)
    ]


def barcode(number: int) -> str:
    """The EAN-13 of the product of this number, check digit included."""
    body = f"690123400{number:03d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def level_price(product: Record, level: str) -> Decimal:
    """What a customer of this level pays."""
    return cents(Decimal(product["list_price"]) * FACTORS[level])


def prices(all_products: list[Record]) -> list[Record]:
    """One price line per product and customer level."""
    return [
        Record(
            "",
            **{"#parent": product},
            level=level,
            min_qty=1,
            price=level_price(product, level),
            valid_from=date(2024, 11, 1),
        )
        for product in all_products
        for level in FACTORS
    ]
