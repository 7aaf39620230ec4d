"""JSON bodies and query parameters, read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from starlette.requests import Request

from api.problems import (
    DoubleKey,
    MalformedJson,
    NotUtf8,
    NulCharacter,
    NumberTooLong,
    UnknownParameter,
)
from engine.errors import MOST_TOLD, Invalid
from engine.findings import Text, error, text
from engine.json_text import double_key, nested_too_deep, not_json, too_deep

DIGITS = bytes(ord("0") if chr(byte) in "0123456789." else ord(" ") for byte in range(256))
MANY_DIGITS = b"0" * 16
EXACT_DIGITS = 15
MANY_TEXTS = 1000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TOO_DEEP = "depth limit exceeded"
"""What the parser says of nesting that it does not follow."""


async def json_body(request: Request, *, empty: Any = None) -> Any:
    """The parsed body; `empty` for no body at all.

    Raises MalformedJson with the position, NotUtf8, DoubleKey, NumberTooLong, NulCharacter, BodyTooLarge.
    """
    raw = await request.body()
    return empty if not raw.strip() else parse_json(raw)


async def json_object(request: Request, *, allowed: Iterable[str] | None = None) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object. Raises Invalid for unknown keys."""
    value = await json_body(request, empty={})
    if not isinstance(value, dict):
        message = text("请求体应为 JSON 对象。", "The body must be a JSON object.")
        raise Invalid([error("not_an_object", "", message)])
    if allowed is not None:
        names = set(allowed)
        unknown = [key for key in value if key not in names]
        if unknown:
            told = [_unknown_key(key, names) for key in unknown[:MOST_TOLD]]
            raise Invalid(told, further=len(unknown) - len(told))
    return value


def _unknown_key(key: str, names: set[str]) -> Any:
    known = ", ".join(sorted(names))
    return error(
        "unknown_key",
        f"/{key.replace('~', '~0').replace('/', '~1')}",
        text(f"不认识的键“{key[:60]}”。", f"'{key[:60]}' is not a known key."),
        text(f"可用：{known}。", f"Known keys: {known}."),
    )


def required_text(body: dict[str, Any], key: str) -> str:
    """A non-empty string of the body. Raises Invalid."""
    value = body.get(key)
    if isinstance(value, str) and value:
        return value
    raise Invalid([error("required", f"/{key}", text("此项必填，应为文本。", "This text is required."))])


def texts(body: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts of the body, () when it has none. Raises Invalid."""
    value = body.get(key, [])
    if isinstance(value, list) and len(value) <= MANY_TEXTS and all(isinstance(each, str) for each in value):
        return tuple(value)
    message = text("应为文本的列表。", "A list of texts is expected.")
    raise Invalid([error("wrong_type", f"/{key}", message)])


def parse_json(raw: bytes) -> Any:
    """JSON with nothing lost; a byte order mark before it is passed over. Raises MalformedJson, NotUtf8, DoubleKey,
    NumberTooLong, NulCharacter.
    """
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise _unread(raw, wrong) from None
    if too_deep(raw, value):
        raise _too_deep()
    double = double_key(raw, value)
    if double is not None:
        raise DoubleKey(pointer=double)
    if MANY_DIGITS in raw.translate(DIGITS):
        _refuse_long_numbers(raw)
    if b"\\u0000" in raw:
        for pointer in _nul_pointers(value, ""):
            raise NulCharacter(pointer=pointer)
    return value


def _unread(raw: bytes, wrong: orjson.JSONDecodeError) -> MalformedJson:
    """Why a body could not be parsed."""
    try:
        raw.decode()
    except UnicodeDecodeError as strange:
        return NotUtf8(details={"position": strange.start})
    if wrong.msg == TOO_DEEP:
        return _too_deep()
    return MalformedJson(
        not_json(wrong), details={"line": wrong.lineno, "column": wrong.colno, "position": wrong.pos}
    )


def _too_deep() -> MalformedJson:
    return MalformedJson(nested_too_deep(), fix=text("请减少嵌套的层数。", "Nest it less deeply."))


class _Long(str):
    """A number of a body with more digits than JSON keeps."""

    __slots__ = ()


def _refuse_long_numbers(raw: bytes) -> None:
    met: list[_Long] = []

    def look(number: str) -> float | _Long:
        mantissa = number.lower().split("e")[0]
        digits = "".join(sign for sign in mantissa if sign.isdigit()).lstrip("0")
        if len(digits) <= EXACT_DIGITS:
            return 0.0
        met.append(_Long(number))
        return met[-1]

    value = json.loads(raw, parse_float=look, parse_int=look)
    if met:  # one that a later key of the same name covers stands nowhere
        places = _leaves(value, "", lambda each: isinstance(each, _Long))
        pointer, number = next(places, ("", met[0]))
        raise NumberTooLong(pointer=pointer, details={"number": number[:60]})


def _nul_pointers(value: Any, pointer: str) -> Iterator[str]:
    for place, _ in _leaves(value, pointer, lambda each: isinstance(each, str) and "\x00" in each):
        yield place


def _leaves(value: Any, pointer: str, wanted: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """The values of a body, and the keys of its objects, that are `wanted`, with pointers to where they stand."""
    if wanted(value):
        yield pointer, value
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from _leaves(each, f"{pointer}/{position}", wanted)
    elif isinstance(value, dict):
        for key, each in value.items():
            if wanted(key):
                yield pointer, key
            inner = key.replace("~", "~0").replace("/", "~1")
            yield from _leaves(each, f"{pointer}/{inner}", wanted)


def query(request: Request, *allowed: str) -> dict[str, str]:
    """Query parameters, each at most once. Raises UnknownParameter."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed or name in found:
            raise UnknownParameter(_no_parameter(name, allowed), details={"parameter": name})
        found[name] = value
    return found


def _no_parameter(name: str, allowed: tuple[str, ...]) -> Text:
    if name in allowed:
        return text(f"查询参数“{name}”出现了多次。", f"'{name}' is given more than once.")
    known = ", ".join(allowed)
    return text(
        f"不认识的查询参数“{name[:60]}”。" + (f"可用：{known}。" if known else "此地址没有查询参数。"),
        f"'{name[:60]}' is not a known parameter. "
        + (f"Known: {known}." if known else "This address takes none."),
    )


def number(values: dict[str, str], name: str, *, default: int, least: int = 0, most: int) -> int:
    """A whole number of the query. Raises Invalid."""
    given = values.get(name)
    if given is None:
        return default
    if given.isascii() and given.isdigit() and len(given) <= 18 and least <= int(given) <= most:
        return int(given)
    message = text(f"应为 {least} 到 {most} 的整数。", f"A whole number from {least} to {most} is expected.")
    raise Invalid([error("invalid_parameter", f"/{name}", message)])


def flag(values: dict[str, str], name: str) -> bool:
    """A `true` or `false` of the query. Raises Invalid."""
    given = values.get(name, "false")
    if given in {"true", "false"}:
        return given == "true"
    message = text("应为 true 或 false。", "true or false is expected.")
    raise Invalid([error("invalid_parameter", f"/{name}", message)])
