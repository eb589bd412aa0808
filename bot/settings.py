"""Settings, from the environment or `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.clients.mail import Server
from bot.store import normal_url
from bot.text.mail_addresses import NotAnAddress, envelope

LIKE = {
    "slack_bot_token": "xoxb-… (OAuth & Permissions on the app's page)",
    "slack_app_token": "xapp-… (Basic Information, App-Level Tokens, scope connections:write)",
    "slack_signing_secret": "32 hex digits (Basic Information, Signing Secret)",
    "slack_admin_token": "xoxp-… of an organisation's administrator, with admin.conversations:read",
    "slack_api_url": "https://slack.com/api/",
    "database_url": "sqlite:///data/case.db or postgresql://user:password@host/name",
    "files_dir": "a folder, such as data/files",
    "smtp_url": "smtp://host:25, smtps://user:password@host:465 or smtp+starttls://user:password@host:587",
    "mail_from": "an address that you may send from, such as arenden@kommunen.se",
    "public_url": "https://arenden.kommunen.se",
    "catalog": "a folder with municipality.yaml and services/",
    "secret_key": "at least 32 random characters: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "host": "127.0.0.1",
    "port": "8000",
    "trusted_proxies": "127.0.0.1 or 10.0.0.0/8,192.0.2.7",
    "low_disk_mb": "1024",
    "metrics_token": "at least 16 random characters",
}
"""What each setting should look like; told when it is missing or bad."""

SAID = {
    "missing": "is missing",
    "too_short": "is too short",
    "int_parsing": "is not a number",
    "greater_than_equal": "is not a port",
    "less_than_equal": "is not a port",
}
"""Pydantic's kinds of error, where its own words are a programmer's."""


class BadSettings(Exception):
    """Settings are missing or bad; the text names each, and what it should look like."""


class StoreSettings(BaseSettings):
    """What is needed to work with the store alone. Secrets do not show when it is printed."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr = SecretStr("sqlite:///data/case.db")
    files_dir: Path = Path("data/files")
    low_disk_mb: Annotated[int, Field(ge=0)] = 1024
    catalog: Path
    secret_key: Annotated[SecretStr, Field(min_length=32)]

    @field_validator("database_url")
    @classmethod
    def _database(cls, given: SecretStr) -> SecretStr:
        normal_url(given.get_secret_value())
        return given

    @field_validator("catalog")
    @classmethod
    def _folder(cls, given: Path) -> Path:
        if not (given / "municipality.yaml").is_file():
            raise ValueError("has no municipality.yaml")
        return given


class Settings(StoreSettings):
    """All that the running program is told from outside."""

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None = None
    slack_signing_secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    slack_admin_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    smtp_url: SecretStr
    mail_from: str
    public_url: str
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    trusted_proxies: str = "127.0.0.1"
    metrics_token: Annotated[SecretStr | None, Field(min_length=16)] = None

    @field_validator("slack_bot_token")
    @classmethod
    def _bot_token(cls, given: SecretStr) -> SecretStr:
        return _starts(given, "xoxb-")

    @field_validator("slack_app_token")
    @classmethod
    def _app_token(cls, given: SecretStr | None) -> SecretStr | None:
        return _starts(given, "xapp-") if given and given.get_secret_value() else None

    @field_validator("slack_admin_token")
    @classmethod
    def _admin_token(cls, given: SecretStr | None) -> SecretStr | None:
        return _starts(given, "xoxp-") if given and given.get_secret_value() else None

    @field_validator("slack_signing_secret")
    @classmethod
    def _way_in(cls, given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """An empty secret is none: with it, anyone could sign."""
        if given and given.get_secret_value().strip():
            return given
        if info.data.get("slack_app_token", "bad") is None:
            raise ValueError("(for HTTP) or SLACK_APP_TOKEN (for Socket Mode) is missing")
        return None

    @field_validator("metrics_token", mode="before")
    @classmethod
    def _none(cls, given: object) -> object:
        """An empty token is none: with it, anyone could ask."""
        return given or None

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, given: SecretStr) -> SecretStr:
        Server.of(given.get_secret_value())
        return given

    @field_validator("public_url", "slack_api_url")
    @classmethod
    def _web(cls, given: str) -> str:
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("is not a web address")
        return given

    @field_validator("mail_from")
    @classmethod
    def _address(cls, given: str) -> str:
        try:
            envelope(given)
        except NotAnAddress:
            raise ValueError("is not a mail address") from None
        if given.count("@") != 1 or any(letter.isspace() for letter in given):
            raise ValueError("is not a mail address")
        return given


def _starts(given: SecretStr, start: str) -> SecretStr:
    if not given.get_secret_value().startswith(start):
        raise ValueError(f"does not start with {start}")
    return given


Wanted = TypeVar("Wanted", bound=StoreSettings)


def read(kind: type[Wanted], **given: Any) -> Wanted:
    """The settings, or BadSettings that names every one that is missing or bad."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise BadSettings("\n".join(_told(problem) for problem in error.errors())) from None


def _told(problem: Any) -> str:
    what = SAID.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
    return told(str(problem["loc"][0]).lower(), what)


def told(name: str, what: str) -> str:
    """What is wrong with a setting, and what it should look like."""
    return f"{name.upper()} {what}; it looks like {LIKE[name]}"
