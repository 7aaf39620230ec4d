"""A real SMTP server on a free loopback port that keeps what it receives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class ReceivedMail:
    """One message with its envelope."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["subject"])

    @property
    def text(self) -> str:
        """The plain text (or the only) part."""
        part = self.message.get_body(("plain", "html"))
        return "" if part is None else str(part.get_content())


@dataclass
class SmtpServer:
    """Where the server listens and what came in; `refuse` makes it answer with that line instead."""

    host: str
    port: int
    messages: list[ReceivedMail] = field(default_factory=list)
    refuse: str | None = None
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, *, seconds: float = 10) -> list[ReceivedMail]:
        """The messages once there are `count`; fails after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.messages) >= count, seconds):
                raise AssertionError(f"{len(self.messages)} of {count} messages arrived")
        return self.messages

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd for every message."""
        if self.refuse is not None:
            return self.refuse
        message = message_from_bytes(envelope.content, policy=policy.default)
        with self._arrived:
            self.messages.append(ReceivedMail(envelope.mail_from, envelope.rcpt_tos, message))
            self._arrived.notify_all()
        return "250 OK"


@contextmanager
def running_smtp() -> Iterator[SmtpServer]:
    """A server on 127.0.0.1 for the length of the block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = SmtpServer("127.0.0.1", port)
    controller = Controller(server, hostname=server.host, port=port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
