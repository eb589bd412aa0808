"""Copies of the whole database, made while it is used: SQLite's online backup, and PostgreSQL's own dump."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL

from bot.store.engine.database import Database, Tx
from bot.text.worded_errors import WordedError

SQLITE_COPY, POSTGRES_COPY = "database.sqlite3", "database.dump"
"""The copy's file name, by which it is known what it is of."""


class CopyRefused(WordedError):
    """The database cannot be copied, or a copy cannot be put into it; the text says why, and what to do."""


def copy_database(database: Database, folder: Path) -> tuple[Path, int]:
    """Write a copy of the database, as it is at one moment, into the folder.

    Returns the copy's file, and the position of the newest event in it. Others write to the database meanwhile.
    Raises CopyRefused, DatabaseBusy and sqlite3.Error.
    """
    if database.is_sqlite:
        return _copy_sqlite(Path(database.url.database or ""), folder / SQLITE_COPY)
    return database.read_sync(lambda tx: _dump_postgres(tx, database.url, folder / POSTGRES_COPY))


def require_empty(database: Database, copy: Path) -> None:
    """Raise CopyRefused where the database is not of the copy's kind, or holds something."""
    if database.is_sqlite != (copy.name == SQLITE_COPY):
        raise CopyRefused("cli.stop.other_kind")
    if database.is_sqlite:
        is_empty = not database.exists()
    else:
        is_empty = database.read_sync(lambda tx: not inspect(tx.conn).get_table_names())
    if not is_empty:
        raise CopyRefused("cli.stop.not_empty_store")


def restore_database(database: Database, copy: Path) -> None:
    """Put the copy into the empty database, whole or not at all. Raises CopyRefused and OSError."""
    require_empty(database, copy)
    if not database.is_sqlite:
        version = database.read_sync(_server_version)
        tool = database.read_sync(lambda tx: _find_tool(tx, "pg_restore", version))
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl"]
        _run_tool([tool, *options, str(copy)], database.url)
        return
    path = Path(database.url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    shutil.copyfile(copy, unfinished)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def _copy_sqlite(path: Path, to: Path) -> tuple[Path, int]:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as copy:
        # All pages in one step: what is committed meanwhile would otherwise begin it anew, again and again.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, to which reading adds no others
        newest = copy.execute("SELECT max(rowid) FROM history").fetchone()[0]
    return to, newest or 0


def _dump_postgres(tx: Tx, url: URL, to: Path) -> tuple[Path, int]:
    """Dump the snapshot of this very transaction, so that the newest event is the dump's."""
    tool = _find_tool(tx, "pg_dump", _server_version(tx))
    snapshot = tx.conn.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    newest = tx.conn.execute(text("SELECT max(rowid) FROM history")).scalar()
    options = ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}", f"--file={to}"]
    _run_tool([tool, *options], url)
    return to, newest or 0


def _server_version(tx: Tx) -> int:
    """The server's major version."""
    return int(tx.conn.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def _find_tool(tx: Tx, name: str, version: int) -> str:
    """The path of PostgreSQL's program, no older than the server: on PATH, or beside the server's own.

    Raises CopyRefused where there is none.
    """
    candidates = [shutil.which(name)]
    if tx.conn.execute(text("SELECT has_table_privilege('pg_config', 'SELECT')")).scalar():
        folder = tx.conn.execute(text("SELECT setting FROM pg_config WHERE name = 'BINDIR'")).scalar()
        candidates.append(shutil.which(name, path=folder))
    for candidate in filter(None, candidates):
        call = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        found = re.search(r"\d+", call.stdout)
        if found and int(found[0]) >= version:
            return candidate
    raise CopyRefused("cli.stop.no_tool", tool=name, version=version)


def _run_tool(command: list[str], url: URL) -> None:
    """Run the program on the database; the password is not among its arguments, which all users can read."""
    address = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()
    password = {"PGPASSWORD": url.password} if url.password else {}
    ended = subprocess.run(  # noqa: S603 -- PostgreSQL's own programs, without a shell
        [*command, f"--dbname={address}"],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[0]
        raise CopyRefused("cli.stop.tool", tool=Path(command[0]).name, why=reason)
