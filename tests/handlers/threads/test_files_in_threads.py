"""Files with what is written under a card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.catalog import Catalog
from bot.service import CommandResult
from bot.store import Database
from sandbox.person import upload
from tests.conftest import Clock
from tests.handlers.cases.file_helpers import (
    EXECUTABLE,
    MAP,
    PDF,
    PLAN,
    count_downloads,
    count_stored_files,
    file_names,
    is_log_intact,
    read_content,
)
from tests.handlers.slack_harness import ANNA, ELIN, GUEST, SOCIAL_CHANNEL, SlackHarness, open_harness
from tests.handlers.threads.test_threads import (
    PERSONNUMMER,
    edit_event,
    load_notes,
    message_event,
    private_buttons,
    private_lines,
    reaction_names,
    send_event,
)


async def notes_with_files(harness: SlackHarness, case: CommandResult) -> list[tuple[str | None, list[str]]]:
    """The notes: what each says, and the names of its files."""
    return [(one.text, file_names(one.files)) for one in await load_notes(harness, case)]


async def reply_with_files(
    harness: SlackHarness, case: CommandResult, text: str, *files: dict[str, str], user: str = ANNA
) -> tuple[str, str]:
    """Someone writes under the card, with files."""
    channel, thread = await harness.post_known_card(case)
    ts = await harness.person(user).say(channel, text, thread, files=list(files))
    await harness.wait_for_events()
    return channel, ts


def set_slack_time(harness: SlackHarness) -> None:
    """Slack's clock, which messages are named by, says what the town hall's says."""
    clock = harness.sandbox.shared.clock
    clock.advance(harness.clock().timestamp() - clock.now())


def slack_files(harness: SlackHarness, channel: str, ts: str) -> list[dict[str, Any]]:
    """The files of a message, as Slack tells of them."""
    return list(next(one for one in harness.person(ANNA).sees(channel) if one["ts"] == ts)["files"])


async def test_what_comes_with_a_reply_is_kept_with_its_note(any_harness: SlackHarness) -> None:
    harness = any_harness
    case = await harness.submit()
    channel, ts = await reply_with_files(harness, case, "Från grannen", PLAN, MAP)
    (note,) = await load_notes(harness, case)
    assert (note.text, file_names(note.files)) == ("Från grannen", ["karta.pdf", "situationsplan.pdf"])
    assert read_content(harness, next(one for one in note.files if one.name == "situationsplan.pdf")) == PDF
    assert (reaction_names(harness, channel, ts), private_lines(harness, ANNA)) == (["memo"], [])
    assert await is_log_intact(harness)


async def test_a_reply_of_files_alone_is_a_note(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, ts = await reply_with_files(harness, case, "", PLAN)
    assert await notes_with_files(harness, case) == [("", ["situationsplan.pdf"])]
    assert reaction_names(harness, channel, ts) == ["memo"]


async def test_a_picture_with_another_of_its_formats_endings_is_kept(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply_with_files(harness, case, "", upload("grannens.jfif", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
    assert await notes_with_files(harness, case) == [("", ["grannens.jfif"])]


async def test_a_file_that_is_refused_is_told_privately_and_the_rest_is_kept(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply_with_files(harness, case, "Se båda", PLAN, EXECUTABLE)
    assert await notes_with_files(harness, case) == [("Se båda", ["situationsplan.pdf"])]
    (wording,) = private_lines(harness, ANNA)
    assert wording.startswith("plan.pdf kan inte tas emot: innehållet")
    assert private_buttons(harness, ANNA) == ["Öppna ärendesidan"]
    assert count_stored_files(harness) == 1


async def test_of_refused_files_alone_no_note_is_made(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, ts = await reply_with_files(harness, case, "", EXECUTABLE, upload("film.mov", b"x" * 99))
    assert (
        await notes_with_files(harness, case),
        reaction_names(harness, channel, ts),
        count_stored_files(harness),
    ) == ([], [], 0)
    (wording,) = private_lines(harness, ANNA)
    assert "film.mov kan inte tas emot: filer av den sorten" in wording
    assert count_downloads(harness) == 1  # one look at the name is enough


async def test_a_file_larger_than_is_taken_is_not_fetched(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    files = catalog.municipality.files.model_copy(update={"max_mb": 1})
    small = catalog.model_copy(
        update={"municipality": catalog.municipality.model_copy(update={"files": files})}
    )
    async with open_harness(sqlite_database, small, clock) as harness:
        case = await harness.submit()
        await reply_with_files(harness, case, "Stor", upload("stor.pdf", PDF + b"x" * 1_100_000))
        assert await notes_with_files(harness, case) == [("Stor", [])]
        assert "stor.pdf kan inte tas emot: filen är för stor" in private_lines(harness, ANNA)[0]
        assert count_downloads(harness) == 0


async def test_an_edit_makes_a_new_version_and_leaves_the_files(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, ts = await reply_with_files(harness, case, "Fyra meter", PLAN)
    for text in ("Fem meter", ""):
        await harness.person(ANNA).edit(channel, ts, text)
        await harness.wait_for_events()
        assert await notes_with_files(harness, case) == [(text, ["situationsplan.pdf"])]
    assert count_downloads(harness) == 1


async def test_neither_the_reply_nor_the_file_deleted_in_slack_takes_it_out_of_the_case(
    harness: SlackHarness,
) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    channel, ts = await reply_with_files(harness, case, "Se planen", PLAN)
    await anna.do("delete_file", file=slack_files(harness, channel, ts)[0]["id"])
    await anna.delete(channel, ts)
    await harness.wait_for_events()
    (note,) = await load_notes(harness, case)
    assert note.removed_at is not None
    assert read_content(harness, note.files[0]) == PDF


async def test_an_edit_that_arrives_first_brings_the_files(harness: SlackHarness) -> None:
    case = await harness.submit()
    place = await harness.post_known_card(case)
    ts = await harness.person(ANNA).say(place[0], "", files=[PLAN])
    wording = message_event(
        harness,
        place,
        "1800000000.000100",
        "Fyra meter",
        subtype="file_share",
        files=slack_files(harness, place[0], ts),
    )
    await send_event(harness, edit_event(wording, "Fem meter", "1800000001.000100"))
    await send_event(harness, wording)
    assert await notes_with_files(harness, case) == [("Fem meter", ["situationsplan.pdf"])]
    assert await is_log_intact(harness)


async def test_with_a_personnummer_neither_the_words_nor_the_files_are_kept(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply_with_files(harness, case, PERSONNUMMER, PLAN)
    assert (await notes_with_files(harness, case), count_downloads(harness)) == ([], 0)
    (wording,) = private_lines(harness, ANNA)
    assert wording.endswith("Filerna sparades inte heller. Bifoga dem i noteringen.")


@pytest.mark.parametrize("user", [ELIN, GUEST])
async def test_without_access_no_file_is_fetched(harness: SlackHarness, user: str) -> None:
    case = await harness.submit()
    await reply_with_files(harness, case, "", PLAN, user=user)
    assert (await notes_with_files(harness, case), count_downloads(harness)) == ([], 0)
    assert private_lines(harness, user)[0].endswith("Det du skrev i tråden sparades inte i ärendet.")


async def test_in_a_strict_e_service_no_file_is_fetched(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    channel, thread = await harness.post_known_card(case, SOCIAL_CHANNEL)
    await harness.person(ELIN).say(channel, "", thread, files=[PLAN])
    await harness.wait_for_events()
    assert (await notes_with_files(harness, case), count_downloads(harness)) == ([], 0)
    assert private_lines(harness, ELIN) == [
        "Det du skriver i tråden sparas inte. Ta bort det ur tråden och skriv på ärendesidan i stället."
    ]


async def test_a_reply_that_slack_tells_of_twice_is_one_note_with_one_file(harness: SlackHarness) -> None:
    case = await harness.submit()
    harness.sandbox.inject("events_api", "duplicate", times=2)
    await reply_with_files(harness, case, "", PLAN)
    assert await notes_with_files(harness, case) == [("", ["situationsplan.pdf"])]
    assert count_stored_files(harness) == 1


async def test_told_of_again_while_its_files_are_fetched_they_are_fetched_once(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    """Slack does not wait for slow files: it tells of the reply again."""
    async with open_harness(sqlite_database, catalog, clock, ack_timeout=0.05) as harness:
        case = await harness.submit()
        harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=(0.01, 0.2))
        harness.sandbox.inject("files.download", "slow", seconds=0.15)
        await reply_with_files(harness, case, "", PLAN)
        await harness.person(ANNA).wait_until(lambda: len(acknowledgements(harness)) >= 2)
        await harness.wait_until_idle()
        assert False in acknowledgements(harness)
        assert (await notes_with_files(harness, case), count_downloads(harness)) == (
            [("", ["situationsplan.pdf"])],
            1,
        )


def acknowledgements(harness: SlackHarness) -> list[bool]:
    """Whether each telling of a message was acknowledged."""
    return [one["ok"] for one in harness.sandbox.state()["acks"] if one["what"] == "message"]


async def test_while_slack_does_not_give_the_file_it_is_to_tell_of_the_reply_again(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=(0.01,))
    harness.sandbox.inject("files.download", "status", times=3)
    channel, ts = await reply_with_files(harness, case, "Se planen", PLAN)
    await harness.person(ANNA).wait_until(lambda: reaction_names(harness, channel, ts))
    assert await notes_with_files(harness, case) == [("Se planen", ["situationsplan.pdf"])]
    assert (private_lines(harness, ANNA), count_stored_files(harness)) == ([], 1)


async def test_a_file_that_slack_never_gives_does_not_keep_the_words_from_the_case(
    harness: SlackHarness,
) -> None:
    """For an hour the reply is told of again; then its words are kept, and the officer hears what is missing."""
    set_slack_time(harness)
    case = await harness.submit()
    harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=())
    harness.sandbox.inject("files.download", "status", times=None)
    await reply_with_files(harness, case, "Se planen", PLAN)
    assert (await notes_with_files(harness, case), private_lines(harness, ANNA)) == ([], [])
    harness.clock.advance(hours=2)
    await harness.backfill.run_once()
    await harness.wait_until_idle()
    assert await notes_with_files(harness, case) == [("Se planen", [])]
    assert private_lines(harness, ANNA) == [
        "situationsplan.pdf kunde inte hämtas från Slack. Lägg till den på ärendesidan."
    ]


async def test_files_written_while_the_bot_was_down_are_read_back_once(harness: SlackHarness) -> None:
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.sandbox.inject("events_api", "lost", times=9)
    ts = await harness.person(ANNA).say(channel, "", thread, files=[PLAN])
    await harness.backfill.run_once()
    await harness.backfill.run_once()
    await harness.wait_until_idle()
    assert await notes_with_files(harness, case) == [("", ["situationsplan.pdf"])]
    assert (reaction_names(harness, channel, ts), count_downloads(harness)) == (["memo"], 1)


async def test_an_old_thread_is_read_back_for_what_could_not_be_fetched(harness: SlackHarness) -> None:
    set_slack_time(harness)
    case = await harness.submit()
    channel, thread = await harness.post_known_card(case)
    harness.clock.advance(days=9)
    set_slack_time(harness)
    harness.sandbox.shared.config = replace(harness.sandbox.shared.config, retry_seconds=())
    harness.sandbox.inject("files.download", "status", times=3)
    await harness.person(ANNA).say(channel, "", thread, files=[PLAN])
    await harness.wait_for_events()
    assert await notes_with_files(harness, case) == []
    await harness.backfill.run_once()
    await harness.wait_until_idle()
    assert await notes_with_files(harness, case) == [("", ["situationsplan.pdf"])]


async def test_of_a_reply_that_is_too_long_its_files_do_not_stay_behind(harness: SlackHarness) -> None:
    case = await harness.submit()
    await reply_with_files(harness, case, "å" * 20_001, PLAN)
    assert (await notes_with_files(harness, case), count_stored_files(harness)) == ([], 0)
    assert private_lines(harness, ANNA)[0].startswith("Texten är 1 tecken för lång.")


async def test_a_file_that_was_deleted_before_it_was_heard_of_is_not_missed(harness: SlackHarness) -> None:
    case = await harness.submit()
    gone = {"subtype": "file_share", "files": [{"id": "F0BORTA", "mode": "tombstone"}]}
    await send_event(
        harness,
        message_event(harness, await harness.post_known_card(case), "1800000000.000100", "Hej", **gone),
    )
    assert (await notes_with_files(harness, case), private_lines(harness, ANNA)) == ([("Hej", [])], [])
