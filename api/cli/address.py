"""The address a server listens on, held before anything is said of it."""

from __future__ import annotations

import errno
import os
import socket

from engine.errors import EngineError

BACKLOG = 2048
NOT_HERE = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})
"""A name may also stand for an address of a kind that this machine does not have, such as IPv6."""


class CannotListen(EngineError):
    """The server cannot listen on this address."""

    code = "cannot_listen"
    zh = "无法监听该地址。"
    fix_zh = "请检查 FOURFOLD_HOST 与 FOURFOLD_PORT。"
    fix_en = "Check FOURFOLD_HOST and FOURFOLD_PORT."


class PortTaken(CannotListen):
    """Another program listens on this port."""

    code = "port_taken"
    zh = "该端口已被其他程序占用。"
    fix_zh = "请停止该程序，或用 FOURFOLD_PORT 换一个端口。"
    fix_en = "Stop that program, or take another port with FOURFOLD_PORT."


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets that hold the address already; a name may stand for several. Raises CannotListen."""
    found: list[socket.socket] = []
    failed: OSError | None = None
    try:
        known = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as wrong:
        raise _refused(host, port, wrong) from wrong
    for family, _kind, _protocol, _name, address in dict.fromkeys(known):
        try:
            found.append(socket.create_server(address, family=family, backlog=BACKLOG))
        except OSError as wrong:
            failed = wrong
            if wrong.errno not in NOT_HERE:
                break
    if failed is not None and (not found or failed.errno not in NOT_HERE):
        for each in found:
            each.close()
        raise _refused(host, port, failed) from failed
    return found


def _refused(host: str, port: int, wrong: Exception) -> CannotListen:
    address = f"{host}:{port}"
    if isinstance(wrong, OSError) and wrong.errno == errno.EADDRINUSE:
        return PortTaken(
            {
                "zh": f"{address} 已被其他程序占用，无法监听。",
                "en": f"Another program listens on {address} already.",
            },
            details={"address": address},
        )
    number = wrong.errno if isinstance(wrong, OSError) else None
    reason = os.strerror(number) if number is not None and number > 0 else str(wrong)
    return CannotListen(
        {"zh": f"无法监听 {address}：{reason}。", "en": f"The server cannot listen on {address}: {reason}."},
        details={"address": address},
    )
