"""Where outbound HTTP may go: public addresses only, unless the operator allows private ones."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

import httpx

from engine.errors import EngineError

Resolve = Callable[[str, int], Sequence[str]]

# Prefixes through which an IPv6 address can carry a private IPv4 one.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(EngineError):
    """The address is private, and private addresses are not allowed."""

    code = "private_address"
    zh = "目标是内网地址，当前设置不允许访问。"
    fix_zh = "请改用公网地址，或由管理员设置 FOURFOLD_ALLOW_PRIVATE_HOOKS=true。"
    fix_en = "Use a public address, or let the operator set FOURFOLD_ALLOW_PRIVATE_HOOKS=true."


class AddressUnknown(EngineError):
    """The host name could not be resolved."""

    code = "unknown_host"
    zh = "无法解析主机名。"
    fix_zh = "请检查网址中的主机名。"
    fix_en = "Check the host name in the URL."


def resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of `host`, as the system resolver gives them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether `address` is reachable by everybody, looking through mapped and translated IPv4."""
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if parsed.sixtofour is not None:
            return is_public(str(parsed.sixtofour))
        if parsed in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
    return parsed.is_global and not parsed.is_multicast


def allowed_address(host: str, port: int, *, lookup: Resolve = resolve) -> str:
    """One address of `host`. Raises AddressRefused if any address is private, AddressUnknown.

    One private address among several is enough to refuse: the name could be made to swing.
    """
    try:
        addresses = lookup(host, port)
    except OSError as failed:
        raise AddressUnknown(details={"host": host}) from failed
    if not addresses:
        raise AddressUnknown(details={"host": host})
    if not all(is_public(address) for address in addresses):
        raise AddressRefused(details={"host": host})
    return addresses[0]


class PublicTransport(httpx.BaseTransport):
    """Sends each request to an address that was checked, so that the name cannot change in between."""

    def __init__(self, *, lookup: Resolve = resolve) -> None:
        self._lookup = lookup
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = allowed_address(url.host, port, lookup=self._lookup)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.url = url.copy_with(host=address)  # the Host header was set from the name already
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
