"""Settings of one installation, read once from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting is an environment variable `FOURFOLD_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="FOURFOLD_", extra="ignore")

    home: Path = Field(default=Path(".fourfold"), description="Data folder.")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the data folder.")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    demo: bool = Field(default=False, description="Demo users with a known password; loopback only.")
    sqlite_synchronous: str = Field(default="NORMAL", pattern="^(NORMAL|FULL)$")
    pool_size: int = Field(default=8, ge=1, description="Database threads and connections of one process.")
    body_limit: int = Field(default=5_000_000, description="Largest request body in bytes.")
    session_hours: int = 12
    token_cache_seconds: float = Field(default=15.0, le=60.0)
    public_url: str = Field(default="", description="Where people reach this, e.g. https://crm.example.com.")
    password_length: int = Field(default=8, ge=8, le=128, description="Fewest characters of a password.")
    password_days: int = Field(
        default=0, ge=0, description="Days until a password must be changed; 0: never."
    )
    oidc_issuer: str = Field(default="", description="Issuer of the OpenID provider; empty: none.")
    oidc_client: str = Field(default="", description="Our client id at the provider.")
    oidc_secret: SecretStr = Field(default=SecretStr(""), description="Our secret there; empty: PKCE alone.")
    oidc_scopes: str = "openid profile email"
    oidc_label: str = Field(default="SSO", description="What the provider is called on the login page.")
    oidc_username: str = Field(default="preferred_username", description="Claim with the login name.")
    oidc_department: str = Field(default="", description="Claim with the department; empty: not taken over.")
    oidc_roles: str = Field(default="", description="Claim with groups; empty: roles are given here.")
    oidc_role_names: dict[str, str] = Field(
        default_factory=dict, description='Roles by group, as JSON: {"Sales": "sales_rep"}.'
    )
    oidc_create: bool = Field(default=False, description="Make users who come for the first time.")
    admin_password: SecretStr | None = Field(
        default=None, description="Creates `root` once when no user exists."
    )
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_sender: str = "fourfold@localhost"
    smtp_tls: bool = False
    allow_private_hooks: bool = Field(default=False, description="Webhooks may reach private addresses.")
    reports_socket: str = Field(
        default="", description="Unix socket of the report server; empty: in process."
    )
    report_memory: str = "1GB"
    report_timeout: float = 30.0
    files_folder: Path | None = Field(default=None, description="Folder of files; empty: in the data folder.")
    files_bucket: str = Field(default="", description="S3 bucket of files; empty: a folder.")
    files_prefix: str = Field(default="", description="What keys in the bucket begin with.")
    files_endpoint: str = Field(default="", description="Address of a store that speaks like S3.")
    files_region: str = ""
    files_key_id: str = Field(default="", description="Access key; empty: the machine's own credentials.")
    files_key: SecretStr = SecretStr("")
    file_limit: int = Field(default=200_000_000, ge=1, description="Largest file, in bytes.")
    file_part_size: int = Field(default=8_000_000, ge=1, description="Bytes of a file in one request.")
    file_quota: int = Field(
        default=2_000_000_000, description="Bytes a person may upload before records hold them."
    )
    file_upload_hours: int = Field(default=24, ge=1, description="Hours an upload waits for its record.")
    file_kept_days: int = Field(
        default=30, ge=0, description="Days a file stays after its record let go of it."
    )

    log_kept_days: int = Field(
        default=0,
        ge=0,
        description="Days the operation log and the history of records are kept; 0: for good.",
    )
    reads_kept_days: int = Field(default=1095, ge=0, description="Days the access log is kept; 0: for good.")
    font_folder: Path | None = Field(
        default=None,
        description="Folder of further fonts for PDF, for characters that the shipped one lacks.",
    )
    keys: Path | None = Field(
        default=None, description="Key file of encrypted fields; empty: made in the data folder when needed."
    )

    def key_file(self) -> Path:
        """Where the keys of encrypted fields are."""
        return self.keys if self.keys is not None else self.home.absolute() / "keys.json"

    def url(self) -> str:
        """The SQLAlchemy URL of the main store."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'fourfold.sqlite'}"

    def file_folder(self) -> Path:
        """Where files lie, or only pass through on their way to a bucket."""
        return (self.files_folder or self.home / "files").absolute()
