"""What is known of a customer beyond its master data: place, interests, tags; and of an opportunity."""

from __future__ import annotations

from examples.crm_demo.dice import Dice
from examples.crm_demo.places import address, city_of, near, place
from examples.crm_demo.records import Record

TAGS = ("价格敏感", "重视时效", "连锁", "夜场", "宴席", "新店", "老客户")
EQUIPMENT = ("两头酒柜", "四头酒柜", "展示冰柜", "保鲜酒桶")
INTERESTS = ("云游戏", "高清直播", "智能安防", "车联网")
RIVALS = ("雪山啤酒", "金穗啤酒", "海港精酿", "北岸啤酒")


def portray(customers: list[Record], opportunities: list[Record]) -> None:
    """Fill in what the sales people noted."""
    dice = Dice("portrait")
    for number, customer in enumerate(customers, start=1):
        city = city_of(customer["name"])
        customer["address"] = address(city, dice) if city else None
        customer["geo"] = place(near(city, dice)) if city else None
        company = customer["type"] != "individual"
        customer["website"] = (
            f"https://www.kehu{number:03d}.example" if company and dice.chance(0.4) else None
        )
        customer["tags"] = dice.shuffled(TAGS)[: dice.number(0, 3)]
        equipped = customer["industry"] in {"construction", "equipment"}
        customer["equipment_pref"] = [dice.pick(EQUIPMENT)] if equipped else []
        customer["interest_5g"] = [] if company else dice.shuffled(INTERESTS)[: dice.number(1, 2)]
    for opportunity in opportunities:
        opportunity["confidence"] = 10 * dice.number(1, 10)
        opportunity["competitor"] = [dice.pick(RIVALS)] if dice.chance(0.3) else []
        opportunity["campaign"] = None
