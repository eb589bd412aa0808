"""Slack, the mail server or the database is away: the work is stored, goes out later, and the person is told so."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.store.outbox import deliveries
from sandbox.server import Sandbox
from tests.conftest import SAMPLE
from tests.scenarios.town_hall import (
    BUILDING,
    TownHall,
    Where,
    number_in,
    program_beside,
    seen,
    workspace_for,
)


def slack_goes_down(hall: TownHall) -> None:
    """No call gets through, though presses still come and are answered."""
    hall.sandbox.inject("* !response_url", "cut_before", times=None)


def slack_is_back(hall: TownHall) -> None:
    hall.sandbox.faults_off()


async def test_what_is_pressed_while_slack_does_not_answer_is_done_and_shown_later(hall: TownHall) -> None:
    number = await hall.applicant().applies()
    await hall.posted(number)
    anna = hall.officer("anna-berg")
    await anna.types("hjälp")
    failing = hall.sandbox.inject("* !response_url", "cut_before", times=None)
    await anna.presses(number, "case:take")
    await hall.until(lambda: failing.struck)
    await hall.delivered()
    hall.passes(4)
    await anna.hears("Sparat. Slack svarar inte just nu, kortet uppdateras senare.")
    assert (await hall.case(number)).case.officers == ("anna-berg",)
    assert "Obehandlat" in seen(hall.card(number))
    slack_is_back(hall)
    hall.passes(120)
    await hall.posted(number, "Anna Berg")


async def test_a_case_that_comes_while_slack_is_down_has_one_card_when_it_is_back(hall: TownHall) -> None:
    eva = hall.applicant()
    slack_goes_down(hall)
    number = await eva.applies()
    await eva.mail("Vi har tagit emot")
    assert hall.cards() == []
    slack_is_back(hall)
    hall.passes(120)
    await hall.posted(number)
    await hall.later(120)
    assert len(hall.cards()) == 1


async def test_a_card_whose_posting_was_cut_off_is_not_posted_twice(hall: TownHall) -> None:
    cut = hall.sandbox.inject("chat.postMessage", "cut_after")
    number = await hall.applicant().applies()
    await hall.until(lambda: cut.struck)
    await hall.later(30)
    await hall.posted(number)
    await hall.later(120)
    assert len(hall.cards()) == 1


async def test_a_reply_under_a_card_that_the_program_does_not_know_of_yet_becomes_a_note(
    hall: TownHall,
) -> None:
    """It is in Slack, but its answer was lost."""
    cut = hall.sandbox.inject("chat.postMessage", "cut_after")
    number = await hall.applicant().applies()
    await hall.until(lambda: cut.struck)
    card = hall.card(number)
    await hall.officer("anna-berg").say(card["channel"], "Ringde", card["ts"])
    await hall.sandbox.settle()
    await hall.later(30)
    assert await hall.noted(number, "Ringde")


async def test_a_thread_that_cannot_be_read_back_after_a_gap_is_read_a_little_later(hall: TownHall) -> None:
    number = await hall.applicant().applies()
    card = await hall.posted(number)
    await hall.delivered()
    hall.sandbox.inject("events_api", "lost", times=9)
    await hall.officer("anna-berg").say(card["channel"], "Ringde", card["ts"])
    await hall.sandbox.settle()
    failing = hall.sandbox.inject("conversations.replies", "status")
    hall.program.catching_up.after_gap()
    await hall.until(lambda: failing.struck)
    read = hall.sandbox.stage.record.counts
    await hall.until(lambda: hall.passes(5) or read["conversations.replies"])
    assert await hall.noted(number, "Ringde")


async def test_a_program_that_is_stopped_and_started_goes_on_where_it_was(
    sqlite_url: str, tmp_path: Path
) -> None:
    where = Where(tmp_path, sqlite_url, SAMPLE)
    async with Sandbox.running(mode="http", workspace=workspace_for(SAMPLE), pace=None) as sandbox:
        async with program_beside(sandbox, where) as hall:
            slack_goes_down(hall)
            number = await hall.applicant().applies()
        slack_is_back(hall)
        async with program_beside(sandbox, where) as hall:
            hall.passes(120)
            await hall.posted(number)
            anna = hall.officer("anna-berg")
            await anna.presses(number, "case:take")
            await hall.posted(number, "Anna Berg")
            assert len(hall.cards()) == 1 and len(hall.applicant().mails()) == 1


async def test_a_channel_without_the_bot_is_told_of_and_gets_its_cards_when_the_bot_is_invited(
    hall: TownHall,
) -> None:
    marta, anna = hall.officer("marta-lindqvist"), hall.officer("anna-berg")
    channel = hall.sandbox.stage.workspace.channels[hall.channel()]
    bot = hall.sandbox.app.bot_user
    channel.members.remove(bot)
    number = await hall.applicant().applies()
    await hall.until(marta.dm)
    assert "/invite" in str(marta.dm()[-1])
    assert await hall.parked() == ["not_in_channel"] and hall.cards() == []
    await anna.do("invite", channel=channel.id, who=bot)
    await hall.program.service.database.write(lambda tx: deliveries.unpark(tx, hall.clock()))
    hall.passes(1)
    await hall.posted(number)


async def test_a_message_waits_for_the_mail_server_and_goes_out_once(sqlite_url: str, tmp_path: Path) -> None:
    held = socket.socket()
    held.bind(("127.0.0.1", 0))  # the address is ours, and nobody listens at it
    given = {"workspace": workspace_for(SAMPLE), "pace": None, "smtp_port": None}
    async with Sandbox.running(**given) as sandbox:
        sandbox.stage.mailbox.port = held.getsockname()[1]
        async with program_beside(sandbox, Where(tmp_path, sqlite_url, SAMPLE)) as hall:
            eva, anna = hall.applicant(), hall.officer("anna-berg")
            number = await eva.applies()
            await hall.posted(number)
            await anna.writes(number, "Hej!")
            hall.passes(21)
            await anna.sees_in_view("Meddelandet är skickat.")
            await hall.delivered()
            hall.passes(4)
            await anna.sees_in_view("E-posten är fördröjd, sökanden får sitt mejl senare.")
            assert [message.text for message in (await hall.case(number)).messages] == ["Hej!"]
            loop = asyncio.get_running_loop()
            server = await loop.create_server(sandbox.stage.mailbox.protocol, sock=held)
            hall.passes(120)
            mail = await eva.mail("Nytt meddelande")
            await hall.later(400)
            ids = [one.header("Message-ID") for one in eva.mails()]
            assert len(ids) == len(set(ids)) == 2
            assert "Hej!" in (await eva.follows(mail)).text
            server.close()


async def test_a_mailbox_that_refuses_is_shown_on_the_card_and_told_to_the_officer(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.presses(number, "case:take")
    hall.sandbox.stage.mailbox.refused[eva.email] = 550
    await anna.writes(number, "Hej!")
    hall.passes(21)
    await hall.posted(number, "Ej levererat till sökanden")
    hall.passes(11)
    assert await hall.until(lambda: any(number in str(one) for one in anna.dm()))


@contextmanager
def locked(hall: TownHall) -> Iterator[None]:
    """Another process holds the database."""
    path = hall.program.stores.database.url.database
    assert path is not None
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def test_a_locked_database_is_told_in_slack_and_nothing_is_changed(
    impatient_hall: TownHall,
) -> None:
    hall = impatient_hall
    number = await hall.applicant().applies()
    await hall.posted(number)
    anna = hall.officer("anna-berg")
    await anna.types("hjälp")
    await hall.delivered()
    with locked(hall):
        await anna.presses(number, "case:take")
        await anna.hears("Just nu är det många som arbetar samtidigt. Inget har ändrats.")
    assert (await hall.case(number)).case.officers == ()
    await anna.presses(number, "case:take")
    await hall.posted(number, "Anna Berg")


async def test_a_locked_database_is_told_on_the_web_and_the_form_can_be_sent_again(
    impatient_hall: TownHall,
) -> None:
    hall = impatient_hall
    eva = hall.applicant()
    form = (await eva.form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    await hall.delivered()
    with locked(hall):
        page = await eva.browser.send(form)
    assert page.status == 503 and "många på en gång" in page.text
    assert await hall.count() == 0
    number = number_in(await eva.browser.send(form))
    await hall.posted(number)


async def test_what_is_down_shows_in_whether_the_program_is_ready(hall: TownHall) -> None:
    client = hall.browser().client
    assert (await client.get("/readyz")).text == "store ready, slack ready\n"
    slack_goes_down(hall)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "store ready, slack not ready\n")
    assert (await client.get("/livez")).status_code == 200


async def test_a_link_sent_yesterday_still_leads_to_the_message(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    number = await eva.applies()
    await hall.posted(number)
    await anna.writes(number, "Hej!")
    await hall.later(21)
    mail = await eva.mail("Nytt meddelande")
    hall.passes(timedelta(days=3).total_seconds())
    assert "Hej!" in (await eva.follows(mail)).text
