"""An officer is reminded of a case they have flagged."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.flags import Flag
from bot.jobs.kit import JobKit
from bot.jobs.reminding import remind
from bot.store.officers import flags
from bot.store.officers.flags import IN_ONE_GO
from tests.delivery.conftest import Office
from tests.delivery.test_threads_and_notices import ANNA, BO

NOTE = "Ring Karl Ek"


async def flagged(office: Office, who: str, case_id: str, **after: float) -> None:
    flag = Flag(case_id, NOTE, office.clock() + timedelta(**after))
    officer = office.town.officer(who)
    assert await office.database.write(lambda tx: flags.keep(tx, officer, flag, office.clock()))


async def the_clock_looks(office: Office) -> None:
    await remind(JobKit(office.town.service, None, None, None))  # type: ignore[arg-type]
    await office.goes_by(seconds=11)


async def test_on_its_day_and_once_and_never_with_the_note(office_on_both: Office) -> None:
    office = office_on_both
    case = await office.town.submits()
    await flagged(office, "anna", case.case_id, hours=1)
    await the_clock_looks(office)
    assert office.told(ANNA) == []
    await office.goes_by(hours=1)
    for _ in range(2):
        await the_clock_looks(office)
    assert office.told(ANNA) == [f"Påminnelse om {case.number} · Bygglov"]
    assert office.told(BO) == []
    assert "Karl" not in str(office.sandbox.state())


async def test_more_reminders_at_once_than_are_told_in_one_go_are_all_told(office: Office) -> None:
    for _ in range(IN_ONE_GO + 1):
        case = await office.town.submits()
        await flagged(office, "anna", case.case_id, minutes=1)
    await office.goes_by(minutes=2)
    await the_clock_looks(office)
    assert len(office.told(ANNA)) == IN_ONE_GO + 1


async def test_who_may_not_see_the_case_any_more_is_not_reminded_of_it(office: Office) -> None:
    case = await office.town.submits()
    await flagged(office, "bo", case.case_id, minutes=1)
    service = office.town.catalog.services["bygglov"]
    rest = tuple(grant for grant in service.officers if grant.officer != "bo")
    # The catalog is frozen for the program, not for a test that changes it midway.
    office.town.catalog.services["bygglov"] = service.model_copy(update={"officers": rest})  # type: ignore[index]
    office.town.catalog.__dict__.pop("_kept_directory", None)
    await office.goes_by(minutes=2)
    await the_clock_looks(office)
    assert office.told(BO) == []
