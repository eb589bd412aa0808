"""Cases of before it was kept learn by which day their applicants were to answer."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import Connection, text

from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.service import Service
from bot.service.results import CommandResult
from bot.store import Database
from bot.store.engine import migrate
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

FIRST, SECOND = date(2026, 12, 1), date(2026, 12, 8)


async def test_a_case_of_before_is_given_the_day_by_which_its_applicant_was_to_answer(
    database: Database,
) -> None:
    clock = Clock()
    municipality = MunicipalityDriver(
        Service(database, small_catalog, clock=clock, wake=lambda: None), small_catalog()
    )

    async def asked(*days: date) -> CommandResult:
        case = await municipality.submit()
        for day in days:
            clock.advance(minutes=1)
            command = SendMessage(case_id=case.case_id, text="Vad är det?", kind="completion", answer_by=day)
            await municipality.perform("anna", command)
        return case

    silent, written, regretted = await asked(SECOND, FIRST), await asked(FIRST), await asked(FIRST)
    sent = await municipality.perform(
        "anna", SendMessage(case_id=regretted.case_id, text="Nej.", answer_by=SECOND)
    )
    await municipality.perform(
        "anna", UndoMessage(case_id=regretted.case_id, message_id=sent.ids["message_id"])
    )
    clock.advance(minutes=1)
    answer = ReceiveMessage(case_id=written.case_id, text="En altan.")
    await municipality.service.perform(answer, await municipality.applicant(written))

    with database.migration_engine().begin() as conn:
        _make_older(conn)
    migrate.upgrade(database, "0032")

    with database.migration_engine().begin() as conn:
        # What later versions have was not taken from it.
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": migrate.latest_revision()})
        days = conn.execute(text('SELECT answer_by FROM "case" ORDER BY number')).scalars()
        found = [None if day is None else str(day) for day in days]
    assert found == [str(SECOND), None, str(FIRST)]
    report = database.read_sync(proof.verify)
    assert report.ok and report.cases == 3, report.findings
    assert silent.number < written.number < regretted.number


def _make_older(conn: Connection) -> None:
    """Take from the database what the version before did not have."""
    for index in ("ix_case_origin", "ix_case_answer_by", "ix_file_disposed"):
        conn.execute(text(f"DROP INDEX {index}"))
    conn.execute(text('ALTER TABLE "case" DROP COLUMN answer_by'))
    for case_id, stored in conn.execute(text('SELECT id, rest FROM "case"')).all():
        rest = {name: value for name, value in json.loads(stored).items() if name != "awaited"}
        conn.execute(
            text('UPDATE "case" SET rest = :rest WHERE id = :id'), {"rest": json.dumps(rest), "id": case_id}
        )
    conn.execute(text("UPDATE alembic_version SET version_num = '0031'"))
