"""An upgrade on PostgreSQL as docs/operations/upgrade.md says: the older program serves while the newer migrates."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot.store import Database, Keys
from bot.store.engine import migrate
from bot.store.tables import CaseRow
from bot.store.verification import proof
from sandbox.server import Sandbox
from tests.chaos.people import AUTHORIZATION, FAULT_ANSWERS
from tests.conftest import PATIENCE
from tests.portal.browser import Browser
from tests.scenarios.running_program import BUILDING, NUMBER, workspace_for
from tests.upgrades.earlier_stores import load_store
from tests.upgrades.make_stores import COMMITS, ROOT, SECRET, check_out, is_in_history

CONTENT = "0044"
"""The revision of the store that the older program goes on with."""

OLDER = [
    pytest.param(COMMITS[CONTENT], False, id="0044"),
    pytest.param("9e46cc1b", True, id="0046"),
]
"""The commits of older programs, and whether they call themselves ready when the database is newer than they are."""

PRESS_COUNT = 5
"""Presses before the migration, and after it."""


@dataclass
class Presses:
    """What was sent in while the migration ran: the numbers that were answered."""

    url: str
    numbers: list[str] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    async def repeat(self, act: Callable[[], Awaitable[str]]) -> None:
        """Do it again and again until all is over."""
        while not self.is_over.is_set():
            self.numbers.append(await act())
            await asyncio.sleep(0.05)

    async def wait_for_more(self, wanted: int) -> None:
        """Wait until so many more are answered."""
        before = len(self.numbers)
        async with asyncio.timeout(PATIENCE):
            while len(self.numbers) < before + wanted:  # noqa: ASYNC110  (both who press add to it)
                await asyncio.sleep(0.02)

    async def open_by_api(self) -> str:
        """Another system's case."""
        email = f"system-{next(self._ids)}@prov.example"
        case = {
            "service": "felanmalan-gata-park",
            "external_id": email,
            "people": [{"name": "Siv Prov", "email": email}],
            "answers": FAULT_ANSWERS,
        }
        async with self._client() as client:
            answer = await client.post("/api/v1/cases", json=case, headers=AUTHORIZATION)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    async def send_form(self) -> str:
        """An applicant's form, page by page."""
        email = f"sokande-{next(self._ids)}@ek.example"
        async with self._client() as client:
            browser = Browser(client)
            browser.keeps_pages = False  # a store of before has no room for them
            form = (await browser.get("/e-tjanster/bygglov?lang=sv")).form()
            page = await browser.submit(form.fill(om_p0_name="Eva Ek", om_p0_email=email, **BUILDING))
        number = NUMBER.search(page.text)
        assert page.status < 400 and number is not None, page.text
        return number[0]

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=PATIENCE)


@pytest.mark.long
@pytest.mark.parametrize(("commit", "stays_ready"), OLDER)
@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
async def test_no_press_is_lost_where_the_newer_version_migrates_beside_the_older(
    empty_database: Database, tmp_path: Path, commit: str, stays_ready: bool
) -> None:
    if not is_in_history(commit):
        pytest.skip("this checkout has no history, and so no older program")
    url = empty_database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    load_store(CONTENT, "postgresql").restore(url)
    older = tmp_path / "older"
    check_out(commit, older)
    sample = older / "bot" / "catalog" / "sample"
    async with Sandbox.running(mode="http", workspace=workspace_for(sample)) as sandbox:
        env = _environment(sandbox, url, sample, tmp_path)
        async with _serving(older, env) as process:
            presses = Presses(f"http://127.0.0.1:{env['PORT']}")
            async with asyncio.TaskGroup() as people:
                people.create_task(presses.repeat(presses.open_by_api))
                people.create_task(presses.repeat(presses.send_form))
                await presses.wait_for_more(PRESS_COUNT)
                await _migrate(env)
                assert migrate.is_current(empty_database)
                await presses.wait_for_more(PRESS_COUNT)
                presses.is_over.set()
            async with httpx.AsyncClient() as client:
                ready = await client.get(f"{presses.url}/readyz")
            assert (ready.status_code == 200, process.returncode) == (stays_ready, None), ready.text
    stored = Database(url, Keys(SECRET.encode()))
    try:
        assert set(presses.numbers) <= set(
            stored.read_sync(lambda tx: tx.conn.scalars(select(CaseRow.number)))
        )
        report = stored.read_sync(proof.verify)
    finally:
        stored.close()
    assert len(set(presses.numbers)) == len(presses.numbers)
    assert report.ok, report.findings


async def _migrate(env: dict[str, str]) -> None:
    """As an operator does in the newer version's folder."""
    newer = {**env, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "migrate"), cwd=env["FILES_DIR"], env=newer
    )
    assert await process.wait() == 0


def _environment(sandbox: Sandbox, url: str, catalog: Path, folder: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "SLACK_BOT_TOKEN": sandbox.app.bot_token,
        "SLACK_SIGNING_SECRET": sandbox.app.signing_secret,
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": url,
        "FILES_DIR": str(folder / "files"),
        "SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CATALOG": str(catalog),
        "SECRET_KEY": SECRET,
        "PORT": str(port),
    }
    return {"PATH": os.environ["PATH"], **own}


@contextlib.asynccontextmanager
async def _serving(program: Path, env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program of that folder, as soon as it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"),
        cwd=program.parent,
        env={**env, "PYTHONPATH": str(program)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"http://127.0.0.1:{env['PORT']}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
