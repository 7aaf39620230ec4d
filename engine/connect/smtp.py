"""One mail over SMTP, with every failure sorted into: try again, never, or nobody knows."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from engine.connect.deadline import Deadline, deadline
from engine.errors import EngineError
from engine.findings import Text, text
from engine.jobs.worker import OutcomeUnknown, PermanentFailure

if TYPE_CHECKING:
    from engine.settings import Settings

TIMEOUT = 20.0
DEADLINE_SECONDS = 60.0
"""Between the first word and the last, however slowly the server speaks."""
TOO_SLOW = text("邮件服务器应答过慢，连接已中断。", "The mail server answered too slowly and was cut off.")


class MailOff(PermanentFailure):
    """Mail is not set up on this installation."""

    code = "mail_off"
    zh = "本系统未配置邮件发送。"
    fix_zh = "请管理员设置 FOURFOLD_SMTP_HOST 等参数。"
    fix_en = "Let the operator set FOURFOLD_SMTP_HOST and its companions."


class MailRefused(PermanentFailure):
    """The mail server refused this mail for good."""

    code = "mail_refused"
    zh = "邮件服务器拒绝了这封邮件。"
    fix_zh = "请检查收件人地址和发件人设置。"
    fix_en = "Check the recipient's address and the sender setting."


class MailDelayed(EngineError):
    """The mail server cannot take the mail now."""

    code = "mail_delayed"
    zh = "邮件服务器暂时无法接收。"
    fix_zh = "系统会自动重试。"
    fix_en = "It will be tried again."


class MailUnknown(OutcomeUnknown):
    """The connection broke after the mail was handed over; nobody knows whether it arrived."""

    code = "mail_unknown"
    zh = "邮件已交出但连接中断，是否送达未知。"
    fix_zh = "请向收件人确认后再决定是否重发。"
    fix_en = "Ask the recipient before sending it again."


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person; `id` makes the Message-ID, so a repeat can be recognised."""

    id: str
    to: str
    subject: str
    text: str


def compose(mail: Mail, sender: str, at: datetime) -> EmailMessage:
    """The message as it travels. Raises MailRefused for an address that cannot be one."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=mail.to)
    except (ValueError, IndexError) as wrong:
        raise MailRefused(details={"to": mail.to}) from wrong
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="base64" if not mail.text.isascii() else None)
    return message


def send(mail: Mail, settings: Settings, at: datetime) -> None:
    """Hand `mail` to the configured server.

    Raises MailOff, MailRefused (never again), MailDelayed (again later) or MailUnknown (ask first).
    """
    if not settings.smtp_host:
        raise MailOff
    message = compose(mail, settings.smtp_sender, at)
    with deadline(DEADLINE_SECONDS) as until, _sorted(until), _connected(settings, until) as server:
        _envelope(server, parseaddr(settings.smtp_sender)[1], mail.to)
        _hand_over(server, message.as_bytes())


class _Timed(smtplib.SMTP):
    """A connection that ends with its deadline, from the greeting on."""

    def __init__(self, settings: Settings, until: Deadline) -> None:
        self._until = until
        super().__init__(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._until.watch(made)
        return made

    def getreply(self) -> tuple[int, bytes]:
        """The code and the words; what was cut short, or begins with no code, is no reply."""
        code, said = super().getreply()
        if self._until.passed or not 200 <= code < 600:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"no whole reply: {code} {said[:100]!r}")
        return code, said


@contextmanager
def _connected(settings: Settings, until: Deadline) -> Iterator[smtplib.SMTP]:
    server = _Timed(settings, until)
    try:
        if settings.smtp_tls:
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.ehlo_or_helo_if_needed()
        yield server
    finally:
        server.close()  # no QUIT: an error while saying goodbye must not look like a failed mail


def _envelope(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    options = ("SMTPUTF8",) if not recipient.isascii() and server.has_extn("smtputf8") else ()
    _expect(*server.mail(sender, options), 250)
    _expect(*server.rcpt(recipient), 250, 251)


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    try:
        _expect(*server.data(content), 250)
    except smtplib.SMTPDataError as refused:  # the server said no before the text was sent
        _expect(refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPServerDisconnected, OSError) as broken:
        raise MailUnknown(details={"reason": repr(broken)}) from broken


def _expect(code: int, answer: bytes | str, *good: int) -> None:
    if code in good:
        return
    said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    raise MailRefused(*_quoted(code, said)) if 500 <= code < 600 else MailDelayed(*_quoted(code, said))


def _quoted(code: int, answer: object) -> tuple[Text]:
    said = f"{code} {answer}"[:500]
    return (text(f"邮件服务器答复：{said}", f"The mail server said: {said}"),)


@contextmanager
def _sorted(until: Deadline) -> Iterator[None]:
    """Failures outside the hand-over mean that nothing was sent."""
    try:
        yield
    except smtplib.SMTPResponseException as refused:
        raise MailDelayed(*_quoted(refused.smtp_code, refused.smtp_error)) from refused
    except (smtplib.SMTPException, OSError) as broken:
        said = (TOO_SLOW,) if until.passed else ()
        raise MailDelayed(*said, details={"reason": repr(broken)}) from broken
