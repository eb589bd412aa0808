"""Slack's files: asked about, fetched and deleted with the program's token, which goes to Slack's own hosts alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from yarl import URL

from bot.clients.errors import Permanent, Temporary, retry_after

log = structlog.get_logger()

CHUNK = 256 * 1024
SECONDS, QUIET_SECONDS = 120.0, 15.0
"""How long one file may take, and how long nothing may come of it."""

HOPS = 3
SLACK_HOST = "slack.com"
FILE_HOSTS = frozenset({"files.slack.com", "files-origin.slack.com"})
"""Where Slack keeps files. In an Enterprise organisation the first leads on to the second."""

_LEADS_ON = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({"file_not_found", "file_deleted"})
_OF_THE_APP = frozenset(
    {
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "org_login_required",
        "team_access_not_granted",
    }
)
"""What is wrong with what the app may do at all. Somebody can mend it, and the doctor tells of it."""

Call = Callable[..., Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file as Slack tells of it: `size` in bytes, and `url`, empty where Slack has none of it to give."""

    id: str
    name: str
    size: int
    url: str

    @staticmethod
    def of(told: Mapping[str, Any]) -> SlackFile:
        """The file of a file object."""
        hosted = not told.get("is_external") and told.get("mode") not in ("external", "tombstone")
        url = str(told.get("url_private_download") or told.get("url_private") or "") if hosted else ""
        name = str(told.get("name") or told.get("title") or "")
        return SlackFile(str(told["id"]), name, int(told.get("size") or 0), url)


@dataclass(slots=True)
class Cleared:
    """What came of taking files out of Slack: their ids, where it need not be asked for again.

    Of those `kept` stay there, for they are only their owners' to delete.
    """

    done: list[str] = field(default_factory=list)
    kept: int = 0


class SlackFiles:
    """The calls. Every one raises Permanent or Temporary, and nothing else, when it fails."""

    def __init__(
        self, call: Call, session: Callable[[], aiohttp.ClientSession], token: str, base_url: str
    ) -> None:
        self._call = call
        self._session = session
        self._token = token
        self._api = URL(base_url)

    async def known(self, told: Mapping[str, Any]) -> SlackFile:
        """The file of a file object; Slack is asked where the object says no more than that it may be.

        Permanent `file_not_found` or `file_deleted` where there is none for us.
        """
        if told.get("file_access") == "check_file_info" or told.get("mode") == "file_access":
            told = (await self._call("files.info", file=str(told["id"])))["file"]
        return SlackFile.of(told)

    async def fetch(self, file: SlackFile, most: int) -> AsyncGenerator[bytes, None]:
        """The file in pieces.

        Permanent `file_too_large` above `most` bytes, `file_elsewhere` for one that Slack does not keep, and
        `file_withheld` where it gives something else.
        """
        size = 0
        try:
            async with self._opened(file) as answer:
                if (answer.content_length or 0) > most:
                    raise Permanent("file_too_large")
                async for chunk in answer.content.iter_chunked(CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise Permanent("file_too_large")
                    yield chunk
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise Temporary("slack_down") from None

    async def delete(self, file_id: str) -> bool:
        """Take the file out of Slack. False where that is not for us: most files are only their owners' to delete.

        Permanent where the app may delete no file at all until somebody mends that.
        """
        try:
            await self._call("files.delete", file=file_id)
        except Permanent as refused:
            if refused.trouble in _OF_THE_APP:
                raise
            return refused.trouble in _GONE
        return True

    async def clear(self, file_ids: Iterable[str], patience: int = 1) -> Cleared:
        """Take the files out of Slack. One that cannot be had now does not hold up the others.

        The rest is left for another time after so many failures in a row, and where what failed holds for all.
        """
        cleared, failures = Cleared(), 0
        for file_id in file_ids:
            try:
                cleared.kept += not await self.delete(file_id)
            except Permanent as failed:
                log.warning("slack_not_cleared", trouble=failed.trouble)
                break
            except Temporary as failed:
                log.info("slack_not_cleared", trouble=failed.trouble)
                failures += 1
                if failures >= patience or failed.trouble != "slack_down":
                    break
            else:
                failures = 0
                cleared.done.append(file_id)
        return cleared

    @asynccontextmanager
    async def _opened(self, file: SlackFile) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer that holds the file. What leads elsewhere than to Slack's files is not followed."""
        url = _parsed(file.url)
        if not may_be_shown_token(url, self._api):
            raise Permanent("file_elsewhere")
        for _ in range(HOPS):
            async with self._session().get(
                url,
                headers={"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS, sock_read=QUIET_SECONDS),
            ) as answer:
                if answer.status not in _LEADS_ON:
                    _refuse(answer)
                    yield answer
                    return
                url = url.join(_parsed(answer.headers.get("Location", "")))
            if not may_be_shown_token(url, self._api):
                break
        raise Permanent("file_withheld")


def may_be_shown_token(url: URL, api: URL) -> bool:
    """Whether files are kept there: on Slack's own hosts for them, or at the very place of what stands in for Slack."""
    if url.user is not None or url.password is not None:
        return False
    host = api.host or ""
    if host == SLACK_HOST or host.endswith(f".{SLACK_HOST}"):
        return (url.scheme, url.port) == ("https", 443) and url.host in FILE_HOSTS
    return (url.scheme, url.host, url.port) == (api.scheme, api.host, api.port)


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        return URL()


def _refuse(answer: aiohttp.ClientResponse) -> None:
    """Whoever may not have a file is shown a page to sign in on, as if all were well."""
    if answer.status == 429 or answer.status >= 500:
        raise Temporary(
            "slack_down", retry_after=retry_after(answer.headers) if answer.status == 429 else None
        )
    if answer.status != 200 or answer.content_type == "text/html":
        raise Permanent("file_withheld")
