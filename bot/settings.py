"""Settings, from the environment or `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LIKE = {
    "slack_bot_token": "xoxb-… (OAuth & Permissions on the app's page)",
    "slack_app_token": "xapp-… (Basic Information, App-Level Tokens, scope connections:write)",
    "slack_signing_secret": "32 hex digits (Basic Information, Signing Secret)",
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
}
"""What each setting should look like; told when it is missing or bad."""


class BadSettings(Exception):
    """Settings are missing or bad; the text names each, and what it should look like."""


class StoreSettings(BaseSettings):
    """What is needed to work with the store alone. Secrets do not show when it is printed."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr = SecretStr("sqlite:///data/case.db")
    files_dir: Path = Path("data/files")
    catalog: Path
    secret_key: Annotated[SecretStr, Field(min_length=32)]

    @field_validator("database_url")
    @classmethod
    def _database(cls, given: SecretStr) -> SecretStr:
        return _scheme(given, {"sqlite", "postgresql", "postgres"})

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
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    smtp_url: SecretStr
    mail_from: str
    public_url: str
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000

    @field_validator("slack_bot_token")
    @classmethod
    def _bot_token(cls, given: SecretStr) -> SecretStr:
        return _starts(given, "xoxb-")

    @field_validator("slack_app_token")
    @classmethod
    def _app_token(cls, given: SecretStr | None) -> SecretStr | None:
        return _starts(given, "xapp-") if given and given.get_secret_value() else None

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, given: SecretStr) -> SecretStr:
        return _scheme(given, {"smtp", "smtps", "smtp+starttls"})

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
        if given.count("@") != 1 or any(letter.isspace() for letter in given):
            raise ValueError("is not a mail address")
        return given

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError("SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) is needed")
        return self


def _starts(given: SecretStr, start: str) -> SecretStr:
    if not given.get_secret_value().startswith(start):
        raise ValueError(f"does not start with {start}")
    return given


def _scheme(given: SecretStr, schemes: set[str]) -> SecretStr:
    if given.get_secret_value().partition(":")[0].partition("+psycopg")[0] not in schemes:
        raise ValueError(f"does not start with {' or '.join(sorted(schemes))}")
    return given


Wanted = TypeVar("Wanted", bound=StoreSettings)


def read(kind: type[Wanted], **given: Any) -> Wanted:
    """The settings, or BadSettings that names every one that is missing or bad."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise BadSettings("\n".join(_told(problem) for problem in error.errors())) from None


def _told(problem: Any) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][0]).lower()
    what = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    like = LIKE.get(name)
    return f"{name.upper()} {what}" + (f"; it looks like {like}" if like else "")
