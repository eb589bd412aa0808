"""The program, built and not started."""

from __future__ import annotations

from pathlib import Path

from bot.app import Program
from bot.settings import Settings, load_settings
from tests.conftest import SAMPLE


def program(folder: Path) -> Program:
    """The program as it is where Slack sends by HTTP, with a store of its own in `folder`."""
    return Program(
        load_settings(
            Settings,
            _env_file=None,
            database_url=f"sqlite:///{folder}/case.db",
            files_dir=folder / "files",
            catalog=SAMPLE,
            secret_key="0" * 48,
            slack_bot_token="xoxb-1",
            slack_signing_secret="0" * 32,
            slack_api_url="http://127.0.0.1:9/api/",
            smtp_url="smtp://127.0.0.1:25",
            mail_from="arenden@lindsjo.example",
            public_url="https://arenden.lindsjo.example",
            metrics_token="0" * 16,
        )
    )
