"""Files with what is written under a card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.catalog import Catalog
from bot.service import Done
from bot.store import Database
from sandbox.person import upload
from tests.conftest import Clock
from tests.handlers.cases.attached import MAP, PDF, PLAN, PROGRAM, content, fetched, is_whole, names, on_disk
from tests.handlers.office import ANNA, ELIN, GUEST, SOCIAL, Office, open_office
from tests.handlers.threads.test_threads import (
    PERSONNUMMER,
    buttons,
    edit_of,
    event,
    marks,
    notes,
    tell,
    told,
)


async def kept(office: Office, case: Done) -> list[tuple[str | None, list[str]]]:
    """The notes: what each says, and the names of its files."""
    return [(one.text, names(one.files)) for one in await notes(office, case)]


async def replied(
    office: Office, case: Done, text: str, *files: dict[str, str], user: str = ANNA
) -> tuple[str, str]:
    """Someone writes under the card, with files."""
    channel, thread = await office.thread(case)
    ts = await office.person(user).say(channel, text, thread, files=list(files))
    await office.heard()
    return channel, ts


def shared(office: Office, channel: str, ts: str) -> list[dict[str, Any]]:
    """The files of a message, as Slack tells of them."""
    return list(next(one for one in office.person(ANNA).sees(channel) if one["ts"] == ts)["files"])


async def test_what_comes_with_a_reply_is_kept_with_its_note(any_office: Office) -> None:
    office = any_office
    case = await office.submits()
    channel, ts = await replied(office, case, "Från grannen", PLAN, MAP)
    (note,) = await notes(office, case)
    assert (note.text, names(note.files)) == ("Från grannen", ["karta.pdf", "situationsplan.pdf"])
    assert content(office, next(one for one in note.files if one.name == "situationsplan.pdf")) == PDF
    assert (marks(office, channel, ts), told(office, ANNA)) == (["memo"], [])
    assert await is_whole(office)


async def test_a_reply_of_files_alone_is_a_note(office: Office) -> None:
    case = await office.submits()
    channel, ts = await replied(office, case, "", PLAN)
    assert await kept(office, case) == [("", ["situationsplan.pdf"])]
    assert marks(office, channel, ts) == ["memo"]


async def test_a_picture_with_another_of_its_formats_endings_is_kept(office: Office) -> None:
    case = await office.submits()
    await replied(office, case, "", upload("grannens.jfif", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
    assert await kept(office, case) == [("", ["grannens.jfif"])]


async def test_a_file_that_is_refused_is_told_privately_and_the_rest_is_kept(office: Office) -> None:
    case = await office.submits()
    await replied(office, case, "Se båda", PLAN, PROGRAM)
    assert await kept(office, case) == [("Se båda", ["situationsplan.pdf"])]
    (said,) = told(office, ANNA)
    assert said.startswith("plan.pdf kan inte tas emot: innehållet")
    assert buttons(office, ANNA) == ["Öppna ärendesidan"]
    assert on_disk(office) == 1


async def test_of_refused_files_alone_no_note_is_made(office: Office) -> None:
    case = await office.submits()
    channel, ts = await replied(office, case, "", PROGRAM, upload("film.mov", b"x" * 99))
    assert (await kept(office, case), marks(office, channel, ts), on_disk(office)) == ([], [], 0)
    (said,) = told(office, ANNA)
    assert "film.mov kan inte tas emot: filer av den sorten" in said
    assert fetched(office) == 1  # one look at the name is enough


async def test_a_file_larger_than_is_taken_is_not_fetched(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    files = catalog.municipality.files.model_copy(update={"max_mb": 1})
    small = catalog.model_copy(
        update={"municipality": catalog.municipality.model_copy(update={"files": files})}
    )
    async with open_office(sqlite_database, small, clock) as office:
        case = await office.submits()
        await replied(office, case, "Stor", upload("stor.pdf", PDF + b"x" * 1_100_000))
        assert await kept(office, case) == [("Stor", [])]
        assert "stor.pdf kan inte tas emot: filen är för stor" in told(office, ANNA)[0]
        assert fetched(office) == 0


async def test_an_edit_makes_a_new_version_and_leaves_the_files(office: Office) -> None:
    case = await office.submits()
    channel, ts = await replied(office, case, "Fyra meter", PLAN)
    for text in ("Fem meter", ""):
        await office.person(ANNA).edit(channel, ts, text)
        await office.heard()
        assert await kept(office, case) == [(text, ["situationsplan.pdf"])]
    assert fetched(office) == 1


async def test_neither_the_reply_nor_the_file_deleted_in_slack_takes_it_out_of_the_case(
    office: Office,
) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    channel, ts = await replied(office, case, "Se planen", PLAN)
    await anna.do("delete_file", file=shared(office, channel, ts)[0]["id"])
    await anna.delete(channel, ts)
    await office.heard()
    (note,) = await notes(office, case)
    assert note.removed_at is not None
    assert content(office, note.files[0]) == PDF


async def test_an_edit_that_arrives_first_brings_the_files(office: Office) -> None:
    case = await office.submits()
    place = await office.thread(case)
    ts = await office.person(ANNA).say(place[0], "", files=[PLAN])
    said = event(
        office,
        place,
        "1800000000.000100",
        "Fyra meter",
        subtype="file_share",
        files=shared(office, place[0], ts),
    )
    await tell(office, edit_of(said, "Fem meter", "1800000001.000100"))
    await tell(office, said)
    assert await kept(office, case) == [("Fem meter", ["situationsplan.pdf"])]
    assert await is_whole(office)


async def test_with_a_personnummer_neither_the_words_nor_the_files_are_kept(office: Office) -> None:
    case = await office.submits()
    await replied(office, case, PERSONNUMMER, PLAN)
    assert (await kept(office, case), fetched(office)) == ([], 0)
    (said,) = told(office, ANNA)
    assert said.endswith("Filerna sparades inte heller. Bifoga dem i noteringen.")


@pytest.mark.parametrize("user", [ELIN, GUEST])
async def test_without_access_no_file_is_fetched(office: Office, user: str) -> None:
    case = await office.submits()
    await replied(office, case, "", PLAN, user=user)
    assert (await kept(office, case), fetched(office)) == ([], 0)
    assert told(office, user)[0].endswith("Det du skrev i tråden sparades inte i ärendet.")


async def test_in_a_strict_e_service_no_file_is_fetched(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    channel, thread = await office.thread(case, SOCIAL)
    await office.person(ELIN).say(channel, "", thread, files=[PLAN])
    await office.heard()
    assert (await kept(office, case), fetched(office)) == ([], 0)
    assert told(office, ELIN) == [
        "Det du skriver i tråden sparas inte. Ta bort det ur tråden och skriv på ärendesidan i stället."
    ]


async def test_a_reply_that_slack_tells_of_twice_is_one_note_with_one_file(office: Office) -> None:
    case = await office.submits()
    office.sandbox.inject("events_api", "duplicate", times=2)
    await replied(office, case, "", PLAN)
    assert await kept(office, case) == [("", ["situationsplan.pdf"])]
    assert on_disk(office) == 1


async def test_told_of_again_while_its_files_are_fetched_they_are_fetched_once(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    """Slack does not wait for slow files: it tells of the reply again."""
    async with open_office(sqlite_database, catalog, clock, limit=0.05) as office:
        case = await office.submits()
        office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=(0.01, 0.2))
        office.sandbox.inject("files.download", "slow", seconds=0.15)
        await replied(office, case, "", PLAN)
        await office.person(ANNA).wait_until(lambda: len(acks(office)) >= 2)
        await office.settled()
        assert False in acks(office)
        assert (await kept(office, case), fetched(office)) == ([("", ["situationsplan.pdf"])], 1)


def acks(office: Office) -> list[bool]:
    """Whether each telling of a message was acknowledged."""
    return [one["ok"] for one in office.sandbox.state()["acks"] if one["what"] == "message"]


async def test_while_slack_does_not_give_the_file_it_is_to_tell_of_the_reply_again(office: Office) -> None:
    case = await office.submits()
    office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=(0.01,))
    office.sandbox.inject("files.download", "status", times=3)
    channel, ts = await replied(office, case, "Se planen", PLAN)
    await office.person(ANNA).wait_until(lambda: marks(office, channel, ts))
    assert await kept(office, case) == [("Se planen", ["situationsplan.pdf"])]
    assert (told(office, ANNA), on_disk(office)) == ([], 1)


async def test_a_file_that_slack_never_gives_does_not_keep_the_words_from_the_case(office: Office) -> None:
    """For an hour the reply is told of again; then its words are kept, and the officer hears what is missing."""
    case = await office.submits()
    office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=())
    office.sandbox.inject("files.download", "status", times=None)
    await replied(office, case, "Se planen", PLAN)
    assert (await kept(office, case), told(office, ANNA)) == ([], [])
    office.clock.now = datetime.now(UTC) + timedelta(hours=2)
    await office.catching_up.once()
    await office.settled()
    assert await kept(office, case) == [("Se planen", [])]
    assert told(office, ANNA) == [
        "situationsplan.pdf kunde inte hämtas från Slack. Lägg till den på ärendesidan."
    ]


async def test_files_written_while_the_bot_was_down_are_read_back_once(office: Office) -> None:
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.sandbox.inject("events_api", "lost", times=9)
    ts = await office.person(ANNA).say(channel, "", thread, files=[PLAN])
    await office.catching_up.once()
    await office.catching_up.once()
    await office.settled()
    assert await kept(office, case) == [("", ["situationsplan.pdf"])]
    assert (marks(office, channel, ts), fetched(office)) == (["memo"], 1)


async def test_an_old_thread_is_read_back_for_what_could_not_be_fetched(office: Office) -> None:
    real = datetime.now(UTC)
    office.clock.now = real - timedelta(days=9)
    case = await office.submits()
    channel, thread = await office.thread(case)
    office.clock.now = real
    office.sandbox.stage.config = replace(office.sandbox.stage.config, retry_seconds=())
    office.sandbox.inject("files.download", "status", times=3)
    await office.person(ANNA).say(channel, "", thread, files=[PLAN])
    await office.heard()
    assert await kept(office, case) == []
    await office.catching_up.once()
    await office.settled()
    assert await kept(office, case) == [("", ["situationsplan.pdf"])]


async def test_of_a_reply_that_is_too_long_its_files_do_not_stay_behind(office: Office) -> None:
    case = await office.submits()
    await replied(office, case, "å" * 20_001, PLAN)
    assert (await kept(office, case), on_disk(office)) == ([], 0)
    assert told(office, ANNA)[0].startswith("Texten är 1 tecken för lång.")


async def test_a_file_that_was_deleted_before_it_was_heard_of_is_not_missed(office: Office) -> None:
    case = await office.submits()
    gone = {"subtype": "file_share", "files": [{"id": "F0BORTA", "mode": "tombstone"}]}
    await tell(office, event(office, await office.thread(case), "1800000000.000100", "Hej", **gone))
    assert (await kept(office, case), told(office, ANNA)) == ([("Hej", [])], [])
