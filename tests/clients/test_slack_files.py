"""Files fetched from Slack: with a token that no one else is shown, and no more of them than was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import SlackClient
from bot.clients.slack_files import SlackFile, may_receive_token
from sandbox.default_workspace import default_workspace
from sandbox.person import upload
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import ANNA, CHANNEL

PDF = b"%PDF-1.7\n" + b"plan" * 1_000
MAX_BYTES = 1_000_000


@asynccontextmanager
async def client_and_file(**app: Any) -> AsyncIterator[tuple[Sandbox, SlackClient, SlackFile]]:
    """A client, and a file that Anna has sent."""
    workspace = default_workspace()
    workspace["app"].update(app)
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        await sandbox.person(ANNA).say(CHANNEL, "", files=[upload("plan.pdf", PDF)])
        result = sandbox.person(ANNA).sees(CHANNEL)[-1]["files"][0]
        async with SlackClient(sandbox.app.bot_token, sandbox.api_url) as client:
            yield sandbox, client, SlackFile.from_object(result)


async def download(client: SlackClient, file: SlackFile, most: int = MAX_BYTES) -> bytes:
    return b"".join([chunk async for chunk in client.files.fetch(file, most)])


async def expect_failure(
    client: SlackClient, file: SlackFile, most: int = MAX_BYTES
) -> PermanentFailure | TemporaryFailure:
    with pytest.raises((PermanentFailure, TemporaryFailure)) as caught:
        await download(client, file, most)
    assert isinstance(caught.value, PermanentFailure | TemporaryFailure)
    return caught.value


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://files.slack.com/files-pri/T1-F1/plan.pdf", True),
        ("https://FILES.slack.com:443/files-pri/T1-F1/plan.pdf", True),
        ("https://files-origin.slack.com/files-pri/T1-F1/plan.pdf", True),
        ("http://files.slack.com/files-pri/T1-F1/plan.pdf", False),
        ("https://files.slack.com:8443/files-pri/T1-F1/plan.pdf", False),
        ("https://files.slack.com@elak.example/plan.pdf", False),
        ("https://elak@files.slack.com/plan.pdf", False),
        ("https://files.slack.com.elak.example/plan.pdf", False),
        ("https://elak.example/files.slack.com/plan.pdf", False),
        ("https://elak-files.slack.com/plan.pdf", False),
        ("https://slack.com/api/auth.test", False),
        ("//files.slack.com/plan.pdf", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_token_is_shown_where_slack_keeps_its_files_and_nowhere_else(url: str, shown: bool) -> None:
    assert may_receive_token(URL(url), URL("https://slack.com/api/")) is shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8100/files-pri/T1-F1/plan.pdf", True),
        ("http://127.0.0.1:8101/files-pri/T1-F1/plan.pdf", False),
        ("https://127.0.0.1:8100/files-pri/T1-F1/plan.pdf", False),
        ("https://files.slack.com/files-pri/T1-F1/plan.pdf", False),
    ],
)
def test_what_stands_in_for_slack_keeps_its_files_itself(url: str, shown: bool) -> None:
    assert may_receive_token(URL(url), URL("http://127.0.0.1:8100/api/")) is shown


async def test_a_file_comes_whole() -> None:
    async with client_and_file() as (_, client, file):
        assert (file.name, file.size, await download(client, file)) == ("plan.pdf", len(PDF), PDF)


async def test_the_page_to_sign_in_on_is_not_the_file() -> None:
    async with client_and_file() as (sandbox, client, file):
        sandbox.inject("files.download", "error")
        assert (await expect_failure(client, file)).trouble == "file_withheld"


async def test_nobody_else_is_shown_the_token_by_leading_the_program_on() -> None:
    asked: list[Any] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(dict(request.headers))
        return web.Response(body=PDF)

    runner = web.AppRunner(web.Application())
    runner.app.router.add_get("/{path:.*}", elsewhere)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with client_and_file() as (sandbox, client, file):
        sandbox.inject("files.download", "redirect", to=f"http://127.0.0.1:{port}/files-pri/T1-F1/plan.pdf")
        assert (await expect_failure(client, file)).trouble == "file_withheld"
        led = SlackFile(file.id, file.name, file.size, f"http://127.0.0.1:{port}/files-pri/T1-F1/plan.pdf")
        assert (await expect_failure(client, led)).trouble == "file_elsewhere"
    await runner.cleanup()
    assert asked == []


async def test_slack_may_lead_on_to_another_of_its_own_places_but_not_in_circles() -> None:
    async with client_and_file() as (sandbox, client, file):
        sandbox.inject("files.download", "redirect", to=file.url)
        assert await download(client, file) == PDF
        sandbox.inject("files.download", "redirect", to=file.url, times=9)
        assert (await expect_failure(client, file)).trouble == "file_withheld"


async def test_no_more_is_read_than_may_be() -> None:
    async with client_and_file() as (_, client, file):
        assert (await expect_failure(client, file, most=100)).trouble == "file_too_large"


async def test_a_file_without_a_stated_size_is_stopped_while_it_is_read() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(10_000):
            await answer.write(b"x" * 64_000)
            sent += 64_000
        return answer

    runner = web.AppRunner(web.Application())
    runner.app.router.add_get("/{path:.*}", endless)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with SlackClient("xoxb-x", f"{base}/api/") as client:
        failed = await expect_failure(client, SlackFile("F1", "x", 3, f"{base}/x"), most=500_000)
    await runner.cleanup()
    assert failed.trouble == "file_too_large"
    assert sent < 20_000_000


@pytest.mark.parametrize("kind", ["status", "ratelimited", "cut_before", "cut_after"])
async def test_what_breaks_on_the_way_may_go_better_later(kind: str) -> None:
    async with client_and_file() as (sandbox, client, file):
        sandbox.inject("files.download", kind, times=2)  # a broken connection is tried again once
        assert isinstance(await expect_failure(client, file), TemporaryFailure)
        sandbox.faults_off()
        assert await download(client, file) == PDF


async def test_of_another_organisations_file_slack_is_asked() -> None:
    async with client_and_file() as (sandbox, client, _):
        greta = sandbox.person("U0GRANNGRE")
        await greta.say("C0SAMVERKA", "", files=[upload("plan.pdf", PDF)])
        stub = greta.sees("C0SAMVERKA")[-1]["files"][0]
        assert await download(client, await client.files.look_up(stub)) == PDF


@pytest.mark.parametrize(
    "result",
    [
        {"id": "F1", "mode": "tombstone"},
        {"id": "F1", "mode": "external", "is_external": True, "url_private": "https://drive.example/x"},
        {"id": "F1", "url_private": "https://["},
        {"id": "F1"},
    ],
)
async def test_what_slack_does_not_keep_is_not_fetched(result: dict[str, Any]) -> None:
    async with SlackClient("xoxb-x", "https://slack.com/api/") as client:
        assert (await expect_failure(client, SlackFile.from_object(result))).trouble == "file_elsewhere"


async def test_a_persons_file_is_not_ours_to_delete_where_slack_says_so() -> None:
    async with client_and_file() as (_, client, file):
        assert await client.files.delete(file.id) is False
    async with client_and_file(deletes_files_of_others=True) as (_, client, file):
        assert [await client.files.delete(file.id) for _ in range(2)] == [True, True]
        assert await client.files.delete("F0NOWHERE1") is True
