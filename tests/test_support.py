"""The test servers themselves."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import httpx

from tests.support.http import HttpStub
from tests.support.smtp import SmtpServer


def test_smtp_server_keeps_what_it_receives(smtp: SmtpServer) -> None:
    message = EmailMessage()
    message["from"], message["to"], message["subject"] = "a@example.com", "b@example.com", "报价"
    message.set_content("你好")
    with smtplib.SMTP(smtp.host, smtp.port) as connection:
        connection.send_message(message)
    [received] = smtp.wait_for(1)
    assert received.recipients == ["b@example.com"]
    assert received.subject == "报价"
    assert received.text.strip() == "你好"


def test_http_stub_follows_its_script_and_records_requests(http_stub: HttpStub) -> None:
    http_stub.answer(500, {"error": "busy"}).answer(200, {"id": 7})
    statuses = [httpx.post(f"{http_stub.url}/erp", json={"no": n}).status_code for n in range(3)]
    assert statuses == [500, 200, 200]
    assert [request.json()["no"] for request in http_stub.requests] == [0, 1, 2]
