"""Slack's files: looked up, fetched and deleted with the program's token, which is sent to Slack's hosts only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from yarl import URL

from bot.clients.errors import PermanentFailure, TemporaryFailure, retry_after

log = structlog.get_logger()

CHUNK_SIZE = 256 * 1024
TOTAL_SECONDS, READ_SECONDS = 120.0, 15.0
"""How long one file may take in all, and how long without a byte."""

MAX_REDIRECTS = 3
SLACK_HOST = "slack.com"
FILE_HOSTS = frozenset({"files.slack.com", "files-origin.slack.com"})
"""Slack's hosts for files. In an Enterprise organisation the first redirects to the second."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({"file_not_found", "file_deleted"})
_APP_ERRORS = frozenset(
    {
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "org_login_required",
        "team_access_not_granted",
    }
)
"""Errors in the app's own rights or token: an administrator can mend them, and the doctor reports them."""

ApiCall = Callable[..., Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file as Slack describes it: `size` in bytes, and `url`, empty where Slack gives none."""

    id: str
    name: str
    size: int
    url: str

    @staticmethod
    def from_object(file_object: Mapping[str, Any]) -> SlackFile:
        """Parse a file object of Slack's."""
        hosted = not file_object.get("is_external") and file_object.get("mode") not in (
            "external",
            "tombstone",
        )
        url = (
            str(file_object.get("url_private_download") or file_object.get("url_private") or "")
            if hosted
            else ""
        )
        name = str(file_object.get("name") or file_object.get("title") or "")
        return SlackFile(str(file_object["id"]), name, int(file_object.get("size") or 0), url)


@dataclass(slots=True)
class DeletionResult:
    """The result of deleting files in Slack: the ids of those that need not be tried again.

    `remaining_count` of them remain there, since only their owners may delete them.
    """

    deleted_ids: list[str] = field(default_factory=list)
    remaining_count: int = 0


class SlackFiles:
    """The calls. Each raises PermanentFailure or TemporaryFailure, and nothing else, when it fails."""

    def __init__(
        self, call: ApiCall, session: Callable[[], aiohttp.ClientSession], token: str, base_url: str
    ) -> None:
        self._call = call
        self._session = session
        self._token = token
        self._api = URL(base_url)

    async def look_up(self, file_object: Mapping[str, Any]) -> SlackFile:
        """The file of a file object; Slack is asked for it where the object holds only its id.

        Raises PermanentFailure `file_not_found` or `file_deleted` where the app can see none.
        """
        if file_object.get("file_access") == "check_file_info" or file_object.get("mode") == "file_access":
            file_object = (await self._call("files.info", file=str(file_object["id"])))["file"]
        return SlackFile.from_object(file_object)

    async def fetch(self, file: SlackFile, max_bytes: int) -> AsyncGenerator[bytes, None]:
        """The file in chunks.

        Raises PermanentFailure `file_too_large` above `max_bytes`, `file_elsewhere` for one that Slack does not store,
        and `file_withheld` where Slack sends something else in its place.
        """
        size = 0
        try:
            async with self._open(file) as response:
                if (response.content_length or 0) > max_bytes:
                    raise PermanentFailure("file_too_large")
                async for chunk in response.content.iter_chunked(CHUNK_SIZE):
                    size += len(chunk)
                    if size > max_bytes:
                        raise PermanentFailure("file_too_large")
                    yield chunk
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise TemporaryFailure("slack_down") from None

    async def delete(self, file_id: str) -> bool:
        """Delete the file in Slack. False where only its owner may, as with most files.

        Raises PermanentFailure where the app may not delete any file until an administrator mends that.
        """
        try:
            await self._call("files.delete", file=file_id)
        except PermanentFailure as refused:
            if refused.trouble in _APP_ERRORS:
                raise
            return refused.trouble in _GONE
        return True

    async def delete_all(self, file_ids: Iterable[str], max_failures: int = 1) -> DeletionResult:
        """Delete the files in Slack. One that fails does not stop the others.

        Stops after `max_failures` in a row, and at an error that concerns all files; the rest is for a later call.
        """
        result, failures = DeletionResult(), 0
        for file_id in file_ids:
            try:
                result.remaining_count += not await self.delete(file_id)
            except PermanentFailure as failed:
                log.warning("slack_not_cleared", trouble=failed.trouble)
                break
            except TemporaryFailure as failed:
                log.info("slack_not_cleared", trouble=failed.trouble)
                failures += 1
                if failures >= max_failures or failed.trouble != "slack_down":
                    break
            else:
                failures = 0
                result.deleted_ids.append(file_id)
        return result

    @asynccontextmanager
    async def _open(self, file: SlackFile) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response with the file. Redirects to other hosts than Slack's are not followed."""
        url = _parse_url(file.url)
        if not may_receive_token(url, self._api):
            raise PermanentFailure("file_elsewhere")
        for _ in range(MAX_REDIRECTS):
            async with self._session().get(
                url,
                headers={"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_read=READ_SECONDS),
            ) as response:
                if response.status not in _REDIRECTS:
                    _check_response(response)
                    yield response
                    return
                url = url.join(_parse_url(response.headers.get("Location", "")))
            if not may_receive_token(url, self._api):
                break
        raise PermanentFailure("file_withheld")


def may_receive_token(url: URL, api: URL) -> bool:
    """Whether the token may be sent there: to Slack's hosts for files, or the origin of a configured stand-in."""
    if url.user is not None or url.password is not None:
        return False
    host = api.host or ""
    if host == SLACK_HOST or host.endswith(f".{SLACK_HOST}"):
        return (url.scheme, url.port) == ("https", 443) and url.host in FILE_HOSTS
    return (url.scheme, url.host, url.port) == (api.scheme, api.host, api.port)


def _parse_url(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        return URL()


def _check_response(response: aiohttp.ClientResponse) -> None:
    """Raise PermanentFailure for a sign-in page, which Slack sends with status 200 where the file is not allowed."""
    if response.status == 429 or response.status >= 500:
        raise TemporaryFailure(
            "slack_down", retry_after=retry_after(response.headers) if response.status == 429 else None
        )
    if response.status != 200 or response.content_type == "text/html":
        raise PermanentFailure("file_withheld")
