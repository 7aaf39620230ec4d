"""A small organisation for tests: the sales side of the CRM scenarios."""

from __future__ import annotations

from typing import Any


def _named(key: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "name": {"zh": zh, "en": en}, **more}


ORGANISATION: dict[str, Any] = {
    "departments": [
        _named("group", "集团", "Group"),
        _named("sales", "销售中心", "Sales", parent="group"),
        _named("east", "华东部", "East", parent="sales", head="wang"),
        _named("east_js", "江苏组", "Jiangsu", parent="east"),
        _named("east_zj", "浙江组", "Zhejiang", parent="east"),
        _named("north", "华北部", "North", parent="sales", head="zhang"),
        _named("finance", "财务部", "Finance", parent="group"),
    ],
    "users": [
        _named(
            "li",
            "李娜",
            "Li Na",
            dept="east_js",
            superior="wang",
            roles=["sales_rep"],
            email="li@example.com",
        ),
        _named("sun", "孙浩", "Sun Hao", dept="east_js", superior="wang", roles=["sales_rep"]),
        _named("zhou", "周杰", "Zhou Jie", dept="east_zj", superior="wang", roles=["sales_rep"]),
        _named("wu", "吴敏", "Wu Min", dept="north", superior="zhang", roles=["sales_rep"]),
        _named("wang", "王芳", "Wang Fang", dept="east", superior="liu", roles=["regional_manager"]),
        _named("zhang", "张伟", "Zhang Wei", dept="north", superior="liu", roles=["regional_manager"]),
        _named("liu", "刘洋", "Liu Yang", dept="sales", superior="zheng", roles=["sales_director"]),
        _named("zheng", "郑国强", "Zheng Guoqiang", dept="group", superior="fang", roles=["gm"]),
        _named("fang", "方远", "Fang Yuan", dept="group", roles=["ceo"]),
        _named("zhao", "赵静", "Zhao Jing", dept="finance", roles=["finance_manager", "finance"]),
        _named("qian", "钱进", "Qian Jin", dept="finance", superior="zhao", roles=["finance"]),
        _named("root", "管理员", "Administrator", roles=["admin"]),
    ],
}
