"""The environment of measurements: a folder, a sandbox, and the programs started there."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from bench.processes import CATALOG, Process, environment, free_port, running


@dataclass(frozen=True)
class Bench:
    """A folder, a sandbox, and the number of rounds."""

    folder: Path
    slack: str
    smtp_port: int
    rounds: int

    def env(self, name: str) -> dict[str, str]:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return environment(folder, f"{self.slack}/api/", self.smtp_port)

    def bot(self, name: str, **settings: str) -> AbstractAsyncContextManager[Process]:
        env = self.env(name) | settings
        return running(["-m", "bot", "serve"], env, self.folder / f"{name}-bot.log")

    def plain_app(self, name: str) -> AbstractAsyncContextManager[Process]:
        env = self.env(name) | {"PLAIN_FILE": str(self.folder / name / "plain.db")}
        return running(["-m", "bench.plain_app"], env, self.folder / f"{name}-plain.log")

    def floor(self, name: str) -> AbstractAsyncContextManager[Process]:
        return running(["-m", "bench.floor"], self.env(name), self.folder / f"{name}-floor.log")

    def copy_for_plain_app(self, name: str) -> None:
        """Copy the cases to a file of the plain app's own."""
        folder = self.folder / name
        with (
            closing(sqlite3.connect(folder / "case.db")) as source,
            closing(sqlite3.connect(folder / "plain.db")) as copy,
        ):
            source.backup(copy)

    def case_ids(self, name: str) -> list[str]:
        """The ids of all cases, in the order of their numbers."""
        with closing(sqlite3.connect(self.folder / name / "case.db")) as connection:
            return [row[0] for row in connection.execute('SELECT id FROM "case" ORDER BY number')]

    def events(self, name: str, file: str, case_id: str) -> int:
        """The number of the case's events in that file."""
        with closing(sqlite3.connect(self.folder / name / file)) as connection:
            found = connection.execute("SELECT count(*) FROM history WHERE case_id = ?", (case_id,))
            return int(found.fetchone()[0])


@asynccontextmanager
async def prepared(rounds: int) -> AsyncIterator[Bench]:
    """A fresh folder and a fresh sandbox."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder, port, smtp = Path(name), free_port(), free_port()
        arguments = [
            "-m",
            "sandbox",
            "serve",
            "--mode",
            "http",
            "--request-url",
            "http://127.0.0.1:9/slack/events",
        ]
        arguments += ["--catalog", str(CATALOG), "--port", str(port), "--smtp-port", str(smtp)]
        env = {**environment(folder, "", smtp), "PORT": str(port)}
        async with running(arguments, env, folder / "sandbox.log", ready="/_mails"):
            yield Bench(folder, f"http://127.0.0.1:{port}", smtp, rounds)
