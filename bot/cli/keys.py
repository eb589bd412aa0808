"""Commands about the key that signs what browsers hold."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from bot.catalog import load
from bot.settings import StoreSettings, load_settings
from bot.text import words

commands = typer.Typer(no_args_is_help=True, help="The key that signs what browsers hold.")


@commands.command()
def rotate(
    leaked: Annotated[bool, typer.Option("--leaked", help="Accept nothing more of the old key.")] = False,
) -> None:
    """Make a new WEB_KEY, and say what to set. Changes nothing; SECRET_KEY, which seals the log, stays."""
    settings = load_settings(StoreSettings)
    say = words(load(settings.catalog).municipality.language)
    print(f"WEB_KEY={secrets.token_urlsafe(48)}")
    if leaked:
        print(say("cli.keys.leaked"))
        return
    print(f"WEB_KEY_PREVIOUS={(settings.web_key or settings.secret_key).get_secret_value()}")
    print(say("cli.keys.rotated"))
