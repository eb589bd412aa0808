"""Slack, the mail server or the database is away: the work is stored, goes out later, and the person is told so."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.store.outbox import parking
from sandbox.server import Sandbox
from tests.conftest import SAMPLE
from tests.portal.authentication.openid_server import running_openid
from tests.scenarios.running_program import (
    BUILDING,
    PATIENT_SLACK,
    Installation,
    RunningProgram,
    message_text,
    number_in,
    run_program,
    serve_program,
    workspace_for,
)

READY, PROVIDER_IS_DOWN = "store ready, slack ready", "the sign-in provider did not answer"


def slack_goes_down(program: RunningProgram) -> None:
    """No call gets through, though presses still come and are answered."""
    program.sandbox.inject("* !response_url", "cut_before", times=None)


def slack_is_back(program: RunningProgram) -> None:
    program.sandbox.faults_off()


async def test_what_is_pressed_while_slack_does_not_answer_is_done_and_shown_later(
    program: RunningProgram,
) -> None:
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    anna = program.officer("anna-berg")
    await anna.run_command("hjälp")
    failing = program.sandbox.inject("* !response_url", "cut_before", times=None)
    await anna.press_on_card(number, "case:take")
    await program.wait_for(lambda: failing.struck)
    await program.wait_until_delivered()
    program.advance(4)
    await anna.wait_for_private_line("Sparat. Slack svarar inte just nu, kortet uppdateras senare.")
    assert (await program.load_case(number)).case.officers == ("anna-berg",)
    assert "Ingen" in message_text(program.card(number))
    slack_is_back(program)
    program.advance(120)
    await program.wait_for_card(number, "Anna Berg")


async def test_a_case_that_comes_while_slack_is_down_has_one_card_when_it_is_back(
    program: RunningProgram,
) -> None:
    eva = program.applicant()
    slack_goes_down(program)
    number = await eva.apply()
    await eva.wait_for_mail("Vi har tagit emot")
    assert program.cards() == []
    slack_is_back(program)
    program.advance(120)
    await program.wait_for_card(number)
    await program.advance_and_deliver(120)
    assert len(program.cards()) == 1


async def test_a_card_whose_posting_was_cut_off_is_not_posted_twice(program: RunningProgram) -> None:
    cut = program.sandbox.inject("chat.postMessage", "cut_after")
    number = await program.applicant().apply()
    await program.wait_for(lambda: cut.struck)
    await program.advance_and_deliver(30)
    await program.wait_for_card(number)
    await program.advance_and_deliver(120)
    assert len(program.cards()) == 1


async def test_a_reply_under_a_card_that_the_program_does_not_know_of_yet_becomes_a_note(
    program: RunningProgram,
) -> None:
    """It is in Slack, but its answer was lost."""
    cut = program.sandbox.inject("chat.postMessage", "cut_after")
    number = await program.applicant().apply()
    await program.wait_for(lambda: cut.struck)
    card = program.card(number)
    await program.officer("anna-berg").say(card["channel"], "Ringde", card["ts"])
    await program.sandbox.settle()
    await program.advance_and_deliver(30)
    assert await program.wait_for_note(number, "Ringde")


async def test_a_thread_that_cannot_be_read_back_after_a_gap_is_read_a_little_later(
    program: RunningProgram,
) -> None:
    number = await program.applicant().apply()
    card = await program.wait_for_card(number)
    await program.wait_until_delivered()
    program.sandbox.inject("events_api", "lost", times=9)
    await program.officer("anna-berg").say(card["channel"], "Ringde", card["ts"])
    await program.sandbox.settle()
    failing = program.sandbox.inject("conversations.replies", "status")
    program.app.backfill.on_gap()
    await program.wait_for(lambda: failing.struck)
    read = program.sandbox.shared.record.counts
    await program.wait_for(lambda: program.advance(5) or read["conversations.replies"])
    assert await program.wait_for_note(number, "Ringde")


async def test_a_program_that_is_stopped_and_started_goes_on_where_it_was(
    sqlite_url: str, tmp_path: Path
) -> None:
    where = Installation(tmp_path, sqlite_url, SAMPLE)
    async with Sandbox.running(mode="http", workspace=workspace_for(SAMPLE), **PATIENT_SLACK) as sandbox:
        async with serve_program(sandbox, where) as program:
            slack_goes_down(program)
            number = await program.applicant().apply()
        slack_is_back(program)
        async with serve_program(sandbox, where) as program:
            program.advance(120)
            await program.wait_for_card(number)
            anna = program.officer("anna-berg")
            await anna.press_on_card(number, "case:take")
            await program.wait_for_card(number, "Anna Berg")
            # A mail that was on its way when the program stopped is sent again, as the same mail.
            assert len({mail.header("Message-ID") for mail in program.applicant().mails()}) == 1
            assert len(program.cards()) == 1


async def test_a_channel_without_the_bot_is_told_of_and_gets_its_cards_when_the_bot_is_invited(
    program: RunningProgram,
) -> None:
    marta, anna = program.officer("marta-lindqvist"), program.officer("anna-berg")
    channel = program.sandbox.shared.workspace.channels[program.channel()]
    bot = program.sandbox.app.bot_user
    channel.members.remove(bot)
    number = await program.applicant().apply()
    await program.wait_for(marta.dm)
    assert "/invite" in str(marta.dm()[-1])
    assert await program.parked_troubles() == ["not_in_channel"] and program.cards() == []
    await anna.do("invite", channel=channel.id, who=bot)
    await program.app.service.database.write(lambda tx: parking.unpark(tx, program.clock()))
    program.advance(1)
    await program.wait_for_card(number)


async def test_a_message_waits_for_the_mail_server_and_goes_out_once(sqlite_url: str, tmp_path: Path) -> None:
    held = socket.socket()
    held.bind(("127.0.0.1", 0))  # the address is ours, and nobody listens at it
    given = {"workspace": workspace_for(SAMPLE), **PATIENT_SLACK, "smtp_port": None}
    async with Sandbox.running(**given) as sandbox:
        sandbox.shared.mailbox.port = held.getsockname()[1]
        async with serve_program(sandbox, Installation(tmp_path, sqlite_url, SAMPLE)) as program:
            eva, anna = program.applicant(), program.officer("anna-berg")
            number = await eva.apply()
            await program.wait_for_card(number)
            await anna.send_message(number, "Hej!")
            program.advance(21)
            await anna.wait_for_view_text("Meddelandet är skickat.")
            await program.wait_until_delivered()
            program.advance(4)
            await anna.wait_for_view_text("E-posten är fördröjd, sökanden får sitt mejl senare.")
            assert [message.text for message in (await program.load_case(number)).messages] == ["Hej!"]
            loop = asyncio.get_running_loop()
            server = await loop.create_server(sandbox.shared.mailbox.protocol, sock=held)
            program.advance(120)
            mail = await eva.wait_for_mail("Nytt meddelande")
            await program.advance_and_deliver(400)
            ids = [one.header("Message-ID") for one in eva.mails()]
            assert len(ids) == len(set(ids)) == 2
            assert "Hej!" in (await eva.follow_mail(mail)).text
            server.close()


async def test_a_mailbox_that_refuses_is_shown_on_the_card_and_told_to_the_officer(
    program: RunningProgram,
) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.press_on_card(number, "case:take")
    program.sandbox.shared.mailbox.refused[eva.email] = 550
    await anna.send_message(number, "Hej!")
    program.advance(21)
    await program.wait_for_card(number, "Mejlet kom inte fram till sökanden")
    program.advance(11)
    assert await program.wait_for(lambda: any(number in str(one) for one in anna.dm()))


@contextmanager
def database_locked(program: RunningProgram) -> Iterator[None]:
    """Another process holds the database."""
    path = program.app.stores.database.url.database
    assert path is not None
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


async def test_a_locked_database_is_told_in_slack_and_nothing_is_changed(
    impatient_program: RunningProgram,
) -> None:
    program = impatient_program
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    anna = program.officer("anna-berg")
    await anna.run_command("hjälp")
    await program.wait_until_delivered()
    with database_locked(program):
        await anna.press_on_card(number, "case:take")
        await anna.wait_for_private_line("Just nu är det många som arbetar samtidigt. Inget har ändrats.")
    assert (await program.load_case(number)).case.officers == ()
    await anna.press_on_card(number, "case:take")
    await program.wait_for_card(number, "Anna Berg")


async def test_a_locked_database_is_told_on_the_web_and_the_form_can_be_sent_again(
    impatient_program: RunningProgram,
) -> None:
    program = impatient_program
    eva = program.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    await program.wait_until_delivered()
    with database_locked(program):
        page = await eva.browser.submit(form)
    assert page.status == 503 and "många på en gång" in page.text
    assert await program.count_cases() == 0
    number = number_in(await eva.browser.submit(form))
    await program.wait_for_card(number)


async def test_what_is_down_shows_in_whether_the_program_is_ready(program: RunningProgram) -> None:
    client = program.browser().client
    assert (await client.get("/readyz")).text == f"{READY}\n"
    slack_goes_down(program)
    program.advance(1)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "store ready, slack not ready\n")
    assert (await client.get("/livez")).status_code == 200


async def test_with_a_sign_in_provider_that_is_down_the_program_starts_and_officers_come_in_from_slack(
    sqlite_url: str, tmp_path: Path
) -> None:
    held = socket.socket()
    held.bind(("127.0.0.1", 0))  # the address is the provider's, and nobody listens at it
    issuer = f"http://127.0.0.1:{held.getsockname()[1]}"
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE, openid_issuer=issuer)) as program:
        number = await program.applicant().apply()
        await program.wait_for_card(number)
        browser = program.browser()
        page = await browser.get("/handlaggare/logga-in")
        assert page.status == 503 and "svarar inte just nu" in page.text and "från Slack" in page.text
        ready = await browser.client.get("/readyz")
        assert ready.status_code == 200 and READY in ready.text and PROVIDER_IS_DOWN in ready.text
        page = await (await program.officer("anna-berg").open_case_page(number)).get("/handlaggare")
        assert page.status == 200 and "Anna Berg" in page.text
        async with running_openid(program.clock, held) as provider:
            provider.account["email"] = "anna.berg@lindsjo.example"
            sent = await browser.client.get("/handlaggare/logga-in")
            query = provider.sign_in(sent.headers["location"])
            back = await browser.client.get(f"/handlaggare/logga-in/svar?{query}")
            assert (back.status_code, back.headers["location"]) == (303, "/handlaggare")
            assert "Anna Berg" in (await browser.get("/handlaggare")).text
            assert (await browser.client.get("/readyz")).text == f"{READY}\n"


async def test_a_sign_in_provider_that_is_down_is_known_before_an_officer_waits_for_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    where = Installation(tmp_path, sqlite_url, SAMPLE, openid_issuer="http://127.0.0.1:1")
    async with run_program(where) as program:
        openid = program.app.portal_dependencies.openid
        assert openid is not None
        await program.wait_for(lambda: not openid.is_reachable)
        answer = await program.browser().client.get("/readyz")
        assert answer.status_code == 200 and PROVIDER_IS_DOWN in answer.text


async def test_a_link_sent_yesterday_still_leads_to_the_message(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.send_message(number, "Hej!")
    await program.advance_and_deliver(21)
    mail = await eva.wait_for_mail("Nytt meddelande")
    program.advance(timedelta(days=3).total_seconds())
    assert "Hej!" in (await eva.follow_mail(mail)).text
