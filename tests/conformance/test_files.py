"""Files: who is given them, whose they are to delete, and where they are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from bot.clients.slack import SlackClient
from bot.clients.slack_files import SlackFile, may_receive_token
from sandbox.person import Person, upload
from tests.conformance.place import Place, error

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEXT = b"Prov av filer"


@pytest_asyncio.fixture(loop_scope="session")
async def ours(place: Place) -> AsyncIterator[SlackClient]:
    async with SlackClient(str(place.client.token), place.client.base_url) as client:
        yield client


async def sent(place: Place) -> SlackFile:
    """A file of the app's own, shared with nobody."""
    result = await place.client.files_upload_v2(content=TEXT.decode(), filename="prov.txt")
    return SlackFile.from_object((await place.client.files_info(file=result["files"][0]["id"]))["file"])


async def test_a_file_is_kept_where_the_token_may_be_shown_and_is_given_to_it(
    place: Place, ours: SlackClient
) -> None:
    file = await sent(place)
    assert may_receive_token(URL(file.url), URL(place.client.base_url))
    assert b"".join([chunk async for chunk in ours.files.fetch(file, 1_000)]) == TEXT
    assert await ours.files.delete(file.id)


async def test_without_the_token_a_page_comes_instead_and_says_that_all_is_well(place: Place) -> None:
    file = await sent(place)
    async with aiohttp.ClientSession() as session, session.get(file.url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    await place.client.files_delete(file=file.id)


async def test_a_file_that_is_gone_is_neither_known_nor_deleted_again(place: Place) -> None:
    file = await sent(place)
    await place.client.files_delete(file=file.id)
    assert await error(place.client.files_info(file=file.id)) in ("file_deleted", "file_not_found")
    assert await error(place.client.files_delete(file=file.id)) in ("file_deleted", "file_not_found")


async def test_a_persons_file_is_theirs_to_delete(place: Place, person: Person) -> None:
    ts = await person.say(place.channel, "", files=[upload("prov.txt", TEXT)])
    file = (await place.read(ts))["files"][0]
    assert (file["user"], file["size"]) == (person.id, len(TEXT))
    assert await error(place.client.files_delete(file=file["id"])) == "cant_delete_file"
