"""Dialogs that are closed before what they wait for has come."""

from __future__ import annotations

import logging

import pytest
import structlog

from tests.handlers.cases.test_messages import open_message_form
from tests.handlers.slack_harness import ControlledSleep, SlackHarness


async def test_that_a_sent_dialog_is_closed_is_nothing_to_write_down(
    slow_harness: tuple[SlackHarness, ControlledSleep], caplog: pytest.LogCaptureFixture
) -> None:
    harness, wait = slow_harness
    anna = await open_message_form(harness, await harness.submit())
    await anna.fill_and_submit({"text": "Hej"})
    await anna.submit()
    await anna.close(all=True)
    with structlog.testing.capture_logs() as written, caplog.at_level(logging.DEBUG):
        wait.released.set()
        await harness.wait_until_idle()
    assert [one["error"] for one in harness.failed_calls()][-1] == "not_found"
    assert [one for one in written if one["log_level"] != "info"] == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.INFO] == []
