"""Departments and users of Qinghe Brewing Group: the fixture of the scenarios and the rest of the staff."""

from __future__ import annotations

from typing import Any

DEPARTMENTS = """
group        集团       Group                  -            fang
sales_center 销售中心   Sales_centre           group        liu
east         华东部     East_China             sales_center wang
east_js      江苏组     Jiangsu_team           east         wang
east_zj      浙江组     Zhejiang_team          east         wang
east_sh      沪皖组     Shanghai-Anhui_team    east         wang
east_sd      山东组     Shandong_team          east         wang
north        华北部     North_China            sales_center zhang
northwest    西北部     Northwest_China        sales_center ma
south        华南部     South_China            sales_center luo
central      华中部     Central_China          sales_center yao
southwest    西南部     Southwest_China        sales_center xiong
marketing    市场部     Marketing              group        lin
finance      财务部     Finance                group        zhao
service      客服部     Customer_service       group        huang
legal        法务部     Legal                  group        shen
logistics    物流部     Logistics              group        bao
engineering  工程服务部 Engineering_service    group        fu
"""
USERS = """
root   系统管理员 System_administrator group        -     admin
fang   方远   Fang_Yuan      group        -     ceo
zheng  郑国强 Zheng_Guoqiang group        fang  gm
liu    刘洋   Liu_Yang       sales_center zheng sales_director
wang   王芳   Wang_Fang      east         liu   regional_manager
zhang  张伟   Zhang_Wei      north        liu   regional_manager
ma     马军   Ma_Jun         northwest    liu   regional_manager
li     李娜   Li_Na          east_js      wang  sales_rep
sun    孙浩   Sun_Hao        east_js      wang  sales_rep
zhou   周杰   Zhou_Jie       east_zj      wang  sales_rep
wu     吴敏   Wu_Min         north        zhang sales_rep
he     何磊   He_Lei         northwest    ma    sales_rep
lin    林悦   Lin_Yue        marketing    fang  marketing_manager
zhao   赵静   Zhao_Jing      finance      fang  finance_manager,finance
qian   钱进   Qian_Jin       finance      zhao  finance
xu     徐晴   Xu_Qing        service      huang service_agent
gao    高敏   Gao_Min        service      huang service_agent
huang  黄涛   Huang_Tao      service      zheng service_manager
guo    郭凯   Guo_Kai        service      huang engineer
shen   沈洁   Shen_Jie       legal        fang  legal
bao    包军   Bao_Jun        logistics    zheng logistics
dl1    苏州鼎盛门户 Dingsheng_portal  -    -     dealer_portal
dl2    钱塘酒业门户 Qiantang_portal   -    -     dealer_portal
chen   陈晨   Chen_Chen      east_js      wang  sales_rep
tang   唐宁   Tang_Ning      east_zj      wang  sales_rep
xie    谢涛   Xie_Tao        east_zj      wang  sales_rep
lu     陆瑶   Lu_Yao         east_sh      wang  sales_rep
peng   彭博   Peng_Bo        east_sd      wang  sales_rep
yuan   袁野   Yuan_Ye        east_sd      wang  sales_rep
song   宋洁   Song_Jie       north        zhang sales_rep
han    韩雪   Han_Xue        north        zhang sales_rep
ren    任飞   Ren_Fei        northwest    ma    sales_rep
luo    罗文   Luo_Wen        south        liu   regional_manager
deng   邓岚   Deng_Lan       south        luo   sales_rep
feng   冯佳   Feng_Jia       south        luo   sales_rep
zeng   曾琪   Zeng_Qi        south        luo   sales_rep
yao    姚远   Yao_Yuan       central      liu   regional_manager
shi    石磊   Shi_Lei        central      yao   sales_rep
tan    谭静   Tan_Jing       central      yao   sales_rep
xiong  熊伟   Xiong_Wei      southwest    liu   regional_manager
mo     莫凡   Mo_Fan         southwest    xiong sales_rep
jiang  江雨   Jiang_Yu       southwest    xiong sales_rep
su     苏敏   Su_Min         marketing    lin   marketing
ding   丁宁   Ding_Ning      finance      zhao  finance
fu     傅强   Fu_Qiang       engineering  zheng engineer
wei    魏来   Wei_Lai        logistics    bao   logistics
"""
LEFT = ("xiong", "mo")
"""Two who left the company; their records stay."""

REPS = {
    "EAST-JS": ("li", "sun", "chen"),
    "EAST-ZJ": ("zhou", "tang", "xie"),
    "EAST-SH": ("lu",),
    "EAST-SD": ("peng", "yuan"),
    "NORTH": ("wu", "song", "han"),
    "NW": ("he", "ren"),
    "SOUTH-GD": ("deng", "feng"),
    "SOUTH-FJ": ("zeng",),
    "CENTRAL": ("shi", "tan"),
    "SW": ("mo", "jiang"),
}


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def _name(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en.replace("_", " ")}


def _known(**values: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if value != "-"}


def organisation() -> dict[str, Any]:
    """The document that the engine applies."""
    departments = [
        {"id": key, "name": _name(zh, en), **_known(parent=parent, head=head)}
        for key, zh, en, parent, head in _rows(DEPARTMENTS)
    ]
    return {
        "departments": departments,
        "users": [_user(row, number) for number, row in enumerate(_rows(USERS), start=1)],
    }


def _user(row: list[str], number: int) -> dict[str, Any]:
    key, zh, en, dept, superior, roles = row
    user: dict[str, Any] = {"id": key, "username": key, "name": _name(zh, en)}
    user |= _known(dept=dept, superior=superior)
    user |= {"roles": roles.split(","), "email": f"{key}@qinghe.example", "phone": f"1390000{number:04d}"}
    return user | ({"active": False} if key in LEFT else {})


DEPT_OF = {row[0]: row[3] for row in _rows(USERS)}
"""User -> department."""
