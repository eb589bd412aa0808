"""Each part of the bench runs, at its smallest: what it measures of is the program as it is now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import __main__ as bench_main
from bench import counting, searching, suggesting, sustained
from bench.bench import prepared
from bench.million import stores

pytestmark = pytest.mark.long

SMALLEST = {
    bench_main: {
        "WIDTH": 2, "ENDURED": 4, "WARM": 4, "IMPORTED": 3, "SEARCHES": 4, "EXPORTED": 5, "DISPOSED": 5, "CHANGED": 5,
        "TAKEN": 3, "TYPESET": 2,
    },
    searching: {"CASES": 300, "TEXTS": 10, "BATCH": 100},
    suggesting: {"OFFICERS": 2_000, "TIMES": 1},
    # No rate is fast enough, so that the first is the last.
    sustained: {"FIRST": 20, "SECONDS": 0.1, "SLOWEST": 0.0, "AT_A_TIME": 4},
    counting: {"SMALL": 100, "LARGE": 200},
}  # fmt: skip
"""The sizes of the parts, by the module that says them."""


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "FOLDER", tmp_path_factory.mktemp("stores"))
        for module, sizes in SMALLEST.items():
            for name, size in sizes.items():
                patch.setattr(module, name, size)
        yield


async def test_every_part_of_the_bench_runs_and_gives_its_figures(smallest: None) -> None:
    """In their order, one after the other as `make bench` has them: some press on the cases that another imports."""
    async with prepared(1) as bench:
        for part in bench_main.PARTS:
            figures = await part(bench)
            assert figures, part.__name__
            for figure in figures:
                assert all(figure.row()[:2]), (part.__name__, figure)
