"""Cases imported a second."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from pathlib import Path

from lxml import etree

from bench.processes import ROOT

BATCH = 25


async def program(folder: Path, env: dict[str, str]) -> float:
    """Seconds that `python -m bot import --silent` takes for the folder, the program's start included."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "import", "--silent", str(folder), env=env, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()[-2000:]
    return time.perf_counter() - began


def floor(folder: Path, path: Path) -> float:
    """Seconds for parsing each document and committing it as one row, 25 rows a transaction."""
    began = time.perf_counter()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE document (body BLOB)")
    files = sorted(folder.iterdir())
    for start in range(0, len(files), BATCH):
        connection.execute("BEGIN IMMEDIATE")
        for file in files[start : start + BATCH]:
            content = file.read_bytes()
            etree.fromstring(content)
            connection.execute("INSERT INTO document VALUES (?)", (content,))
        connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - began
