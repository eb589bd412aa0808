"""Dialogs that are closed before what they wait for has come."""

from __future__ import annotations

import logging

import pytest
import structlog

from tests.handlers.cases.test_messages import writing
from tests.handlers.office import Office, Wait


async def test_that_a_sent_dialog_is_closed_is_nothing_to_write_down(
    slow: tuple[Office, Wait], caplog: pytest.LogCaptureFixture
) -> None:
    office, wait = slow
    anna = await writing(office, await office.submits())
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    await anna.close(all=True)
    with structlog.testing.capture_logs() as written, caplog.at_level(logging.DEBUG):
        wait.over.set()
        await office.settled()
    assert [one["error"] for one in office.refused_calls()][-1] == "not_found"
    assert [one for one in written if one["log_level"] != "info"] == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.INFO] == []
