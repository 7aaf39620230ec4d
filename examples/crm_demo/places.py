"""Where the cities of the demo lie: their codes and centres, and places and addresses in them."""

from __future__ import annotations

from examples.crm_demo.dice import Dice

CITIES = """
苏州 320500 31.2989 120.5853
南京 320100 32.0603 118.7969
无锡 320200 31.4912 120.3119
常州 320400 31.8107 119.9741
南通 320600 31.9796 120.8943
徐州 320300 34.2044 117.2859
杭州 330100 30.2741 120.1551
宁波 330200 29.8683 121.5440
温州 330300 27.9938 120.6994
绍兴 330600 30.0303 120.5801
嘉兴 330400 30.7461 120.7555
金华 330700 29.0789 119.6478
上海 310000 31.2304 121.4737
合肥 340100 31.8206 117.2272
芜湖 340200 31.3525 118.4331
济南 370100 36.6512 117.1201
青岛 370200 36.0671 120.3826
北京 110000 39.9042 116.4074
天津 120000 39.0842 117.2009
石家庄 130100 38.0428 114.5149
西安 610100 34.3416 108.9398
兰州 620100 36.0611 103.8343
乌鲁木齐 650100 43.8256 87.6168
广州 440100 23.1291 113.2644
深圳 440300 22.5431 114.0579
南宁 450100 22.8170 108.3665
福州 350100 26.0745 119.2965
厦门 350200 24.4798 118.0894
武汉 420100 30.5928 114.3055
长沙 430100 28.2282 112.9388
成都 510100 30.5728 104.0668
重庆 500000 29.5630 106.5516
"""
STREETS = (
    "人民路",
    "中山路",
    "解放路",
    "建设大道",
    "和平街",
    "平江路",
    "文化路",
    "新华街",
    "滨江大道",
    "工业园路",
)
_PLACES = {
    name: (code, float(lat), float(lng))
    for name, code, lat, lng in (line.split() for line in CITIES.strip().splitlines())
}
Point = tuple[float, float]


def city_of(text: str) -> str | None:
    """The city a name begins with."""
    return next((city for city in _PLACES if text.startswith(city)), None)


def near(city: str, dice: Dice) -> Point:
    """A place within some ten kilometres of the centre."""
    _, lat, lng = _PLACES[city]
    return lat + (dice.number(0, 2000) - 1000) / 10000, lng + (dice.number(0, 2000) - 1000) / 10000


def moved(point: Point, north: int, east: int) -> Point:
    """The place so many metres farther, near enough for some hundred of them."""
    return point[0] + north / 111_195, point[1] + east / 95_000


def place(point: Point | None) -> str | None:
    """The place as the files write it."""
    return None if point is None else f"{point[0]:.6f},{point[1]:.6f}"


def address(city: str, dice: Dice) -> str:
    """An address in the city as the files write it: code of the division | street | postcode."""
    return f"{_PLACES[city][0]} | {dice.pick(STREETS)} {dice.number(1, 399)} 号 |"
