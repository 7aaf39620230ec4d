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
    port: int = 8000
    demo: bool = Field(default=False, description="Demo users with a known password; loopback only.")
    sqlite_synchronous: str = Field(default="NORMAL", pattern="^(NORMAL|FULL)$")
    pool_size: int = Field(default=8, ge=1, description="Database threads and connections of one process.")
    body_limit: int = Field(default=5_000_000, description="Largest request body in bytes.")
    session_hours: int = 12
    token_cache_seconds: float = Field(default=15.0, le=60.0)
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

    def url(self) -> str:
        """The SQLAlchemy URL of the main store."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'fourfold.sqlite'}"
