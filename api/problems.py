"""Errors of the HTTP edge itself."""

from __future__ import annotations

from engine.errors import Conflict, EngineError


class BadRequest(EngineError):
    """The request cannot be read."""

    code = "bad_request"
    zh = "请求无法解析。"
    fix_zh = "请检查请求内容。"
    fix_en = "Check the request."


class MalformedJson(BadRequest):
    """The body is not valid JSON."""

    code = "malformed_json"
    zh = "请求体不是有效的 JSON。"
    fix_zh = "请在指出的位置修正语法。"
    fix_en = "Correct the syntax at the position named."


class NotUtf8(MalformedJson):
    """The body is not UTF-8 text."""

    code = "not_utf8"
    zh = "请求体不是 UTF-8 编码的文本。"
    fix_zh = "请以 UTF-8 发送。Windows 命令行会按 GBK 发送：请把内容存为 UTF-8 文件，再用 curl --data-binary @文件名 发送。"
    fix_en = "Send it in UTF-8. From a Windows prompt, save it as a UTF-8 file and send that by curl --data-binary @file."


class UnsupportedEncoding(EngineError):
    """Bodies are taken as they are, without a Content-Encoding."""

    code = "unsupported_encoding"
    zh = "不接收经过压缩的请求体（Content-Encoding）。"
    fix_zh = "请不压缩直接发送，并去掉 Content-Encoding 请求头。"
    fix_en = "Send the body uncompressed, without the header Content-Encoding."


class NumberTooLong(EngineError):
    """A JSON number of more than 15 digits would lose some of them; send it as a string."""

    code = "number_too_long"
    zh = "超过 15 位的 JSON 数字会丢失精度，请以字符串发送。"
    fix_zh = "把该数字放进引号。"
    fix_en = "Put the number in quotation marks."


class NulCharacter(EngineError):
    """Text may not contain the character U+0000."""

    code = "nul_character"
    zh = "文本中不能含有 U+0000 字符。"
    fix_zh = "请删除该字符。"
    fix_en = "Remove the character."


class DoubleKey(EngineError):
    """A key stands twice in one JSON object, so that one of its values would be lost."""

    code = "double_key"
    zh = "同一个 JSON 对象中有重复的键，其中一个值会丢失。"
    fix_zh = "每个键只写一次。"
    fix_en = "Write each key once."


class BodyTooLarge(EngineError):
    """The request body is too large."""

    code = "body_too_large"
    zh = "请求体过大。"
    fix_zh = "请分批发送。"
    fix_en = "Send it in smaller parts."


class UnknownParameter(EngineError):
    """This request does not know the parameter."""

    code = "unknown_parameter"
    zh = "不认识的查询参数。"
    fix_zh = "请删除该参数。"
    fix_en = "Remove the parameter."


class KeyReused(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    zh = "该 Idempotency-Key 已用于另一个请求。"
    fix_zh = "请为每个新请求生成新的键。"
    fix_en = "Make a new key for each new request."


class RouteNotFound(EngineError):
    """There is no such address."""

    code = "route_not_found"
    zh = "没有这个地址。"
    fix_zh = "可用地址见 /openapi.json。"
    fix_en = "See /openapi.json for what there is."


class MethodNotAllowed(EngineError):
    """This address does not know the method."""

    code = "method_not_allowed"
    zh = "该地址不支持此方法。"
    fix_zh = "允许的方法见 Allow 响应头。"
    fix_en = "The header 'Allow' says which methods it knows."


class Unexpected(EngineError):
    """Something unexpected went wrong; it was logged under the request id."""

    code = "internal_error"
    zh = "出现意外错误，已按请求编号记录。"
    fix_zh = "请把请求编号告诉管理员。"
    fix_en = "Tell an administrator the request id."
