"""Settings, from the environment or `.env`."""

from __future__ import annotations

import contextlib
from datetime import time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.catalog import CatalogError, load
from bot.clients import clamd
from bot.clients.mail import MailServer
from bot.clients.openid import Registration
from bot.setting_faults import InvalidSettings, as_fault, fault_of
from bot.store import Keys, normalize_url
from bot.store.files.s3_storage import S3Place
from bot.text.mail_addresses import NotAnAddress, envelope

DEFAULT_LANGUAGE = "sv"
"""What the operator is told in before there is a catalog, whose municipality has a language."""


class StoreSettings(BaseSettings):
    """The settings of the store, the files and the catalog. Secrets are hidden when it is printed."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    database_url: SecretStr = SecretStr("sqlite:///data/case.db")
    """`sqlite:///…` for one process, or `postgresql://…`."""
    files_dir: Path = Path("data/files")
    """Where files and the log's checkpoints are kept. Only the user that runs the program reads it and an SQLite
    database, whatever the umask.
    """
    files_in: Literal["folder", "s3"] = "folder"
    """Where new files go: to `FILES_DIR`, or with `s3` to the bucket of `FILES_S3_BUCKET`. Those that are there already
    are found in both; `python -m bot files move` moves them. `FILES_DIR` is needed with `s3` too.
    """
    files_s3_bucket: str = ""
    """The bucket of an S3-compatible storage for the files of cases, without versions. Empty: there is none."""
    files_s3_endpoint: str = ""
    """The storage's address, such as `https://s3.kommunen.se`. Empty: that of Amazon in `FILES_S3_REGION`."""
    files_s3_region: Annotated[str, Field(min_length=1)] = "eu-north-1"
    """The storage's region, where it has any."""
    files_s3_prefix: str = "arendebot/"
    """What the name of each file in the bucket begins with, such as a folder of this program's own."""
    files_s3_access_key: str = ""
    """The id of the key that may read, write, list and remove in the bucket, and read whether it keeps versions."""
    files_s3_secret_key: SecretStr = SecretStr("")
    """That key's secret."""
    files_s3_encryption: Literal["", "AES256", "aws:kms"] = ""
    """How the storage is asked to encrypt each file. Empty: as the bucket is set to."""
    files_s3_kms_key: str = ""
    """The key that `aws:kms` encrypts by. Empty: the storage's own."""
    low_disk_mb: Annotated[int, Field(ge=0)] = 1024
    """So many megabytes of that disk are left free: with fewer no files are taken, and who sends one is told so."""
    backup_dir: Path | None = None
    """Where the program backs up each night: database, files, checkpoints and catalog, a folder for each day. On
    another disk, shared by all processes. The keys are not in it. Empty: it makes no backups.
    """
    backup_time: time = time(3, 45)
    """When it does, in Swedish time."""
    backup_daily: Annotated[int, Field(ge=1, le=366)] = 7
    """Days whose backups are kept. None is to be older than your plan for gallring allows."""
    backup_weekly: Annotated[int, Field(ge=0, le=520)] = 5
    """Weeks of which the newest backup is kept."""
    backup_monthly: Annotated[int, Field(ge=0, le=120)] = 3
    """Months of which the newest backup is kept."""
    clamd_address: str | None = None
    """A virus scanner, ClamAV's clamd. Files are then given to nobody before it has found them clean. Set its
    `StreamMaxLength` to no less than the catalog's largest file. Empty: files are not scanned.
    """
    catalog: Path
    """The catalog's folder. A change is taken up at once; a wrong one is refused and the old one kept."""
    secret_key: Annotated[SecretStr, Field(min_length=32)]
    """Seals the log: keep it safe and never change it. Another one is refused at the start."""
    web_key: Annotated[SecretStr | None, Field(min_length=32)] = None
    """Signs what browsers hold (sessions, codes, links, forms). `python -m bot keys rotate` makes it; without it
    `SECRET_KEY` does both.
    """
    web_key_previous: Annotated[SecretStr | None, Field(min_length=32)] = None
    """The `WEB_KEY` before, which is still accepted."""

    @property
    def s3_place(self) -> S3Place | None:
        """Where files are in S3-compatible storage; None where there is none."""
        if not self.files_s3_bucket:
            return None
        return S3Place(
            self.files_s3_bucket,
            self.files_s3_endpoint,
            self.files_s3_region,
            self.files_s3_prefix,
            self.files_s3_access_key,
            self.files_s3_secret_key.get_secret_value(),
            self.files_s3_encryption,
            self.files_s3_kms_key,
        )

    @property
    def keys(self) -> Keys:
        """The keys: the secret that seals the log, and those that sign cookies, links and forms."""
        web = (self.web_key, self.web_key_previous)
        return Keys(
            self.secret_key.get_secret_value().encode(),
            tuple(one.get_secret_value().encode() for one in web if one),
        )

    @field_validator("files_s3_endpoint")
    @classmethod
    def _check_s3_endpoint(cls, value: str) -> str:
        """Reject an address without TLS, unless it is on this machine."""
        if value and not _is_safe_address(value):
            raise ValueError("setting.no_tls")
        return value.rstrip("/")

    @field_validator("files_s3_prefix")
    @classmethod
    def _check_s3_prefix(cls, value: str) -> str:
        if value.startswith("/") or (value and not value.endswith("/")):
            raise ValueError("setting.slash")
        return value

    @model_validator(mode="after")
    def _check_s3(self) -> Self:
        """Reject half of the settings of S3."""
        if self.files_in == "s3" and not self.files_s3_bucket:
            raise ValueError("setting.no_bucket")
        if self.files_s3_bucket and not (
            self.files_s3_access_key and self.files_s3_secret_key.get_secret_value()
        ):
            raise ValueError("setting.no_s3_key")
        return self

    @field_validator("backup_dir", mode="before")
    @classmethod
    def _empty_folder_to_none(cls, value: object) -> object:
        return value or None

    @field_validator("clamd_address")
    @classmethod
    def _check_clamd_address(cls, value: str | None) -> str | None:
        """An empty address counts as none: files are then not scanned."""
        with as_fault("setting.no_clamd"):
            return clamd.require_address(value) if value else None

    @field_validator("web_key", "web_key_previous", mode="before")
    @classmethod
    def _empty_key_to_none(cls, value: object) -> object:
        return value or None

    @field_validator("web_key")
    @classmethod
    def _check_web_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Reject equal keys, which could not be changed separately."""
        if value is not None and value == info.data.get("secret_key"):
            raise ValueError("setting.same_key")
        return value

    @field_validator("web_key_previous")
    @classmethod
    def _check_previous_web_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("web_key", "bad") is None:
            raise ValueError("setting.no_web_key")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr) -> SecretStr:
        with as_fault("setting.no_database"):
            normalize_url(value.get_secret_value())
        return value

    @field_validator("catalog")
    @classmethod
    def _check_catalog(cls, value: Path) -> Path:
        if not (value / "municipality.yaml").is_file():
            raise ValueError("setting.no_municipality")
        return value


class RestoreSettings(StoreSettings):
    """The settings of an empty place for a backup, where there is no catalog yet."""

    @field_validator("catalog")
    @classmethod
    def _check_catalog(cls, value: Path) -> Path:
        return value


class Settings(StoreSettings):
    """All settings of the running program."""

    slack_bot_token: SecretStr
    """The app's token in the workspace."""
    slack_app_token: SecretStr | None = None
    """For Socket Mode. Where it is set, Slack's requests come over it, and the signing secret is not used."""
    slack_signing_secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    """For HTTP at `/slack/events`, where there is no app token."""
    slack_admin_token: SecretStr | None = None
    """Only for `doctor` to read how long channels keep what is written. May be left out."""
    slack_api_url: str = "https://slack.com/api/"
    """Slack's address, or that of what stands in for Slack, as in a sandbox. Files come from Slack's file hosts only,
    or from the host that is set here.
    """
    smtp_url: SecretStr
    """The mail server."""
    mail_from: str
    """The sender of all mail."""
    public_url: str
    """Where applicants and officers reach the pages."""
    host: str = "127.0.0.1"
    """The address where it listens, behind your own TLS."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """The port where it listens."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of your TLS proxy, whose `X-Forwarded-For` is believed."""
    metrics_token: Annotated[SecretStr | None, Field(min_length=16)] = None
    """Who asks for `/metrics` shows it as a bearer token. Without it there is no `/metrics`."""
    oidc_issuer: str | None = None
    """The municipality's OpenID Connect provider, by which officers sign in to the case page without coming from
    Slack. Register `PUBLIC_URL/handlaggare/logga-in/svar` as redirect URI and `PUBLIC_URL/handlaggare` as where
    sign-out returns to. Empty: officers come from Slack only.
    """
    oidc_client_id: Annotated[str, Field(validate_default=True)] = ""
    """How the program is registered with the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """Its secret there."""
    oidc_claim: Annotated[str, Field(min_length=1)] = "email"
    """The claim that says which officer it is, by mail address or by the catalog's key. `email` counts only with
    `email_verified`; where the directory does not tell that (AD FS, Entra ID), take one that only the municipality
    gives out, such as `upn`.
    """

    @property
    def openid_registration(self) -> Registration | None:
        """How the program is known to the provider that officers sign in by; None where there is none."""
        if self.oidc_issuer is None:
            return None
        return Registration(
            self.oidc_issuer,
            self.oidc_client_id,
            self.oidc_client_secret.get_secret_value(),
            self.public_url.rstrip("/") + "/handlaggare/logga-in/svar",
        )

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, value: str | None) -> str | None:
        """An empty issuer counts as none. It must use TLS, unless it is on this machine."""
        if not value:
            return None
        if not _is_safe_address(value):
            raise ValueError("setting.no_tls")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def _check_client_id(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("setting.missing")
        return value

    @field_validator("slack_bot_token")
    @classmethod
    def _check_bot_token(cls, value: SecretStr) -> SecretStr:
        return _require_prefix(value, "xoxb-")

    @field_validator("slack_app_token")
    @classmethod
    def _check_app_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _require_prefix(value, "xapp-") if value and value.get_secret_value() else None

    @field_validator("slack_admin_token")
    @classmethod
    def _check_admin_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _require_prefix(value, "xoxp-") if value and value.get_secret_value() else None

    @field_validator("slack_signing_secret")
    @classmethod
    def _check_signing_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """An empty secret counts as none, which HTTP does not allow: with it, anyone could sign."""
        if value and value.get_secret_value().strip():
            return value
        if info.data.get("slack_app_token", "bad") is None:
            raise ValueError("setting.no_way_in")
        return None

    @field_validator("metrics_token", mode="before")
    @classmethod
    def _empty_to_none(cls, value: object) -> object:
        """An empty token counts as none: with it, anyone could fetch the metrics."""
        return value or None

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, value: SecretStr) -> SecretStr:
        with as_fault("setting.no_smtp"):
            MailServer.from_url(value.get_secret_value())
        return value

    @field_validator("public_url", "slack_api_url")
    @classmethod
    def _check_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("setting.no_web_address")
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_mail_address(cls, value: str) -> str:
        try:
            envelope(value)
        except NotAnAddress:
            raise ValueError("setting.no_mail_address") from None
        if value.count("@") != 1 or any(letter.isspace() for letter in value):
            raise ValueError("setting.no_mail_address")
        return value


def _is_safe_address(value: str) -> bool:
    """Whether the address uses TLS, or is on this machine."""
    parts = urlsplit(value)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(
        parts.hostname and not parts.query and parts.scheme in ("https", *(["http"] if is_local else []))
    )


def _require_prefix(value: SecretStr, prefix: str) -> SecretStr:
    if not value.get_secret_value().startswith(prefix):
        raise ValueError("setting.prefix")
    return value


S = TypeVar("S", bound=StoreSettings)


def load_settings(kind: type[S], **values: Any) -> S:
    """Load the settings. Raises InvalidSettings, which names every one that is missing or invalid."""
    try:
        return kind(**values)
    except ValidationError as error:
        raise InvalidSettings(*map(fault_of, error.errors())) from None


class _CatalogPlace(BaseSettings):
    """Where the catalog is, whatever is wrong with other settings."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")
    catalog: Path | None = None


def find_language() -> str:
    """The language of the municipality whose catalog the settings name; Swedish where it cannot be read."""
    folder = _CatalogPlace().catalog
    return language_of(folder) if folder is not None else DEFAULT_LANGUAGE


def language_of(folder: Path) -> str:
    """The language of the municipality whose catalog is there; Swedish where there is none."""
    if not (folder / "municipality.yaml").is_file():
        return DEFAULT_LANGUAGE
    try:
        return load(folder).municipality.language
    except CatalogError as error:
        return error.language


def local_url(settings: Settings) -> str:
    """The program's address on its own machine, also where it listens on all interfaces."""
    host = settings.host
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
