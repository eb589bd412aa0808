"""Files in the stand-in for Slack: what people upload, what the app may have of it, and what it sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.default_workspace import default_workspace
from sandbox.inputs import Unfit
from sandbox.person import upload
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, client_of, modal, town

GRETA, SHARED, EVERYONE = "U0GRANNGRE", "C0SAMVERKA", "C0ALLMANT1"
PDF = b"%PDF-1.7\nplan"


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running(smtp_port=None) as running:
        yield running


async def error(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def got(url: str, token: str = "", **more: Any) -> tuple[int, str, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers, **more) as result:
        return result.status, result.content_type, await result.read()


async def said(sandbox: Sandbox, user: str = ANNA, channel: str = CHANNEL, **more: Any) -> dict[str, Any]:
    """The file object of a file that a person has sent with a message."""
    person = sandbox.person(user)
    ts = await person.say(channel, more.pop("text", ""), files=[upload("plan.pdf", PDF)], **more)
    return dict(next(one for one in person.sees(channel) if one["ts"] == ts)["files"][0])


def field(**more: Any) -> dict[str, Any]:
    element = {"type": "file_input", "action_id": "files", **more}
    label = {"type": "plain_text", "text": "Filer"}
    return {"type": "input", "block_id": "files", "label": label, "element": element, "optional": True}


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_message_with_files_is_told_of_as_slack_does(mode: str) -> None:
    received: list[dict[str, Any]] = []

    def build(app: Any) -> None:
        @app.event("message")
        async def on_message(event: dict[str, Any]) -> None:
            received.append(event)

        @app.event("file_shared")
        async def on_shared(event: dict[str, Any]) -> None:
            received.append(event)

    async with town(mode, build, smtp_port=None) as sandbox:
        anna = sandbox.person(ANNA)
        parent = await anna.say(CHANNEL, "Ritning?")
        await anna.say(
            CHANNEL, "Här", parent, files=[upload("plan.pdf", PDF), upload("bild.png", b"\x89PNG")]
        )
        await anna.wait_until(lambda: len(received) == 4)
        message, shared = received[1], received[2]
        assert (message["subtype"], message["text"], message["thread_ts"]) == ("file_share", "Här", parent)
        names = [(one["name"], one["mimetype"], one["user"], one["size"]) for one in message["files"]]
        assert names == [("plan.pdf", "application/pdf", ANNA, len(PDF)), ("bild.png", "image/png", ANNA, 4)]
        assert (shared["file_id"], shared["user_id"]) == (message["files"][0]["id"], ANNA)
        read_back = (await client_of(sandbox).conversations_replies(channel=CHANNEL, ts=parent))["messages"][
            1
        ]
        assert read_back["files"] == message["files"]


async def test_a_message_may_be_files_alone(sandbox: Sandbox) -> None:
    anna = sandbox.person(ANNA)
    await anna.say(CHANNEL, "", files=[upload("plan.pdf", PDF)])
    assert [one["name"] for one in anna.sees(CHANNEL)[-1]["files"]] == ["plan.pdf"]
    with pytest.raises(Unfit):
        await anna.say(CHANNEL, "")


async def test_a_file_is_given_to_the_apps_token_alone(sandbox: Sandbox) -> None:
    file, token = await said(sandbox), sandbox.app.bot_token
    assert await got(file["url_private"], token) == (200, "application/pdf", PDF)
    assert await got(file["url_private_download"], token) == (200, "application/pdf", PDF)
    for wrong in ("", "xoxb-wrong", sandbox.app.app_token):
        status, kind, page = await got(file["url_private"], wrong)
        assert (status, kind) == (200, "text/html")
        assert b"Sign in" in page


async def test_without_the_scope_there_is_only_the_page_to_sign_in_on() -> None:
    workspace = default_workspace()
    workspace["app"]["scopes"] = ["chat:write"]
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        file = await said(sandbox)
        assert (await got(file["url_private"], sandbox.app.bot_token))[1] == "text/html"
        assert await error(client_of(sandbox).files_info(file=file["id"])) == "missing_scope"


async def test_the_app_sees_files_where_it_is_and_no_others(sandbox: Sandbox) -> None:
    client, token = client_of(sandbox), sandbox.app.bot_token
    here, elsewhere = await said(sandbox), await said(sandbox, channel=EVERYONE)
    assert (await client.files_info(file=here["id"]))["file"]["name"] == "plan.pdf"
    assert await error(client.files_info(file=elsewhere["id"])) == "file_not_found"
    assert (await got(elsewhere["url_private"], token))[1] == "text/html"


async def test_of_another_organisations_file_one_has_to_ask(sandbox: Sandbox) -> None:
    stub = await said(sandbox, GRETA, SHARED)
    assert (stub["file_access"], stub.get("url_private")) == ("check_file_info", None)
    file = (await client_of(sandbox).files_info(file=stub["id"]))["file"]
    assert (await got(file["url_private"], sandbox.app.bot_token))[2] == PDF


async def test_an_app_deletes_its_own_files_and_nobody_elses(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    theirs = await said(sandbox)
    assert await error(client.files_delete(file=theirs["id"])) == "cant_delete_file"
    assert await error(client.files_delete(file="F0NOWHERE1")) == "file_not_found"
    begun = await client.files_getUploadURLExternal(filename="plan.pdf", length=len(PDF))
    async with aiohttp.ClientSession() as session, session.post(begun["upload_url"], data=PDF) as sent:
        assert sent.status == 200
    await client.files_completeUploadExternal(files=[{"id": begun["file_id"], "title": "Planen"}])
    await client.files_delete(file=begun["file_id"])
    assert await error(client.files_delete(file=begun["file_id"])) == "file_deleted"
    assert await error(client.files_info(file=begun["file_id"])) == "file_deleted"


async def test_a_person_who_deletes_a_file_leaves_its_tombstone(sandbox: Sandbox) -> None:
    file, anna = await said(sandbox, text="Se planen"), sandbox.person(ANNA)
    with pytest.raises(Unfit):
        await sandbox.person(BJORN).do("delete_file", file=file["id"])
    await anna.do("delete_file", file=file["id"])
    assert anna.sees(CHANNEL)[-1]["files"] == [{"id": file["id"], "mode": "tombstone"}]
    assert (await got(file["url_private"], sandbox.app.bot_token))[0] == 404


async def test_the_app_sends_a_file_into_a_thread(sandbox: Sandbox) -> None:
    anna = sandbox.person(ANNA)
    parent = await anna.say(CHANNEL, "Ritning?")
    client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url)
    await client.files_upload_v2(
        content=PDF, filename="plan.pdf", channel=CHANNEL, thread_ts=parent, initial_comment="Här"
    )
    answer = anna.thread(CHANNEL, parent)[0]
    assert (answer["text"], [one["name"] for one in answer["files"]]) == ("Här", ["plan.pdf"])


async def test_an_upload_that_is_not_as_long_as_was_said_is_none(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    assert await error(client.files_getUploadURLExternal(filename="x", length=0)) == "missing_argument"
    begun = await client.files_getUploadURLExternal(filename="plan.pdf", length=3)
    async with aiohttp.ClientSession() as session, session.post(begun["upload_url"], data=PDF) as sent:
        assert sent.status == 400
    files = [{"id": begun["file_id"]}]
    assert await error(client.files_completeUploadExternal(files=files)) == "file_not_found"


async def opened(sandbox: Sandbox, *blocks: dict[str, Any]) -> None:
    trigger = sandbox.shared.new_trigger(ANNA).id
    await client_of(sandbox).views_open(trigger_id=trigger, view=modal(*blocks))


async def test_a_forms_files_are_the_persons_and_the_app_may_have_them(sandbox: Sandbox) -> None:
    await opened(sandbox, field(max_files=2, filetypes=["pdf"]))
    anna = sandbox.person(ANNA)
    await anna.fill({"files": [upload("plan.pdf", PDF)]})
    assert anna.view is not None
    (file,) = anna.view["state"]["values"]["files"]["files"]["files"]
    assert (file["user"], file["is_public"], file["channels"]) == (ANNA, False, [])
    assert (await got(file["url_private"], sandbox.app.bot_token))[2] == PDF
    assert await error(client_of(sandbox).files_delete(file=file["id"])) == "cant_delete_file"
    await anna.fill({"files": [{"id": file["id"]}, upload("karta.pdf", PDF)]})
    assert [one["name"] for one in anna.view["state"]["values"]["files"]["files"]["files"]] == [
        "plan.pdf",
        "karta.pdf",
    ]


@pytest.mark.parametrize(
    "given",
    [
        [upload("sida.html", PDF)],
        [upload("a.pdf", PDF), upload("b.pdf", PDF)],
        [upload("stor.pdf", b"x" * (10 * 1024 * 1024 + 1))],
        [upload("tom.pdf", b"")],
        [{"name": "plan.pdf", "data": "?"}],
        "plan.pdf",
    ],
)
async def test_what_slacks_client_would_not_take_in_the_field_is_refused(
    sandbox: Sandbox, given: Any
) -> None:
    await opened(sandbox, field(max_files=1, filetypes=["pdf"]))
    with pytest.raises(Unfit):
        await sandbox.person(ANNA).fill({"files": given})


async def test_a_form_with_files_needs_the_scope() -> None:
    workspace = default_workspace()
    workspace["app"]["scopes"] = ["chat:write"]
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        assert await error(opened(sandbox, field())) == "missing_scope"


async def test_bad_days_strike_downloads_too(sandbox: Sandbox) -> None:
    url, token = (await said(sandbox))["url_private"], sandbox.app.bot_token
    sandbox.inject("files.download", "status", status=503)
    assert (await got(url, token))[0] == 503
    sandbox.inject("files.download", "error")
    assert (await got(url, token))[1] == "text/html"
    sandbox.inject("files.download", "redirect", to="http://elsewhere.example/x")
    assert (await got(url, token, allow_redirects=False))[0] == 302
    sandbox.inject("files.download", "cut_after")
    with pytest.raises(aiohttp.ClientPayloadError):
        await got(url, token)
    assert (await got(url, token))[2] == PDF


async def test_bad_days_strike_uploads_too(sandbox: Sandbox) -> None:
    begun = await client_of(sandbox).files_getUploadURLExternal(filename="plan.pdf", length=len(PDF))
    fault = sandbox.inject("files.upload", "cut_before")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.post(begun["upload_url"], data=PDF)
    assert fault.struck == 1


async def test_the_page_shows_a_file_to_those_who_see_it(sandbox: Sandbox) -> None:
    file = await said(sandbox)
    assert (await got(f"{sandbox.url}/_file/{file['id']}?user={BJORN}"))[2] == PDF
    assert (await got(f"{sandbox.url}/_file/{file['id']}?user=U0DAVIDLUN"))[0] == 404
