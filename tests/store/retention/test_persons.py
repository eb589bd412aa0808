"""Registrerad persons rättigheter: all that is stored about one person is found, and given out whole."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.domain.contacts import Contact, CorrectContact
from bot.domain.notes import AddNote
from bot.domain.personal_disclosure import erasure_text
from bot.domain.status import SetStatus
from bot.export.person_archive import PersonArchive
from bot.service import Service
from bot.store import Database
from bot.store.cases import contents
from bot.store.files.file_store import FileStore
from bot.store.log import readings
from bot.store.retention import persons
from bot.text import words
from bot.text.working_days import local_day, local_time
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, person
from tests.store.cases.disposal_harness import MarkedCases, catalog_with_thread_notes


@pytest.fixture
def driver(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = catalog_with_thread_notes()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_person_is_found_by_mailbox_whatever_its_letters(driver: MunicipalityDriver) -> None:
    case = await driver.submit(person(email="Eva.Ek@ek.example"))
    await driver.submit(person(email="eva.eks@ek.example"))
    found = await driver.service.database.read(lambda tx: persons.find_by_mailbox(tx, "eva.ek@EK.example"))
    assert found == [case.case_id]


@pytest.mark.parametrize("written", ["811228-9874", "8112289874", "19811228-9874", "198112289874"])
async def test_a_person_is_found_by_personnummer_wherever_it_was_written(
    driver: MunicipalityDriver, written: str
) -> None:
    answered = await driver.submit(values={"vad": "En altan", "typ": "till", "pnr": written})
    noted = await driver.submit()
    await driver.perform("anna", AddNote(case_id=noted.case_id, text=f"Ringde {written} i dag"))
    await driver.submit(values={"vad": "En altan", "typ": "till", "pnr": "850709-9805"})
    today = driver.service.clock().date()
    find = partial(persons.find_by_number, digits="198112289874", today=today)
    assert set(await driver.service.database.read(find)) == {answered.case_id, noted.case_id}


async def test_who_is_a_century_older_is_another_person(driver: MunicipalityDriver) -> None:
    """850314-4563 and 850314+4563 are the same ten digits."""
    cases = [await driver.submit() for _ in range(5)]
    written = ("850314-4563", "19850314-4563", "850314+4563", "188503144563", "8503144563")
    for case, number in zip(cases, written, strict=True):
        await driver.perform("anna", AddNote(case_id=case.case_id, text=f"Gäller {number}."))
    today = driver.service.clock().date()
    found = [
        await driver.service.database.read(partial(persons.find_by_number, digits=digits, today=today))
        for digits in ("198503144563", "188503144563")
    ]
    ids = [case.case_id for case in cases]
    assert set(found[0]) == {ids[0], ids[1], ids[4]}
    assert set(found[1]) == {ids[0], ids[2], ids[3], ids[4]}  # without a sign it may be either's


async def test_a_name_finds_all_who_have_it(driver: MunicipalityDriver) -> None:
    cases = [await driver.submit(person(name=name)) for name in ("Åsa Ek", "Ek, Åsa Maria", "Åsa Eklund")]
    found = await driver.service.database.read(lambda tx: persons.find_by_name(tx, "Åsa Ek"))
    assert cases[2].case_id not in found and cases[0].case_id in found


async def test_a_person_is_found_by_the_address_and_the_name_that_were_corrected_away(
    driver: MunicipalityDriver,
) -> None:
    case = await driver.submit(person(name="Evo Ek", email="evo@ek.example"))
    await driver.submit(person(name="Ada Ek", email="ada@ek.example"))
    database = driver.service.database
    (before,) = await database.read(lambda tx: contents.load_people(tx, case.case_id))
    await driver.perform(
        "anna",
        CorrectContact(
            case_id=case.case_id,
            applicant=before.id,
            expected=0,
            before=Contact(name=before.name, email=before.email, phone=before.phone),
            after=Contact(name="Eva Ek", email="eva@ratt.example", phone=before.phone),
            reason="Ringde",
        ),
    )
    for address in ("Evo@ek.example", "eva@ratt.example"):
        found = await database.read(lambda tx, address=address: persons.find_by_mailbox(tx, address))
        assert found == [case.case_id], address
    for name in ("Evo Ek", "Eva Ek"):
        assert await database.read(lambda tx, name=name: persons.find_by_name(tx, name)) == [case.case_id]


async def test_all_of_it_is_in_the_file_and_the_reading_is_recorded(
    driver: MunicipalityDriver, tmp_path: Path
) -> None:
    files = FileStore(tmp_path / "files")
    case = await MarkedCases(driver, files).create("zzqxmark1")
    database, now = driver.service.database, driver.service.clock()
    found = await database.write(lambda tx: persons.collect(tx, case.case_id, "person:1", now))
    archive = PersonArchive(tmp_path / "person.zip", now)
    assert archive.add_case(found.case.number, found.data, found.files, files.read) == []
    archive.close()
    with zipfile.ZipFile(tmp_path / "person.zip") as stored:
        names = stored.namelist()
        data = json.loads(stored.read(f"{case.number}/{case.number}.json"))
        contents = [stored.read(name) for name in names if name.endswith(".pdf")]
        dates = [one.date_time for one in stored.infolist()]
    # A zip file counts in steps of two seconds.
    expected = sorted(local_time(at).timetuple()[:5] for at in (now, *(line.at for line in found.files)))
    assert sorted(at[:5] for at in dates) == expected
    assert len(contents) == 3 and all(b"zzqxmark1" in one for one in contents)
    for part in ("people", "answers", "messages", "notes", "files", "history"):
        assert "zzqxmark1" in json.dumps(data[part], ensure_ascii=False), part
    assert data["answers"][0]["label"] and data["readings"]
    listed = await database.read(lambda tx: readings.list_for_case(tx, case.case_id))
    assert listed[-1][1:] == ("machine:person", "exported_answers")


async def test_what_the_rules_allow_to_erase_is_said_of_each_case(
    driver: MunicipalityDriver, clock: Clock
) -> None:
    case = await driver.submit()
    texts = []

    async def say() -> None:
        (found,) = await driver.service.database.read(lambda tx: persons.load_cases(tx, [case.case_id]))
        texts.append(erasure_text(found, driver.catalog, local_day(clock()), words("sv")))

    await say()
    closing = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await driver.perform("anna", closing)
    await say()
    clock.now += timedelta(days=800)
    await say()
    assert texts == [
        "pågår, får inte gallras",
        "får gallras från och med 23 nov. 2028",
        "får gallras nu",
    ]
