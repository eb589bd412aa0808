"""Statuses: defaults, and which may follow which."""

from pathlib import Path

import pytest

from bot.catalog import EService, Status
from tests.catalog.catalog_files import load_catalog, service_yaml

STATUSES = """\
statuses:
  - {key: ny, name: Ny, kind: new}
  - {key: in, name: In, kind: submitted}
  - {key: kompl, name: Kompl, kind: submitted, set_by: applicant}
  - {key: arbete, name: Arbete, kind: in_progress}
  - {key: beslut, name: Beslut, kind: in_progress, accepted_from: [arbete]}
  - {key: klart, name: Klart, kind: closed}
"""


@pytest.fixture
def plain(tmp_path: Path) -> EService:
    return load_catalog(tmp_path).services["bygglov"]


@pytest.fixture
def own(tmp_path: Path) -> EService:
    return load_catalog(tmp_path, service_yaml(STATUSES)).services["bygglov"]


def keys(statuses: tuple[Status, ...]) -> list[str]:
    return [status.key for status in statuses]


def test_an_e_service_that_says_nothing_has_the_five_statuses(plain: EService) -> None:
    assert [(status.name.sv, status.kind) for status in plain.statuses] == [
        ("Inskickat", "submitted"),
        ("Kompletterat", "submitted"),
        ("Under behandling", "in_progress"),
        ("Väntar på komplettering", "waiting_for_completion"),
        ("Avslutat", "closed"),
    ]


def test_a_case_may_be_edited_in_submitted_and_in_progress_and_deleted_nowhere(plain: EService) -> None:
    assert [status.key for status in plain.statuses if status.may_edit] == [
        "submitted", "completed", "in_progress",
    ]  # fmt: skip
    assert not any(status.may_delete for status in plain.statuses)


def test_the_applicant_may_write_for_thirty_days_after_closing(plain: EService) -> None:
    closed = plain.first_status_of_kind("closed")
    assert (closed.applicant_may_write, closed.applicant_may_write_days) == (True, 30)


def test_a_case_begins_submitted_and_becomes_completed_when_the_applicant_adds(own: EService) -> None:
    assert (own.initial_status.key, own.completed_status.key) == ("in", "kompl")


def test_an_officer_sets_neither_what_comes_from_elsewhere_nor_what_the_applicant_does(own: EService) -> None:
    assert keys(own.targets_from("arbete")) == ["in", "beslut", "klart"]


def test_a_status_follows_only_those_it_is_accepted_from(own: EService) -> None:
    assert keys(own.targets_from("in")) == ["arbete", "klart"]


@pytest.mark.parametrize("removed", ["borttagen", None])
def test_a_case_in_a_removed_status_may_leave_it_for_any(own: EService, removed: str | None) -> None:
    assert keys(own.targets_from(removed)) == ["in", "arbete", "beslut", "klart"]


def test_a_kind_that_the_e_service_lacks_is_named(own: EService) -> None:
    with pytest.raises(KeyError, match="bygglov has no status of kind waiting_for_payment"):
        own.first_status_of_kind("waiting_for_payment")
