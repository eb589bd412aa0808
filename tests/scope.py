"""How much is tried: all of it in `.ci/run`, which skips nothing, and less in `make test`."""

from __future__ import annotations

import os

TRIES_ALL = os.environ.get("REQUIRE_ALL") == "1"


def count_examples(n: int) -> int:
    """How many of `n` made-up examples are tried: a third in `make test`, but ten where there are as many."""
    return n if TRIES_ALL else max(n // 3, min(n, 10))
