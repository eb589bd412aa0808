"""What officers have begun is kept for a day, and a message that is not sent for a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.messages.correspondence import SendMessage
from bot.domain.status import SetStatus
from bot.service import Service
from bot.store import Database
from bot.store.cases import scheduled_drafts
from bot.store.officers import drafts
from bot.store.officers.drafts import MESSAGE_FORM, Draft
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


async def test_a_message_that_was_stopped_on_friday_is_there_on_monday_and_for_a_month(
    database: Database, clock: Clock
) -> None:
    catalog = small_catalog()
    hall = MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)
    case = await hall.submit()
    send_at = clock() + timedelta(days=1)
    await hall.perform("anna", SendMessage(case_id=case.case_id, text="Hej Karl!", send_at=send_at))
    closing = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await hall.perform("bo", closing)
    edit = Draft("e" * 32, case.case_id, "edit", {}, clock())
    await database.write(lambda tx: drafts.save(tx, "anna", edit))

    async def remaining(days: int) -> list[str]:
        clock.advance(days=days)
        await database.write(lambda tx: drafts.sweep(tx, clock()))
        forms = (MESSAGE_FORM, "edit")
        found = [
            await database.read(lambda tx, form=form: drafts.find_for_case(tx, "anna", case.case_id, form))  # type: ignore[misc]
            for form in forms
        ]
        return [one.form for one in found if one is not None]

    assert await remaining(0) == [MESSAGE_FORM, "edit"]
    assert await remaining(3) == [MESSAGE_FORM]
    anna, bo = hall.officer("anna"), hall.officer("bo")
    (unsent,) = await database.read(lambda tx: drafts.list_unsent(tx, anna))
    assert (unsent.case_id, unsent.number) == (case.case_id, case.number)
    assert await database.read(lambda tx: drafts.list_unsent(tx, anna, ["another"])) == []
    assert await database.read(lambda tx: drafts.list_unsent(tx, bo)) == []
    assert await database.read(lambda tx: drafts.list_unsent(tx, replace(anna, access={}))) == []
    writers = await database.read(
        lambda tx: drafts.find_writers(tx, case.case_id, other_than="bo", now=clock())
    )
    assert writers == [], "nobody is writing now"
    assert await remaining(26) == [MESSAGE_FORM]
    assert await remaining(2) == []


async def test_the_files_of_a_message_that_is_not_sent_are_kept_with_it(
    database: Database, clock: Clock
) -> None:
    catalog = small_catalog()
    hall = MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)
    case = await hall.submit()
    for form, file_id in ((MESSAGE_FORM, "f1"), ("edit", "f2")):
        draft = Draft(form.ljust(32, "0"), case.case_id, form, {"files": [file_id]}, clock())
        await database.write(lambda tx, draft=draft: drafts.save(tx, "anna", draft))  # type: ignore[misc]
    assert await database.read(scheduled_drafts.list_file_ids) == ["f1"]
