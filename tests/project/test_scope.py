"""What `make test` leaves out is tried in turn, and all of it by `make long`."""

from __future__ import annotations

import pytest

from tests import scope
from tests.domain import test_any_sequence
from tests.handlers import test_authorisation, test_presses
from tests.people import ROLES, roles_to_try

SEEDS = range(7)


@pytest.fixture(params=SEEDS, autouse=True)
def seed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(scope, "TRIES_ALL", False)
    monkeypatch.setattr(scope, "_seed", request.param)
    return int(request.param)


def test_each_role_tries_some_doors_in_every_run_and_in_the_next_run_others(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = [roles_to_try(door) for door in range(20)]
    assert {role for roles in tried for role in roles} == set(ROLES)
    assert max(len(roles) for roles in tried) < len(ROLES)
    monkeypatch.setattr(scope, "_seed", seed + 1)
    assert tried != [roles_to_try(door) for door in range(20)]


def test_all_is_tried_by_make_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "TRIES_ALL", True)
    assert roles_to_try(3) == ROLES and scope.count_examples(100) == 100 and scope.pick(1, 5) == 5
    assert all(scope.is_in_share(f"test {n}", 3) for n in range(20))


def test_a_test_on_the_second_database_is_run_in_one_of_three_runs(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, runs = {f"test {n}" for n in range(50)}, []
    for later in range(3):
        monkeypatch.setattr(scope, "_seed", seed + later)
        runs.append({name for name in names if scope.is_in_share(name, 3)})
    assert set.union(*runs) == names and sum(map(len, runs)) == len(names)


def test_what_tries_less_is_known_by_what_it_draws_on() -> None:
    """By what `tests/conftest.py` has `make long` try it whole."""
    assert scope.draws_on_samplers(test_authorisation) and scope.draws_on_samplers(test_any_sequence)
    assert not scope.draws_on_samplers(test_presses)
