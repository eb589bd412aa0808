"""The stores of the settings, for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import store_opening
from bot.settings import StoreSettings, load_settings
from bot.store_opening import Stores
from bot.text import Words, words


@contextmanager
def open_stores(*, read_only: bool = False) -> Iterator[tuple[Stores, Words]]:
    """The stores, and the words of the municipality's language."""
    stores = store_opening.open_stores(load_settings(StoreSettings), read_only=read_only)
    try:
        yield stores, words(stores.language)
    finally:
        stores.database.close()
