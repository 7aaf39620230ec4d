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
    "keys": (
        "加密字段的密钥文件，须与数据库分开备份；空：需要时在数据文件夹中新建。",
        "Key file of encrypted fields, to be backed up apart from the database; empty: made in the data folder when needed.",
    ),
    "font_folder": (
        "打印用的更多字体所在的文件夹，供自带字体缺少的字符使用。",
        "Folder of further fonts for prints, for characters that the shipped one lacks.",
    ),
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
    "public_url": (
        "用户访问本系统的地址，用于邮件中的链接和统一登录的回调。",
        "Where people reach this; links in mails and the callback of a single sign-on begin with it.",
    ),
    "password_length": ("密码最少字符数。", "Fewest characters of a password."),
    "password_days": (
        "密码须在多少天后修改；0：不过期。",
        "Days until a password must be changed; 0: never.",
    ),
    "oidc_issuer": ("OpenID 服务的签发者地址；空：不使用。", "Issuer of the OpenID provider; empty: none."),
    "oidc_client": ("本系统在该服务的客户端标识。", "Our client id at the provider."),
    "oidc_secret": ("本系统在该服务的密钥；空：仅用 PKCE。", "Our secret there; empty: PKCE alone."),
    "oidc_scopes": ("请求的范围。", "Scopes that are asked for."),
    "oidc_label": ("登录页上该服务的名称。", "What the provider is called on the login page."),
    "oidc_username": ("登录名所在的声明。", "Claim with the login name."),
    "oidc_department": ("部门所在的声明；空：不取。", "Claim with the department; empty: not taken over."),
    "oidc_roles": (
        "用户组所在的声明；空：角色在本系统授予。",
        "Claim with groups; empty: roles are given here.",
    ),
    "oidc_role_names": ("用户组到角色的 JSON。", "Roles by group, as JSON."),
    "oidc_create": ("为首次到来的人建用户。", "Make users who come for the first time."),
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
    "files_folder": (
        "文件所在的文件夹；空：数据文件夹中的 files。",
        "Folder of files; empty: `files` in the data folder.",
    ),
    "files_bucket": (
        "存放文件的 S3 存储桶；空：存在文件夹中。",
        "S3 bucket of files; empty: they lie in the folder.",
    ),
    "files_prefix": ("存储桶中键的前缀。", "What keys in the bucket begin with."),
    "files_endpoint": (
        "兼容 S3 的存储地址；空：AWS。",
        "Address of a store that speaks like S3; empty: AWS.",
    ),
    "files_region": ("存储桶所在的区域。", "Region of the bucket."),
    "files_key_id": (
        "存储桶的访问键；空：使用本机自己的凭据。",
        "Access key of the bucket; empty: the machine's own credentials.",
    ),
    "files_key": ("访问键的密文。", "Secret of the access key."),
    "file_limit": ("单个文件的上限，字节。", "Largest file, in bytes."),
    "file_part_size": (
        "一个请求中文件的字节数；更大的文件分片上传。",
        "Bytes of a file in one request; larger ones come in parts.",
    ),
    "file_quota": (
        "一个人已上传、尚未归入记录的文件的总字节数上限。",
        "Bytes that one person may have uploaded before records hold them.",
    ),
    "file_upload_hours": (
        "上传后等待归入记录的小时数，此后删除。",
        "Hours an upload waits for its record before it is removed.",
    ),
    "file_kept_days": (
        "记录不再使用的文件保留的天数，此后删除。",
        "Days a file is kept after the last record let go of it.",
    ),
    "log_kept_days": (
        "操作日志和记录历史保留的天数；0 为永久。",
        "Days the operation log and the history of records are kept; 0: for good.",
    ),
    "reads_kept_days": (
        "查阅日志保留的天数；0 为永久。",
        "Days the access log is kept; 0: for good.",
    ),
}
"""What each setting is for; one without a line here shows what its declaration says."""


def settings() -> str:
    """docs/reference/settings.md"""
    rows = [
        (
            code(f"FOURFOLD_{name.upper()}"),
            code(_shown(field.get_default(call_default_factory=True))) or "–",
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
