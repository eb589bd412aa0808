"""Typesetting of documents as PDF, in a process of its own whose time and memory are limited."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAX_SECONDS = 240.0
"""How long one document may take, on a machine that has much else to do; its processor time has its own limit."""

MAX_BYTES = 32 * 1024 * 1024
"""Of a document's JSON. A case of 500 messages of the longest text takes a sixth of it."""

MAX_WAITING = 8
"""Documents that wait for the one that is being typeset."""

_SCRIPT = Path(__file__).parent / "typesetter_process.py"


class TypesettingFailed(Exception):
    """The document could not be typeset: it is too large, took too long, or its process failed."""


class TypesettingBusy(Exception):
    """Too many documents wait already."""


class Typesetter:
    """Typesets one document at a time. The others wait."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def typeset(self, document: Mapping[str, Any]) -> bytes:
        """The document as PDF/A-2a and PDF/UA-1. Raises TypesettingFailed and TypesettingBusy."""
        if self._waiting >= MAX_WAITING:
            raise TypesettingBusy
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                source = await asyncio.to_thread(lambda: json.dumps(document).encode())
                if len(source) > MAX_BYTES:
                    raise TypesettingFailed
                return await _run(source)
        finally:
            self._waiting -= 1


async def _run(source: bytes) -> bytes:
    """Run the script with none of the program's environment, which holds its keys."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_SCRIPT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it may quote what people wrote
        env={"RAYON_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(MAX_SECONDS):
            pdf, _ = await process.communicate(source)
    except TimeoutError:
        raise TypesettingFailed from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise TypesettingFailed
    return pdf
