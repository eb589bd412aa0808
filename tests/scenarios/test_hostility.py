"""What `make hostile` sends at length, once: each is answered, none is a bug, and nothing of it is left."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from bench.hostile.attacks import ATTACKS, Sender, Target, aim
from bench.hostile.hostile import USER, write_catalog
from sandbox.default_workspace import TEAM
from tests.scenarios.running_program import Installation, RunningProgram, run_program
from tests.scope import pick

SMALL = sorted(
    name
    for name, attack in ATTACKS.items()
    if not attack.drips and name not in ("rest", "uploads", "api-large", "pipelined")
)
"""Attacks that are over as soon as they are answered, and of which a few requests cost little."""

MOST = pick(6, 30)
"""Requests of each: all different ones in CI."""


@pytest.fixture
async def attacked(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """A municipality that takes the longest texts there may be, and shows them in Slack."""
    async with run_program(Installation(tmp_path, sqlite_url, write_catalog(tmp_path / "catalog"))) as opened:
        yield opened


async def test_what_strangers_send_is_answered_is_no_bug_and_leaves_no_files(
    attacked: RunningProgram, tmp_path: Path
) -> None:
    target = await asyncio.to_thread(
        aim, urlsplit(attacked.url).port or 0, attacked.sandbox.app.signing_secret, USER, TEAM
    )
    with capture_logs() as log_entries:
        answers = {name: await send_few(target, name) for name in SMALL}
    assert {
        name: statuses
        for name, statuses in answers.items()
        if not statuses or [status for status in statuses if status == "no answer" or status.startswith("5")]
    } == {}
    assert [line for line in log_entries if line["event"] == "bug"] == []
    left = [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert left in ([], ["checkpoints.jsonl"])
    assert await attacked.applicant().apply()


async def send_few(target: Target, name: str) -> dict[str, int]:
    """The answers by status."""
    sender = Sender(target, replace(ATTACKS[name], most=MOST), math.inf)
    await sender.run()
    return sender.answers
