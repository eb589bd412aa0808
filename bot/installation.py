"""A new installation: settings with fresh keys, and a first catalog to change."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from bot import catalog
from bot.catalog.files.schema import write_schemas
from bot.setting_faults import setting_example
from bot.settings import DEFAULT_LANGUAGE
from bot.text import Words, words

FIRST_CATALOG = Path(catalog.__file__).parent / "first"
CATALOG_FOLDER = "catalog"
ENV_FILE = ".env"

_TO_FILL_IN = (
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "smtp_url",
    "mail_from",
    "public_url",
)
"""The settings that only the operator knows."""

_CHANGED_LATER = {
    "database_url": "sqlite:///data/case.db",
    "files_dir": "data/files",
    "backup_dir": "/mnt/backup/arendebot",
    "metrics_token": "",
    "port": "8000",
    "trusted_proxies": "127.0.0.1",
}
"""Settings that many change, with what stands there: what holds without them, or an example. A token is made fresh."""


class AlreadyInstalled(Exception):
    """The folder has settings or a catalog already; the text names the path, and nothing was changed."""


def create_installation(folder: Path) -> None:
    """Write `.env` and a first catalog into a folder, which is made where there is none. Raises AlreadyInstalled.

    What is there already is never written over: without its SECRET_KEY a database cannot be used again.
    """
    say = words(DEFAULT_LANGUAGE)
    for path in (folder / ENV_FILE, folder / CATALOG_FOLDER):
        if os.path.lexists(path):
            raise AlreadyInstalled(say("cli.init.exists", path=path))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(FIRST_CATALOG, folder / CATALOG_FOLDER)
    write_schemas(folder / CATALOG_FOLDER)
    opened = os.open(folder / ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(_env_text(say))


def _env_text(say: Words) -> str:
    """The settings: the keys and the catalog's folder, what has no default, and what many change."""
    lines = [
        f"# {say('cli.env.secret_key')}",
        f"SECRET_KEY={secrets.token_urlsafe(48)}",
        f"# {say('cli.env.web_key')}",
        f"WEB_KEY={secrets.token_urlsafe(48)}",
        f"CATALOG={CATALOG_FOLDER}",
        "",
        f"# {say('cli.env.fill_in')}",
    ]
    for name in _TO_FILL_IN:
        lines += [f"# {say('cli.env.slack_app_token')}"] if name == "slack_app_token" else []
        lines += [f"# {setting_example(name, say)}", f"# {name.upper()}="]
    lines += ["", f"# {say('cli.env.later')}"]
    for name, value in _CHANGED_LATER.items():
        lines += [f"# {say(f'cli.env.{name}')}", f"# {name.upper()}={value or secrets.token_urlsafe(24)}"]
    return "\n".join(lines) + "\n"
