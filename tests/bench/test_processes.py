"""Programs that are measured."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import aiohttp
import pytest

from bench.processes import Ended, environment, free_port, running


@pytest.mark.long
@pytest.mark.parametrize("noticed", [True, False])
async def test_a_measured_program_that_ends_by_itself_is_told_with_its_signal_and_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noticed: bool
) -> None:
    """Also where nothing that was measured noticed it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    env, log = environment(tmp_path, "http://127.0.0.1:9/api/", free_port()), tmp_path / "floor.log"
    with pytest.raises(Ended, match=r"bench\.floor ended by SIGSEGV") as told:
        async with running(["-m", "bench.floor"], env, log) as process:
            os.kill(process.pid, signal.SIGSEGV)
            await _until_gone(process.url)
            assert not noticed or process.memory
    assert "Fatal Python error: Segmentation fault" in str(told.value)


async def _until_gone(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                await session.get(f"{url}/readyz")
            except aiohttp.ClientError:
                return
