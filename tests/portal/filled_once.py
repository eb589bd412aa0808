"""Cases that many tests begin with: sent in through the pages once, and copied for the tests after the first."""

from __future__ import annotations

import copy
import functools
import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tests.portal.browser import Browser
from tests.store_snapshots import StoreSnapshots

if TYPE_CHECKING:
    from tests.portal.conftest import Portal


@dataclass(frozen=True)
class _Filled:
    """What was there before and after; what the browser then remembers, the time, the files, and what came of it."""

    before: sqlite3.Connection
    after: sqlite3.Connection
    cookies: tuple[Any, ...]
    now: datetime
    files: tempfile.TemporaryDirectory[str]
    result: Any


T = TypeVar("T")

_filled: dict[tuple[str, str, datetime], _Filled] = {}
"""By fixture, catalog and time."""


def filled_once(fill: Callable[[Portal, Browser], Awaitable[T]]) -> Callable[[Portal, Browser], Awaitable[T]]:
    """A fixture's function that fills a fresh store through the pages: the second time its store is copied instead."""

    @functools.wraps(fill)
    async def fixture(portal: Portal, eva: Browser) -> T:
        catalog = hashlib.sha256(portal.service.catalog.model_dump_json().encode()).hexdigest()
        key = (f"{fill.__module__}.{fill.__qualname__}", catalog, portal.clock())
        snapshots = StoreSnapshots(portal.database)
        try:
            filled = _filled.get(key)
            if filled is not None and not snapshots.changed(filled.before):
                _copy(filled, portal, eva, snapshots)
                return copy.copy(filled.result)
            before = snapshots.save()
            result = await fill(portal, eva)
            _filled.setdefault(key, _keep(before, portal, eva, snapshots, result))
            return result
        finally:
            snapshots.close()

    return fixture


def _keep(
    before: sqlite3.Connection, portal: Portal, eva: Browser, snapshots: StoreSnapshots, result: Any
) -> _Filled:
    files = tempfile.TemporaryDirectory()
    root = portal.deps.files.root
    if root.exists():
        shutil.copytree(root, files.name, dirs_exist_ok=True)
    cookies = tuple(eva.client.cookies.jar)
    return _Filled(before, snapshots.save(), cookies, portal.clock(), files, result)


def _copy(filled: _Filled, portal: Portal, eva: Browser, snapshots: StoreSnapshots) -> None:
    snapshots.restore(filled.after)
    if any(Path(filled.files.name).iterdir()):
        shutil.copytree(filled.files.name, portal.deps.files.root, dirs_exist_ok=True)
    for cookie in filled.cookies:
        eva.client.cookies.jar.set_cookie(cookie)
    portal.clock.now = filled.now
