"""Names of people and companies, with pinyin where a mail address needs it."""

from __future__ import annotations

from examples.crm_demo.dice import Dice


def _words(text: str) -> list[str]:
    return text.split()


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(first, second) for first, _, second in (word.partition(":") for word in text.split())]


SURNAMES = _pairs(
    """
    王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 周:zhou 吴:wu 徐:xu 孙:sun 马:ma
    朱:zhu 胡:hu 郭:guo 何:he 高:gao 林:lin 罗:luo 郑:zheng 梁:liang 谢:xie 宋:song 唐:tang 许:xu 韩:han
    冯:feng 邓:deng 曹:cao 彭:peng 曾:zeng 肖:xiao 田:tian 董:dong 袁:yuan 潘:pan 于:yu 蒋:jiang 蔡:cai
    余:yu 杜:du 叶:ye 程:cheng 苏:su 魏:wei 吕:lv 丁:ding 任:ren 沈:shen 姚:yao 卢:lu 姜:jiang 崔:cui
    钟:zhong 谭:tan 陆:lu 汪:wang 范:fan 金:jin
    """
)
GIVEN_NAMES = _pairs(
    """
    伟:wei 芳:fang 娜:na 敏:min 静:jing 丽:li 强:qiang 磊:lei 军:jun 洋:yang 勇:yong 艳:yan 杰:jie
    娟:juan 涛:tao 明:ming 超:chao 霞:xia 平:ping 刚:gang 桂英:guiying 建华:jianhua 文博:wenbo
    子涵:zihan 雨桐:yutong 浩然:haoran 欣怡:xinyi 宇轩:yuxuan 思远:siyuan 佳琪:jiaqi 志强:zhiqiang
    海燕:haiyan 晓东:xiaodong 玉兰:yulan 国庆:guoqing 春梅:chunmei 立新:lixin 红梅:hongmei 志远:zhiyuan
    思琪:siqi 俊杰:junjie 梦洁:mengjie 天宇:tianyu 雅婷:yating 嘉豪:jiahao 诗涵:shihan 博文:bowen
    若曦:ruoxi 泽宇:zeyu 可欣:kexin 一鸣:yiming 婉清:wanqing 鹏飞:pengfei 慧敏:huimin 振宇:zhenyu
    雪莹:xueying 家伟:jiawei 美玲:meiling 永康:yongkang 秀兰:xiulan 晨曦:chenxi 昊天:haotian 静怡:jingyi
    少华:shaohua 丽娟:lijuan 新民:xinmin 宏伟:hongwei 淑珍:shuzhen 光明:guangming 凤英:fengying
    学文:xuewen 爱华:aihua 长江:changjiang 彩云:caiyun 正阳:zhengyang 怡然:yiran 云飞:yunfei 乐瑶:leyao
    㛃:jie 䶮:yan
    """
)
CITIES = {
    "EAST-JS": ["苏州", "南京", "无锡", "常州", "南通", "徐州"],
    "EAST-ZJ": ["杭州", "宁波", "温州", "绍兴", "嘉兴", "金华"],
    "EAST-SH": ["上海", "合肥", "芜湖"],
    "EAST-SD": ["济南", "青岛"],
    "NORTH": ["北京", "天津", "石家庄"],
    "NW": ["西安", "兰州", "乌鲁木齐"],
    "SOUTH-GD": ["广州", "深圳", "南宁"],
    "SOUTH-FJ": ["福州", "厦门"],
    "CENTRAL": ["武汉", "长沙"],
    "SW": ["成都", "重庆"],
}
PROVINCES = dict(
    _pairs(
        """
        苏州:jiangsu 南京:jiangsu 无锡:jiangsu 常州:jiangsu 南通:jiangsu 徐州:jiangsu 杭州:zhejiang
        宁波:zhejiang 温州:zhejiang 绍兴:zhejiang 嘉兴:zhejiang 金华:zhejiang 上海:shanghai 合肥:anhui
        芜湖:anhui 济南:shandong 青岛:shandong 北京:beijing 天津:tianjin 石家庄:hebei 西安:shaanxi
        兰州:gansu 乌鲁木齐:xinjiang 广州:guangdong 深圳:guangdong 南宁:guangxi 福州:fujian 厦门:fujian
        武汉:hubei 长沙:hunan 成都:sichuan 重庆:chongqing
        """
    )
)
WORDS = _words(
    """
    鼎盛 云栖 大唐 远航 金樽 瑞丰 百川 恒达 聚源 万和 嘉禾 宏图 天成 顺昌 东方 华彩 新港 泰安 同福 锦绣
    星海 明珠 盛世 永利 凯旋 兴隆 悦来 四海 鸿运 福临 正大 中汇 佳美 博雅 优品 德胜 九州 长青 祥云 龙腾
    """
)
SUFFIXES = {
    "商贸有限公司": "retail",
    "餐饮管理有限公司": "catering",
    "科技股份有限公司": "software",
    "酒店管理有限公司": "catering",
    "建筑工程有限公司": "construction",
    "装备制造有限公司": "equipment",
    "通信服务有限公司": "telecom",
    "酒业有限公司": "brewing",
}
FOREIGN = _words(
    """
    Alpine Bergmann Cascade Dunmore Eastgate Fairhaven Greystone Harbour Ironwood Juniper Kingsley
    Lakeview Meridian Northwind Oakridge Pinnacle Quayside Riverton Silverline Thornbury Underhill
    Vanguard Westbrook Yellowstone Zephyr Ashford Bluewater Copperfield Drummond Evergreen
    """
)
FOREIGN_SUFFIXES = ["Trading Ltd.", "Hospitality Group", "Foods Inc.", "Retail GmbH", "Beverages Co., Ltd."]


def person(dice: Dice) -> tuple[str, str]:
    """
    A Chinese name and its pinyin as a mail address has it.
    """
    surname, given = dice.pick(SURNAMES), dice.pick(GIVEN_NAMES)
    return surname[0] + given[0], f"{given[1]}.{surname[1]}"


def company(city: str, dice: Dice) -> tuple[str, str]:
    """
    A Chinese company of the city and its industry.
    """
    suffix = dice.pick(list(SUFFIXES))
    return city + dice.pick(WORDS) + suffix, SUFFIXES[suffix]


def mobile(dice: Dice) -> str:
    """
    A mobile number as people write it.
    """
    return "1" + str(dice.number(3, 9)) + dice.digits(9)


def credit_code(dice: Dice) -> str:
    """
    A unified social credit code with a right check character (GB 32100).
    """
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91" + dice.digits(6) + "MA" + "".join(dice.pick(signs) for _ in range(7))
    total = sum(signs.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + signs[-total % 31]
