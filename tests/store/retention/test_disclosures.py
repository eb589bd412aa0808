"""Vad har kontot sett? Exactly what was shown, exported or mailed, and to whom it belongs."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import update

from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.personal_disclosure import Disclosure, disclosure_table
from bot.service import Service
from bot.store import Database, Tx
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.retention import disclosures
from bot.store.tables import MessageRow
from bot.text import words
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, person, small_catalog

PARTS = (
    "answers",
    "messages",
    "notes",
    "files",
    "history",
    "exported",
    "exported_answers",
    "exported_names",
    "listed",
    "opened",
)
OFFICERS = ("anna", "bo", "carl")

Event = tuple[str, str, str, datetime, str]
"""Who, which case, which part, when, in which opening."""


def driver_of(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def write_script(
    driver: MunicipalityDriver, chance: random.Random
) -> tuple[list[Event], dict[str, str]]:
    """What happened, as it was written down: some hundred events of three officers, and who each case belongs to."""
    clock, events = driver.service.clock, []
    people = {}
    for n in range(12):
        case = await driver.submit(person(name=f"Sökande {n}", email=f"s{n}@ek.example"))
        people[case.case_id] = f"Sökande {n}"
    start = clock()

    def record(tx: Tx, read: list[Event]) -> None:
        for who, case_id, part, at, opening in read:
            readings.record(tx, Reading(f"officer:{who}", case_id, part, opening), at)

    for n in range(150):
        at = start + timedelta(minutes=chance.randrange(60 * 24 * 30))
        who, case_id = chance.choice(OFFICERS), chance.choice(list(people))
        read = [(who, case_id, part, at, f"o{n}") for part in chance.sample(PARTS, chance.randint(1, 4))]
        await driver.service.database.write(lambda tx, read=read: record(tx, read))
        events += read
    for n in range(20):
        who, case_id = chance.choice(("anna", "bo")), chance.choice(list(people))
        sent = await driver.perform(who, SendMessage(case_id=case_id, text="Hej"))
        if n % 5 == 0:
            undone = UndoMessage(case_id=case_id, message_id=sent.ids["message_id"])
            await driver.perform(who, undone)
            continue
        at = start + timedelta(minutes=chance.randrange(60 * 24 * 30))
        moved = update(MessageRow).where(MessageRow.id == sent.ids["message_id"]).values(visible_at=at)
        await driver.service.database.write(lambda tx, moved=moved: tx.conn.execute(moved))
        events.append((who, case_id, "mailed", at, sent.ids["message_id"]))
    return events, people


def truth_of(
    events: list[Event], people: dict[str, str], who: str, since: datetime, before: datetime
) -> set[tuple[object, ...]]:
    """The same by the script: (person, way, parts, how many openings, first, last)."""
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    exports = {event[4] for event in events if event[2].startswith("exported")}
    for event in events:
        if event[0] == who and since <= event[3] < before and event[2] != "opened":
            way = "exported" if event[4] in exports else "mailed" if event[2] == "mailed" else "shown"
            found[event[1], way].append(event)
    return {
        (
            people[case_id],
            way,
            tuple(sorted({event[2] for event in of_it})),
            len({event[4] for event in of_it}),
            min(event[3] for event in of_it),
            max(event[3] for event in of_it),
        )
        for (case_id, way), of_it in found.items()
    }


async def test_a_hundred_questions_are_answered_exactly(database: Database, clock: Clock) -> None:
    chance = random.Random(11)
    driver = driver_of(database, clock)
    start = clock()
    events, people = await write_script(driver, chance)
    answered = 0
    for _ in range(100):
        who = chance.choice(OFFICERS)
        since = start + timedelta(minutes=chance.randrange(60 * 24 * 30))
        before = since + timedelta(minutes=chance.randrange(60 * 24 * 10))
        found = await database.read(
            lambda tx, who=who, since=since, before=before: list(
                disclosures.list_disclosures(tx, who, since, before)
            )
        )
        assert {
            (*one.people, one.way, tuple(sorted(one.parts)), one.count, one.first_at, one.last_at)
            for one in found
        } == truth_of(events, people, who, since, before)
        assert len(found) == len({(one.number, one.way) for one in found})
        answered += bool(found)
    assert answered > 60


def test_it_reads_in_words() -> None:
    at = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    one = Disclosure("2026-000001", "bygglov", "shown", ("answers", "notes"), 3, at, at, ("Eva Ek",))
    headings, row = disclosure_table([one], small_catalog(), words("sv"))
    assert headings[0] == "Ärendenummer"
    assert row[:6] == ("2026-000001", "Bygglov", "Eva Ek", "visat", "uppgifter, noteringar", "3")
