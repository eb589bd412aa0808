"""Slack's answers, as what they mean for a delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import Post, SlackClient
from bot.clients.slack_web import unlimited

POST = Post(text="Nytt ärende", blocks=[], case_id="c1", intent_id="i1")


@asynccontextmanager
async def slack_answering(answers: Any, status: int = 200, **headers: str) -> AsyncIterator[SlackClient]:
    """A Slack that gives the answer (or each of a list of them), on loopback."""
    waiting = list(answers) if isinstance(answers, list) else None

    async def answer(request: web.Request) -> web.Response:
        given = waiting.pop(0) if waiting is not None else answers
        if isinstance(given, str):
            return web.Response(text=given, status=status, content_type="text/html")
        return web.json_response(given, status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/api/{method}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with SlackClient(
        "xoxb-x", f"http://127.0.0.1:{runner.addresses[0][1]}/api/", seconds=0.5
    ) as client:
        yield client
    await runner.cleanup()


async def expect_failure(client: SlackClient) -> PermanentFailure | TemporaryFailure:
    with pytest.raises((PermanentFailure, TemporaryFailure)) as caught:
        await client.post_message("C1", POST)
    assert isinstance(caught.value, PermanentFailure | TemporaryFailure)
    return caught.value


async def test_a_reading_whose_answer_is_lost_is_tried_once_more_and_no_oftener() -> None:
    user = {"ok": True, "user": {"id": "U1", "team_id": "T1", "profile": {"email": "eva@staden.example"}}}
    async with slack_answering(["<html>", user]) as client:
        assert (await client.fetch_user("U1")).id == "U1"
    async with slack_answering(["<html>", user]) as client:
        found = await client.find_user_by_email("eva@staden.example")
        assert found is not None and found.id == "U1"
    async with slack_answering(["<html>", "<html>", user]) as client:
        with pytest.raises(TemporaryFailure):
            await client.fetch_user("U1")


@pytest.mark.parametrize(
    ("found", "is_theirs"),
    [
        ("hasse@staden.example", True),
        ("Hasse@Staden.example", True),
        ("haſſe@staden.example", False),
        ("", False),
    ],
)
async def test_an_account_is_an_addresss_only_where_the_address_is_that_mailboxs(
    found: str, is_theirs: bool
) -> None:
    """Slack may hold other letters to be the same than mail servers do."""
    user = {"id": "U1", "team_id": "T1", "profile": {"email": found}}
    async with slack_answering({"ok": True, "user": user}) as client:
        assert (await client.find_user_by_email("hasse@staden.example") is not None) == is_theirs


@pytest.mark.parametrize(("confirmed", "email"), [({}, True), (True, True), (False, False)])
async def test_an_address_that_slack_has_not_confirmed_is_nobodys(confirmed: object, email: bool) -> None:
    user = {"id": "U1", "team_id": "T1", "profile": {"email": "hasse@staden.example"}}
    user |= {} if confirmed == {} else {"is_email_confirmed": confirmed}
    async with slack_answering({"ok": True, "user": user}) as client:
        assert (await client.fetch_user("U1")).email == ("hasse@staden.example" if email else "")
        assert (await client.find_user_by_email("hasse@staden.example") is not None) == email


@pytest.mark.parametrize(
    "error", ["channel_not_found", "not_in_channel", "is_archived", "restricted_action", "invalid_blocks"]
)
async def test_what_nobody_but_a_person_can_mend_is_permanent(error: str) -> None:
    async with slack_answering({"ok": False, "error": error}) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, PermanentFailure) and failed.trouble == error


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
async def test_an_error_that_may_have_had_its_effect_is_uncertain(error: str) -> None:
    async with slack_answering({"ok": False, "error": error}) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and failed.may_have_succeeded


async def test_too_fast_says_for_how_long_and_has_had_no_effect() -> None:
    async with slack_answering({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "13"}) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and (failed.retry_after, failed.may_have_succeeded) == (
        13.0,
        False,
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_broken_server_is_uncertain(status: int) -> None:
    async with slack_answering("<html>Bad gateway</html>", status) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and failed.may_have_succeeded


async def test_a_page_in_place_of_an_answer_is_uncertain() -> None:
    async with slack_answering("<html>Please sign in to the hotel's network</html>") as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and failed.may_have_succeeded


async def test_nobody_listening_has_had_no_effect() -> None:
    async with SlackClient("xoxb-x", "http://127.0.0.1:9/api/") as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and not failed.may_have_succeeded


async def test_a_revoked_token_parks_nothing() -> None:
    async with slack_answering({"ok": False, "error": "token_revoked"}) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, TemporaryFailure) and failed.trouble == "slack_token"


async def test_a_failure_repeats_nothing_of_what_slack_said() -> None:
    async with slack_answering({"ok": False, "error": "Eva Ek, 19121212-1212"}) as client:
        failed = await expect_failure(client)
    assert isinstance(failed, PermanentFailure) and (failed.trouble, failed.__suppress_context__) == (
        "other",
        True,
    )


async def test_a_lost_post_is_found_on_a_later_page() -> None:
    empty = {"ok": True, "messages": [{"ts": "1.0"}], "response_metadata": {"next_cursor": "x"}}
    metadata = {"event_type": "case_event", "event_payload": {"case_id": "c1", "intent_id": "i1"}}
    full = {"ok": True, "messages": [{"ts": "2.0", "metadata": metadata}]}
    async with slack_answering([empty, full]) as client:
        found = await client.find_posted("C1", {"i1"}, datetime(2026, 11, 23, tzinfo=UTC))
    assert found == {"i1": "2.0"}


async def test_each_page_of_a_thread_takes_its_place_in_the_pace() -> None:
    first = {"ok": True, "messages": [{"ts": "2.0"}], "response_metadata": {"next_cursor": "x"}}
    places: list[str] = []

    def room(method: str) -> AbstractAsyncContextManager[None]:
        places.append(method)
        return unlimited(method)

    async with slack_answering([first, {"ok": True, "messages": [{"ts": "3.0"}]}]) as client:
        replies = await client.replies(("C1", "1.0"), datetime(2026, 11, 23, tzinfo=UTC), room)
    assert ([one["ts"] for one in replies], places) == (["2.0", "3.0"], ["conversations.replies"] * 2)


async def test_an_unknown_address_is_nobody() -> None:
    async with slack_answering({"ok": False, "error": "users_not_found"}) as client:
        assert await client.find_user_by_email("ingen@staden.example") is None


@pytest.mark.parametrize(
    ("marks", "is_closed"),
    [
        ({"is_private": True}, True),
        ({}, False),
        ({"is_private": True, "is_ext_shared": True}, False),
        ({"is_private": True, "is_pending_ext_shared": True}, False),
        ({"is_private": True, "is_org_shared": True}, False),
    ],
    ids=str,
)
async def test_a_channel_is_closed_that_is_private_and_nobody_elses_too(
    marks: dict[str, bool], is_closed: bool
) -> None:
    async with slack_answering({"ok": True, "channel": {"id": "C1", **marks}}) as client:
        assert (await client.fetch_channel("C1")).is_closed is is_closed
