"""One mail over a real SMTP server that can refuse, delay and break."""

from __future__ import annotations

import email
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from engine.connect import smtp
from engine.connect.smtp import Mail, MailDelayed, MailOff, MailRefused, MailUnknown, compose, send
from engine.settings import Settings

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MAIL = Mail("0195", "li@qinghe.example", "跟进提醒\n第二行", "您好，金额 1234.50 元")


class Mailbox:
    """Keeps what arrives; answers as told."""

    def __init__(self, rcpt="250 OK", data="250 OK"):
        self.rcpt, self.data, self.received = rcpt, data, []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data.startswith("250"):
            self.received.append(email.message_from_bytes(envelope.content, policy=default))
        return self.data


@pytest.fixture
def serve():
    started = []

    def start(**answers):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        box = Mailbox(**answers)
        controller = Controller(box, hostname="127.0.0.1", port=port)
        controller.start()
        started.append(controller)
        return box, Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_sender="青禾 <crm@qinghe.example>")

    yield start
    for controller in started:
        controller.stop()


def test_a_mail_arrives_whole_and_its_id_comes_from_the_job(serve):
    box, settings = serve()
    send(MAIL, settings, AT)
    [message] = box.received
    assert message["Subject"] == "跟进提醒 第二行"
    assert message["To"] == "li@qinghe.example"
    assert message["From"] == "青禾 <crm@qinghe.example>"
    assert message["Message-ID"] == "<0195@qinghe.example>"
    assert message.get_content().strip() == "您好，金额 1234.50 元"


def test_a_refused_recipient_is_final(serve):
    _, settings = serve(rcpt="550 no such user")
    with pytest.raises(MailRefused) as refused:
        send(MAIL, settings, AT)
    assert refused.value.message["en"] == "The mail server said: 550 no such user"


def test_a_busy_server_is_tried_again(serve):
    _, settings = serve(rcpt="451 greylisted")
    with pytest.raises(MailDelayed):
        send(MAIL, settings, AT)


def test_a_refused_text_is_final(serve):
    _, settings = serve(data="554 spam")
    with pytest.raises(MailRefused):
        send(MAIL, settings, AT)


def test_no_server_is_tried_again():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(MailDelayed):
        send(MAIL, Settings(smtp_host="127.0.0.1", smtp_port=port), AT)


def test_without_a_host_mail_is_off():
    with pytest.raises(MailOff):
        send(MAIL, Settings(smtp_host=""), AT)


def test_a_connection_lost_after_the_text_was_sent_is_unknown():
    """The server takes the text and dies before it answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_until_data():
        peer, _ = listener.accept()
        with peer, peer.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 hello\r\n")
            for line in stream:
                if line.upper().startswith(b"DATA"):
                    stream.write(b"354 go on\r\n")
                elif line == b".\r\n":
                    return
                elif not line.upper().startswith((b"EHLO", b"MAIL", b"RCPT")):
                    continue
                else:
                    stream.write(b"250 OK\r\n")

    server = threading.Thread(target=answer_until_data)
    server.start()
    try:
        with pytest.raises(MailUnknown):
            send(MAIL, Settings(smtp_host="127.0.0.1", smtp_port=listener.getsockname()[1]), AT)
    finally:
        server.join(5)
        listener.close()


REPLIES = {
    "EHLO": b"250-hello\r\n250 STARTTLS\r\n",
    "MAIL": b"250 OK\r\n",
    "RCPT": b"250 OK\r\n",
    "DATA": b"354 go on\r\n",
    "STARTTLS": b"220 begin\r\n",
}


def answer_until(stream, at):
    """Answer as one should up to what begins with `at`, and to the beginning of TLS."""
    stream.write(b"220 hello\r\n")
    for line in stream:
        word = line.decode(errors="replace").strip().upper()
        if word.startswith(at):
            return
        stream.write(REPLIES.get(word.split(" ")[0], b""))
        if word == "STARTTLS":
            return


@contextmanager
def dripping(at: str, drop: bytes, *, once: bool = False, head: bytes = b""):
    """A server that answers as it should until it is told `at` ("": from the beginning), and from then on sends
    `head` and `drop` again and again. Gives the port and what says that the peer has gone.
    """
    gone, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def answer():
        peer, _ = listener.accept()
        with peer, peer.makefile("rwb", buffering=0) as stream:
            if at:
                answer_until(stream, at)
            try:
                peer.sendall(head + drop)
                while not once and not stopped.wait(0.02):
                    peer.sendall(drop)
            except OSError:
                gone.set()

    stopped, server = threading.Event(), threading.Thread(target=answer)
    server.start()
    try:
        yield listener.getsockname()[1], gone
    finally:
        stopped.set()
        server.join(5)
        listener.close()


TLS_RECORD = b"\x16\x03\x03\x40\x00"  # the head of a handshake of 16 KiB


@pytest.mark.parametrize(
    ("at", "drop", "tls", "sorted_as"),
    [
        ("", b"2", False, MailDelayed),
        ("", b"220-still here\r\n", False, MailDelayed),
        ("EHLO", b"250-more\r\n", False, MailDelayed),
        ("RCPT", b"2", False, MailDelayed),
        ("nothing", b"\x02", True, MailDelayed),
        (".", b"2", False, MailUnknown),
    ],
    ids=["greeting", "endless greeting", "hello", "recipient", "handshake", "after the text"],
)
def test_a_server_that_drips_is_cut_off(monkeypatch, at, drop, tls, sorted_as):
    monkeypatch.setattr(smtp, "DEADLINE_SECONDS", 0.4)
    began = time.monotonic()
    with dripping(at, drop, head=TLS_RECORD if tls else b"") as (port, gone):
        with pytest.raises(sorted_as) as slow:
            send(MAIL, Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls=tls), AT)
        assert gone.wait(5)
    assert time.monotonic() - began < 5
    if sorted_as is MailDelayed:
        assert "too slowly" in slow.value.message["en"]


@pytest.mark.parametrize("said", [b"45", b"what?\r\n"], ids=["half a code", "no code"])
def test_what_is_no_reply_to_the_text_leaves_it_unknown(said):
    with dripping(".", said, once=True) as (port, _gone), pytest.raises(MailUnknown):
        send(MAIL, Settings(smtp_host="127.0.0.1", smtp_port=port), AT)


def test_the_deadline_of_one_mail_is_none_of_the_next(serve, monkeypatch):
    monkeypatch.setattr(smtp, "DEADLINE_SECONDS", 0.2)
    box, settings = serve()
    send(MAIL, settings, AT)
    time.sleep(0.3)
    send(MAIL, settings, AT)
    assert len(box.received) == 2


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c"])
def test_what_is_no_address_is_refused_before_anything_is_sent(address):
    with pytest.raises(MailRefused):
        compose(Mail("1", address, "s", "t"), "crm@qinghe.example", AT)
