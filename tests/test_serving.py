"""What the program writes down."""

from __future__ import annotations

import subprocess
import sys

SAYS = """
import logging, sys
from bot.serving import log_to
log_to(sys.stdout)
try:
    raise ValueError("Eva Ek")
except ValueError:
    logging.getLogger("slack_bolt").exception("Failed: %s", "wss://slack.example/?ticket=hemlig")
"""


def test_what_slacks_library_says_is_not_written_down_but_where_it_said_it() -> None:
    told = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "slack_library error <string>:8"
    assert "hemlig" not in told.stderr and "Eva" not in told.stderr
