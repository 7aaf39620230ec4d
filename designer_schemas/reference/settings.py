"""The page of settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from designer_schemas.reference.markdown import both, code, page, table
from engine.settings import Settings

NOTES: Mapping[str, tuple[str, str]] = {
    "home": ("数据文件夹。", "Data folder."),
    "database_url": (
        "数据库地址；空：数据文件夹中的 SQLite。",
        "Address of the database; empty: SQLite in the data folder.",
    ),
    "host": ("监听地址。", "Address to listen on."),
    "port": ("监听端口。", "Port to listen on."),
    "demo": ("使用公开密码的演示用户；只能监听本机。", "Demo users with a known password; loopback only."),
    "sqlite_synchronous": (
        "SQLite 的落盘方式；FULL 更慢，断电也不丢已提交的数据。",
        "How SQLite writes to disk; FULL is slower and keeps what was committed through a power cut.",
    ),
    "pool_size": ("一个进程的数据库线程与连接数。", "Database threads and connections of one process."),
    "body_limit": ("请求体上限，字节。", "Largest request body, in bytes."),
    "session_hours": ("登录有效的小时数。", "Hours a login lasts."),
    "token_cache_seconds": (
        "令牌在内存中记住的秒数；停用用户最迟在此之后对其他进程生效。",
        "Seconds a token is remembered; other processes notice a disabled user after that at the latest.",
    ),
    "admin_password": ("尚无用户时，以此密码创建 root。", "Creates `root` once when no user exists."),
    "smtp_host": ("邮件服务器；空：不发邮件。", "Mail server; empty: no mail is sent."),
    "smtp_port": ("邮件服务器端口。", "Port of the mail server."),
    "smtp_user": ("邮件服务器用户。", "User at the mail server."),
    "smtp_password": ("邮件服务器密码。", "Password at the mail server."),
    "smtp_sender": ("发件人地址。", "Address mails come from."),
    "smtp_tls": ("与邮件服务器使用 TLS。", "Speak TLS with the mail server."),
    "allow_private_hooks": ("允许调用内网地址。", "Webhooks may reach private addresses."),
    "reports_socket": (
        "报表服务的 unix 套接字；空：在本进程中。",
        "Unix socket of the report server; empty: in this process.",
    ),
    "report_memory": ("报表库可用的内存。", "Memory the report store may use."),
    "report_timeout": ("一次报表最长的秒数。", "Longest run of a report, in seconds."),
}
"""What each setting is for; one without a line here shows what its declaration says."""


def settings() -> str:
    """docs/reference/settings.md"""
    rows = [
        (
            code(f"FOURFOLD_{name.upper()}"),
            code(_shown(field.default)) or "–",
            *NOTES.get(name, ("", field.description or "")),
        )
        for name, field in Settings.model_fields.items()
    ]
    return page(
        "设置",
        "Settings",
        both(
            "设置是环境变量，启动时读取一次。", "Settings are environment variables, read once at the start."
        ),
        table(("变量 / variable", "默认 / default", "中文", "English"), rows),
    )


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if value is None:
        return ""
    return (
        str(value).lower()
        if isinstance(value, bool)
        else str(Path(value) if isinstance(value, Path) else value)
    )
