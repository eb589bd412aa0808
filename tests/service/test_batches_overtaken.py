"""What changes while a batch waits: the catalog, the cases, the clock. Each is told of, and nothing is half done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.domain.deletion import DeleteCase
from bot.domain.lists.batch_forms.action_forms import read_action
from bot.domain.lists.batch_forms.chosen_cases import ChosenCases
from bot.domain.lists.batch_forms.form_reading import FormContext
from bot.domain.lists.batches import (
    BatchAction,
    ColourCases,
    ExportCases,
    SendMailing,
    SetStatuses,
    begins_at,
)
from bot.domain.lists.case_query import CaseQuery
from bot.domain.protection import SetProtection
from bot.service import Service
from bot.service.results import CommandResult
from bot.store import Database
from bot.store.officers import batches
from bot.text import words
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog
from tests.runners import create_runner


class ChangingTownHall(MunicipalityDriver):
    """A municipality whose catalog is replaced while batches wait."""

    def __init__(self, database: Database, clock: Clock, root: Path) -> None:
        self.current = _with_coordinator(small_catalog())
        super().__init__(
            Service(database, lambda: self.current, clock=clock, wake=lambda: None), self.current
        )
        self.root = root

    async def begin(self, action: BatchAction, *cases: CommandResult, due_at: datetime | None = None) -> None:
        ids = [case.case_id for case in cases]
        runner = create_runner(self.service, self.root)
        await runner.begin(self.officer("anna"), action, ids, batch_id="batch1", due_at=due_at)

    async def run(self) -> tuple[int, dict[str, str]]:
        """Perform what is due. Returns how many cases are done, and the reasons of the others by number."""
        runner = create_runner(self.service, self.root)
        while await runner.run_next():
            pass
        found = await self.service.database.read(lambda tx: batches.find(tx, "batch1"))
        skipped = await self.service.database.read(
            lambda tx: batches.list_skipped(tx, self.officer("anna"), "batch1", 0, 9)
        )
        assert found is not None
        return found.done, {one.number: one.refusal.to_json()["said"]["sv"] for one in skipped}


def _with_coordinator(catalog: Catalog) -> Catalog:
    return _with_service(catalog, officers=(Grant(officer="anna", coordinator=True), Grant(officer="bo")))


def _with_service(catalog: Catalog, **changes: Any) -> Catalog:
    service = catalog.services["bygglov"].model_copy(update=changes)
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": service}})


@pytest.fixture
def hall(database: Database, clock: Clock, tmp_path: Path) -> ChangingTownHall:
    return ChangingTownHall(database, clock, tmp_path)


async def test_a_case_that_is_deleted_after_it_was_ticked_is_not_changed(hall: ChangingTownHall) -> None:
    deleted, other = await hall.submit(), await hall.submit()
    await hall.begin(ColourCases(colour="red"), deleted, other)
    command = DeleteCase(
        case_id=deleted.case_id, typed_number=deleted.number, ground="mistake", comment="x", expected=1
    )
    await hall.perform("anna", command)
    done, _ = await hall.run()
    assert done == 1
    assert (await hall.view_case("anna", other)).case.colour == "red"
    found = await hall.service.database.read(lambda tx: batches.find(tx, "batch1"))
    assert found is not None and (found.state, found.skipped) == ("done", 1)


async def test_a_status_that_the_catalog_has_lost_is_set_nowhere(hall: ChangingTownHall) -> None:
    case = await hall.submit()
    await hall.begin(SetStatuses(status="working"), case)
    left = tuple(one for one in hall.current.services["bygglov"].statuses if one.key != "working")
    hall.current = _with_service(hall.current, statuses=left)
    done, reasons = await hall.run()
    assert done == 0 and list(reasons) == [case.number] and reasons[case.number]
    assert (await hall.view_case("anna", case)).case.status == "submitted"


async def test_cases_of_an_e_service_that_the_catalog_has_lost_are_skipped(hall: ChangingTownHall) -> None:
    case = await hall.submit()
    await hall.begin(ColourCases(colour="red"), case)
    hall.current = hall.current.model_copy(update={"services": {"oro": hall.current.services["oro"]}})
    done, _ = await hall.run()
    found = await hall.service.database.read(lambda tx: batches.find(tx, "batch1"))
    assert found is not None and (done, found.state, found.skipped) == (0, "done", 1)


async def test_a_file_of_cases_that_are_all_protected_meanwhile_says_that_it_has_none(
    hall: ChangingTownHall,
) -> None:
    case = await hall.submit()
    await hall.begin(ExportCases(columns=("number",)), case)
    await hall.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason="Sekretess"))
    done, reasons = await hall.run()
    assert done == 0 and "skyddad" in reasons[case.number].lower()


@pytest.mark.parametrize(
    ("day", "typed", "at"),
    [
        # Chosen in summer time for the Monday after, when it is winter time: 08:00 is 07:00 UTC.
        ("2026-10-26", "08:00", datetime(2026, 10, 26, 7, 0, tzinfo=UTC)),
        # Without a time, when the office opens, by the clock of that day.
        ("2026-10-26", "", datetime(2026, 10, 26, 7, 0, tzinfo=UTC)),
        # An hour that comes twice: the first of the two.
        ("2026-10-25", "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # An hour that there is none of: as long after midnight as it would have been.
        ("2027-03-28", "02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
    ],
)
async def test_a_mailing_leaves_at_its_time_by_the_clock_of_its_day(
    hall: ChangingTownHall, clock: Clock, day: str, typed: str, at: datetime
) -> None:
    clock.now = chosen_at = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
    case = await hall.submit()
    action = read_mailing(hall, {"text": "Hej", "kind": "information", "send_day": day, "send_time": typed})
    assert action.send_at == at
    await hall.begin(action, case, due_at=begins_at(action, chosen_at))
    clock.now = at.replace(minute=at.minute - 1) if at.minute else at.replace(hour=at.hour - 1, minute=59)
    assert await hall.run() == (0, {})
    clock.now = at
    assert await hall.run() == (1, {})


def read_mailing(hall: ChangingTownHall, values: Mapping[str, str]) -> SendMailing:
    chosen = ChosenCases(1, (), CaseQuery(), ("bygglov",))
    context = FormContext(hall.current, words("sv"), hall.service.clock(), chosen)
    action, problems = read_action("mailing", context, values)
    assert isinstance(action, SendMailing), problems
    return action
