"""How much is tried: all of it by `make long`, and by `make test` a part, which is another one in each run.

The part follows from the seed that also decides the order of the tests (`--randomly-seed`). The tests of a module
that draws on one of the `SAMPLERS` are run by `make test` in part, and by `make long` once more and whole (see
`tests/conftest.py`).
"""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeVar

from hypothesis import given

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

TRIES_ALL = os.environ.get("TEST_SCOPE") == "all"
"""Whether nothing is left out, as in `make long`."""

REQUIRES_ALL = os.environ.get("REQUIRE_ALL") == "1"
"""Whether what a test needs must be there, as in `.ci/run`."""

SAMPLERS: list[Callable[..., Any]] = [given]
"""What leaves something out in `make test`."""

_seed = 0


def begin(seed: int) -> None:
    """What is drawn from now on follows from this seed."""
    global _seed  # noqa: PLW0603 - one for the whole run
    _seed = seed


def sampler(function: F) -> F:
    """Whoever uses the function tries less in `make test` than in `make long`."""
    SAMPLERS.append(function)
    return function


def draws_on_samplers(module: ModuleType) -> bool:
    """Whether the tests of the module try less in `make test` than in `make long`."""
    return any(value is one for value in vars(module).values() for one in SAMPLERS)


@sampler
def pick(part: T, whole: T) -> T:
    """How much of something `make test` tries, and how much `make long`."""
    return whole if TRIES_ALL else part


@sampler
def count_examples(n: int) -> int:
    """How many of `n` made-up examples are tried: a tenth in `make test`, but five where there are as many."""
    return pick(max(n // 10, min(n, 5)), n)


@sampler
def sample(values: Sequence[T], size: int, index: int = 0) -> Sequence[T]:
    """`size` of the `values`, in `make test`: for each index (0, 1, …) the next ones, so that each is tried."""
    if TRIES_ALL or size >= len(values):
        return values
    shuffled = random.Random(_seed).sample(values, len(values))
    return [shuffled[(index * size + n) % len(values)] for n in range(size)]


def is_in_share(name: str, one_in: int) -> bool:
    """Whether it is among those of which `make test` tries one in so many; in as many runs each is."""
    return TRIES_ALL or zlib.crc32(name.encode()) % one_in == _seed % one_in
