"""The first minutes of an installation: what `init` writes, and what it leaves alone."""

import os
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.catalog import load
from bot.catalog.files.schema import SCHEMA_COMMENTS, SCHEMAS
from bot.installation import AlreadyInstalled, create_installation
from bot.setting_faults import InvalidSettings
from bot.settings import Settings, StoreSettings, load_settings

TODAY = date(2026, 11, 30)
FILLED_IN = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "MAIL_FROM": "arenden@kommunen.example",
    "PUBLIC_URL": "https://arenden.kommunen.example",
}

FILLED_IN_BY_NAME: dict[str, Any] = {name.lower(): value for name, value in FILLED_IN.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a new installation, in which the program runs without other settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path / "bot" / "here"
    create_installation(folder)
    monkeypatch.chdir(folder)
    return folder


def test_the_keys_are_for_their_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        create_installation(tmp_path / "new")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new" / ".env").stat().st_mode) == 0o600


def test_each_installation_has_keys_of_its_own(folder: Path, tmp_path: Path) -> None:
    create_installation(tmp_path / "other")
    ours = load_settings(StoreSettings)
    theirs = load_settings(StoreSettings, _env_file=tmp_path / "other" / ".env")
    secrets = {keys.secret for keys in (ours.keys, theirs.keys)}
    web_secrets = {*ours.keys.web_secrets, *theirs.keys.web_secrets}
    assert len(secrets | web_secrets) == 4


def test_the_first_catalog_is_right_and_its_officer_can_take_cases(folder: Path) -> None:
    catalog = load(load_settings(StoreSettings).catalog)
    (service,), (officer,) = catalog.services.values(), catalog.municipality.officers
    access = catalog.access(officer.key, service.key, TODAY)
    assert service.is_published and access is not None and access.coordinator


def test_an_editor_completes_the_first_catalog(folder: Path) -> None:
    catalog = folder / "catalog"
    for path in (catalog / "municipality.yaml", *(catalog / "services").iterdir()):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first in SCHEMA_COMMENTS
        assert (path.parent / first.partition("$schema=")[2]).resolve().name in SCHEMAS
        assert (path.parent / first.partition("$schema=")[2]).is_file()


def test_what_is_left_to_fill_in_is_all_that_is_missing(folder: Path) -> None:
    with pytest.raises(InvalidSettings) as missing:
        load_settings(Settings)
    settings = folder / ".env"
    text = settings.read_text(encoding="utf-8")
    for name, value in FILLED_IN.items():
        assert f"\n# {name}=\n" in text
        text = text.replace(f"\n# {name}=\n", f"\n{name}={value}\n")
    settings.write_text(text, encoding="utf-8")
    assert "SECRET_KEY" not in str(missing.value) and "CATALOG" not in str(missing.value)
    assert load_settings(Settings).public_url == FILLED_IN["PUBLIC_URL"]


def test_whom_slack_reaches_over_http_has_a_place_for_the_signing_secret(folder: Path) -> None:
    settings = folder / ".env"
    over_http = {name: value for name, value in FILLED_IN.items() if name != "SLACK_APP_TOKEN"}
    text = settings.read_text(encoding="utf-8")
    for name, value in {**over_http, "SLACK_SIGNING_SECRET": "5" * 32}.items():
        assert f"\n# {name}=\n" in text
        text = text.replace(f"\n# {name}=\n", f"\n{name}={value}\n")
    settings.write_text(text, encoding="utf-8")
    assert load_settings(Settings).slack_app_token is None


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "FILES_DIR", "BACKUP_DIR", "METRICS_TOKEN", "PORT", "TRUSTED_PROXIES"]
)
def test_what_most_set_later_has_its_place_too_and_says_what_it_is(folder: Path, name: str) -> None:
    settings = folder / ".env"
    lines = settings.read_text(encoding="utf-8").splitlines()
    (place,) = (at for at, line in enumerate(lines) if line.startswith(f"# {name}="))
    assert " " in lines[place - 1].removeprefix("# "), "a sentence on what it is"
    lines[place] = lines[place].removeprefix("# ")
    settings.write_text("\n".join(lines), encoding="utf-8")
    taken = getattr(load_settings(Settings, **FILLED_IN_BY_NAME), name.lower())
    assert taken is not None


@pytest.mark.parametrize("there", [".env", "catalog"])
def test_what_is_in_the_folder_already_is_left_as_it_is(tmp_path: Path, there: str) -> None:
    (tmp_path / there).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AlreadyInstalled, match="finns redan"):
        create_installation(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [there]
