"""What is told of settings that are missing or bad, before anything has started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.setting_faults import InvalidSettings, setting_example
from bot.settings import Settings, StoreSettings, load_settings
from bot.store_opening import open_stores
from bot.text import words

SAMPLE = Path(__file__).parents[2] / "bot" / "catalog" / "sample"
VALID: dict[str, Any] = {
    "catalog": SAMPLE,
    "secret_key": "k" * 40,
    "slack_bot_token": "xoxb-1",
    "slack_signing_secret": "8f742231b10e8888abcd99yyyzzz85a5",
    "smtp_url": "smtp://localhost:25",
    "mail_from": "arenden@lindsjo.example",
    "public_url": "https://arenden.lindsjo.example",
}
SECRET_VALUE = "hemligt"


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's environment nor a `.env` in the checkout."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def setting_errors(**given: Any) -> list[str]:
    with pytest.raises(InvalidSettings) as bad:
        load_settings(Settings, _env_file=None, **{**VALID, **given})
    return str(bad.value).splitlines()


def test_fair_settings_are_taken() -> None:
    assert load_settings(Settings, _env_file=None, **VALID).port == 8000


def test_every_setting_that_is_missing_is_named_with_what_it_looks_like() -> None:
    with pytest.raises(InvalidSettings) as bad:
        load_settings(Settings, _env_file=None)
    lines = str(bad.value).splitlines()
    named = {line.split()[0].lower() for line in lines}
    assert named == set(VALID)
    assert all(setting_example(line.split()[0].lower(), words("en")) in line for line in lines)


def test_what_is_wrong_is_said_in_swedish_too() -> None:
    with pytest.raises(InvalidSettings) as bad:
        load_settings(Settings, _env_file=None, **{**VALID, "secret_key": "kort", "mail_from": SECRET_VALUE})
    key, sender = bad.value.in_words(words("sv")).splitlines()
    assert key.startswith("SECRET_KEY är för kort. Så kan det se ut: minst 32 slumpade tecken")
    assert sender.startswith("MAIL_FROM är inte en e-postadress. Så kan det se ut: en adress som ni får")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_signing_secret_is_none_at_all(empty: str) -> None:
    (line,) = setting_errors(slack_signing_secret=empty)
    assert line.startswith("SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN (for Socket Mode) is missing")


def test_an_empty_signing_secret_beside_an_app_token_is_left_out() -> None:
    settings = load_settings(
        Settings, _env_file=None, **{**VALID, "slack_signing_secret": "", "slack_app_token": "xapp-1"}
    )
    assert settings.slack_signing_secret is None


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("slack_bot_token", SECRET_VALUE),
        ("slack_app_token", SECRET_VALUE),
        ("slack_api_url", SECRET_VALUE),
        ("database_url", f"mysql://u:{SECRET_VALUE}@host/name"),
        ("database_url", f"postgresql://u:p@host:{SECRET_VALUE}/name"),
        ("smtp_url", f"smtp:{SECRET_VALUE}"),
        ("smtp_url", f"smtp://user:pass:{SECRET_VALUE}/word@host"),
        ("mail_from", SECRET_VALUE),
        ("mail_from", f"arenden@{SECRET_VALUE}\u200d.example"),
        ("public_url", SECRET_VALUE),
        ("catalog", f"/{SECRET_VALUE}"),
        ("secret_key", SECRET_VALUE),
        ("port", SECRET_VALUE),
        ("port", 65_536),
    ],
)
def test_a_bad_setting_is_named_with_what_it_looks_like_and_without_its_value(name: str, bad: Any) -> None:
    (line,) = setting_errors(**{name: bad})
    assert line.startswith(name.upper())
    assert line.endswith(f"it looks like {setting_example(name, words('en'))}")
    assert SECRET_VALUE not in line


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    settings = StoreSettings(catalog=SAMPLE, secret_key="k" * 40, files_dir=tmp_path / "taken" / "files")
    with pytest.raises(InvalidSettings, match=r"^FILES_DIR cannot be used"):
        open_stores(settings)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://u:hemligt@127.0.0.1:1/name"])
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url: str, tmp_path: Path) -> None:
    settings = StoreSettings(
        catalog=SAMPLE, secret_key="k" * 40, files_dir=tmp_path / "files", database_url=url
    )
    with pytest.raises(InvalidSettings, match=r"^DATABASE_URL cannot be used") as bad:
        open_stores(settings)
    assert SECRET_VALUE not in str(bad.value)


@pytest.mark.parametrize("address", ["clamd", "clamd:0", ":3310", "clamd:x", "unix:clamd.ctl"])
def test_a_scanners_address_is_a_port_or_a_socket(address: str) -> None:
    (line,) = setting_errors(clamd_address=address)
    assert line.startswith("CLAMD_ADDRESS is neither host:port nor unix:/path")


@pytest.mark.parametrize("address", ["127.0.0.1:3310", "[::1]:3310", "unix:/run/clamav/clamd.ctl"])
def test_files_are_scanned_where_a_scanners_address_is_set(address: str, tmp_path: Path) -> None:
    given = {"database_url": f"sqlite:///{tmp_path}/case.db", "files_dir": tmp_path / "files"}
    stores = [
        open_stores(load_settings(StoreSettings, _env_file=None, clamd_address=one, **VALID, **given))
        for one in (address, "")
    ]
    assert [one.files.first_scan_state for one in stores] == ["waiting", ""]
    for one in stores:
        one.database.close()


@pytest.mark.parametrize(
    "issuer", ["http://inloggning.byn.example", "inloggning.byn.example", "https://x?a=b"]
)
def test_a_provider_to_sign_in_by_is_reached_by_tls(issuer: str) -> None:
    (line,) = setting_errors(oidc_issuer=issuer, oidc_client_id="arendebot")
    assert line.startswith("OIDC_ISSUER is not an address with https")


def test_a_provider_to_sign_in_by_needs_the_programs_id_there() -> None:
    (line,) = setting_errors(oidc_issuer="https://inloggning.byn.example")
    assert line.startswith("OIDC_CLIENT_ID is missing")
    settings = load_settings(Settings, _env_file=None, **VALID, oidc_issuer="")
    assert settings.openid_registration is None


def test_the_provider_is_told_where_to_send_officers_back() -> None:
    given = {"oidc_issuer": "https://inloggning.byn.example", "oidc_client_id": "arendebot"}
    settings = load_settings(
        Settings, _env_file=None, **(VALID | {"public_url": "https://byn.example/"}), **given
    )
    assert settings.openid_registration is not None
    assert settings.openid_registration.redirect_uri == "https://byn.example/handlaggare/logga-in/svar"
