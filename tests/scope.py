"""How much is tried: all of it in `.ci/run`, which skips nothing, and less in `make test`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

TRIES_ALL = os.environ.get("REQUIRE_ALL") == "1"


def count_examples(n: int) -> int:
    """How many of `n` made-up examples are tried: a third in `make test`, but ten where there are as many."""
    return n if TRIES_ALL else max(n // 3, min(n, 10))


def share_of(values: Sequence[T]) -> Sequence[T]:
    """Those of the `values` that are tried: each third in `make test`, from the first on."""
    return values if TRIES_ALL else values[::3]
