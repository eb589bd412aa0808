"""The stores of earlier revisions, as `make_stores` has kept them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.upgrades.make_stores import STORES


@dataclass(frozen=True)
class EarlierStore:
    """The content of a database of `revision`, and the cards that were then in Slack."""

    revision: str
    content: bytes
    cards: tuple[Mapping[str, Any], ...]

    def restore(self, url: str) -> None:
        """Fill the empty database."""
        if url.startswith("sqlite"):
            Path(url.removeprefix("sqlite:///")).write_bytes(self.content)
            return
        with psycopg.connect(url) as server:
            server.execute(self.content)


def load_store(revision: str, kind: str) -> EarlierStore:
    """The store of a revision on a kind of database."""
    with tarfile.open(STORES / f"{revision}-{kind}.tar.xz") as archive:
        store, cards = (_read(archive, name) for name in ("store", "cards.json"))
    return EarlierStore(revision, store, tuple(json.loads(cards)))


def list_stored() -> set[tuple[str, str]]:
    """The revisions that are kept, each with the kind of its database."""
    names = (path.name.partition(".")[0].partition("-") for path in STORES.glob("*.tar.xz"))
    return {(revision, kind) for revision, _, kind in names}


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()
