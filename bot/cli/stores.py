"""What the commands share: the stores of the settings, and how a command ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from bot import app as program
from bot.settings import StoreSettings, load_settings
from bot.text import Words, words

EXIT_PROBLEMS, EXIT_NOT_STARTED = 1, 2
"""Exit codes: something was found wrong, and the program could not be started as asked."""


def stop(text: str, code: int) -> NoReturn:
    """Print the text as an error, and end with the code."""
    print(text, file=sys.stderr)
    sys.exit(code)


@contextmanager
def open_stores(*, read_only: bool = False) -> Iterator[tuple[program.Stores, Words]]:
    """The stores, and the words of the municipality's language."""
    stores = program.open_stores(load_settings(StoreSettings), read_only=read_only)
    try:
        yield stores, words(stores.language)
    finally:
        stores.database.close()
