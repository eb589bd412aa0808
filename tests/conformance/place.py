"""A workspace, and what the tests have left in it."""

from __future__ import annotations

from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.server import Sandbox

Json = dict[str, Any]


class Place:
    """The client, the channel and the person to try with; takes away what it has posted."""

    def __init__(
        self,
        client: AsyncWebClient,
        channel: str,
        reader: str,
        app_token: str,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.client, self.channel, self.reader, self.app_token = client, channel, reader, app_token
        self.sandbox = sandbox
        self._posted: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Replies before what they answer: a message whose thread is not empty leaves a tombstone.
        for ts in reversed(self._posted):
            await self._gone(ts)

    async def _gone(self, ts: str) -> None:
        try:
            await self.client.chat_delete(channel=self.channel, ts=ts)
        except SlackApiError as refused:
            assert refused.response["error"] == "message_not_found"

    async def post(self, text: str = "Prov av gränssnittet", **more: Any) -> str:
        """The ts of a new message."""
        result = await self.client.chat_postMessage(channel=self.channel, text=text, **more)
        self._posted.append(str(result["ts"]))
        return self._posted[-1]

    async def update(self, ts: str, **more: Any) -> Json:
        return dict((await self.client.chat_update(channel=self.channel, ts=ts, **more)).data)  # type: ignore[arg-type]

    async def delete(self, ts: str) -> None:
        await self.client.chat_delete(channel=self.channel, ts=ts)

    async def read(self, ts: str, **more: Any) -> Json:
        """The message as the channel's history has it; empty where it is not."""
        result = await self.client.conversations_history(
            channel=self.channel, oldest=ts, latest=ts, inclusive=True, limit=1, **more
        )
        return next((message for message in result["messages"] if message["ts"] == ts), {})

    async def thread(self, ts: str, **more: Any) -> list[Json]:
        return list(
            (await self.client.conversations_replies(channel=self.channel, ts=ts, **more))["messages"]
        )


async def refusal(call: Awaitable[Any]) -> Any:
    """What a call is refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def error(call: Awaitable[Any]) -> str:
    return str((await refusal(call))["error"])
