"""A person in the workspace, for tests."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.actions import ActionContext, act
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.snapshot import full_message, full_view
from sandbox.town.forms import view_json

WAIT_SECONDS = 60.0
"""The timeout of waits, long enough for a busy machine."""

T = TypeVar("T")


def upload(name: str, data: bytes, **more: str) -> Json:
    """A file as `say` and the value of a `file_input` take it; `mimetype` where the name does not say it."""
    return {"name": name, "data": base64.b64encode(data).decode(), **more}


class Person:
    """Performs a person's actions. Raises Unfit for what Slack does not allow."""

    def __init__(self, shared: SharedState, user: str) -> None:
        self._stage = shared
        self._context = ActionContext(shared)
        self.id = user
        self.last: Json = {}

    async def do(self, name: str, /, **payload: Any) -> Json:
        self.last = await act(self._context, name, {"user": self.id, **payload})
        return self.last

    # --- acts ---

    async def press(
        self, channel: str, ts: str, action_id: str, value: Any = None, block_id: str | None = None
    ) -> Json:
        """Presses a button in a message, or chooses `value` in a menu there."""
        return await self.do(
            "press", channel=channel, ts=ts, action_id=action_id, value=value, block_id=block_id
        )

    async def press_in_view(self, action_id: str, value: Any = None, block_id: str | None = None) -> Json:
        """The same in the view on top."""
        return await self.do("press", action_id=action_id, value=value, block_id=block_id)

    async def press_at_home(self, action_id: str, block_id: str | None = None, value: Any = None) -> Json:
        """The same in App Home."""
        home = self._stage.workspace.homes[self.id].id
        return await self.do("press", view_id=home, action_id=action_id, block_id=block_id, value=value)

    async def slash(self, channel: str, command: str, text: str = "") -> Json:
        return await self.do("slash", channel=channel, command=command, text=text)

    async def fill(self, values: Json) -> Json:
        return await self.do("fill", values=values)

    async def submit(self, values: Json | None = None) -> Json:
        return await self.do("submit", values=values)

    async def fill_and_submit(self, values: Json) -> Json:
        """Values by block_id (a "#n" at its end may be left out); errors are in the answer and in `errors`."""
        return await self.submit(values)

    async def close(self, all: bool = False) -> Json:
        return await self.do("close", all=all)

    async def say(
        self, channel: str, text: str, thread_ts: str | None = None, files: list[Json] | None = None
    ) -> str:
        """Writes, and answers the message's ts; `files` as `upload` makes them."""
        payload = await self.do("say", channel=channel, text=text, thread_ts=thread_ts, files=files)
        return str(payload["ts"])

    async def edit(self, channel: str, ts: str, text: str) -> Json:
        return await self.do("edit", channel=channel, ts=ts, text=text)

    async def delete(self, channel: str, ts: str) -> Json:
        return await self.do("delete", channel=channel, ts=ts)

    async def shortcut(self, callback_id: str, channel: str | None = None, ts: str | None = None) -> Json:
        return await self.do("shortcut", callback_id=callback_id, channel=channel, ts=ts)

    async def suggest(
        self, action_id: str, query: str, block_id: str | None = None, **place: Any
    ) -> list[Json]:
        """Types in an external select of the view on top, or of a message by channel= and ts=."""
        payload = await self.do("suggest", action_id=action_id, query=query, block_id=block_id, **place)
        return list(payload["options"])

    async def suggest_at_home(self, action_id: str, query: str) -> list[Json]:
        """The same in App Home."""
        return await self.suggest(action_id, query, view_id=self._stage.workspace.homes[self.id].id)

    async def open_home(self) -> Json:
        return await self.do("home")

    async def open_dm(self) -> str:
        return str((await self.do("dm"))["channel"])

    # --- what they see ---

    @property
    def view(self) -> Json | None:
        """The view on top, or None."""
        stack = self.views
        return stack[-1] if stack else None

    @property
    def views(self) -> list[Json]:
        return [full_view(self._stage, view) for view in self._stage.workspace.stacks.get(self.id, [])]

    @property
    def errors(self) -> dict[str, str]:
        """What stands beneath the fields of the view on top."""
        view = self.view
        return dict(view["errors"]) if view else {}

    @property
    def home(self) -> Json | None:
        home = self._stage.workspace.homes.get(self.id)
        return view_json(home, self._stage.workspace) if home else None

    def sees(self, channel: str) -> list[Json]:
        """Messages of a channel, threads included, and one's own ephemerals, in order."""
        place = self._stage.workspace.channels[channel]
        if self.id not in place.members:
            return []
        own = [message for message in place.ephemerals if message.ephemeral_to == self.id]
        found = sorted([*place.messages.values(), *own], key=lambda message: float(message.ts))
        return [full_message(self._stage, message) for message in found]

    def ephemerals(self, channel: str | None = None) -> list[Json]:
        places = (
            [self._stage.workspace.channels[channel]] if channel else self._stage.workspace.channels.values()
        )
        return [
            full_message(self._stage, message)
            for place in places
            for message in place.ephemerals
            if message.ephemeral_to == self.id
        ]

    def thread(self, channel: str, ts: str) -> list[Json]:
        return [
            message
            for message in self.sees(channel)
            if message.get("thread_ts") == ts and message["ts"] != ts
        ]

    def dm(self) -> list[Json]:
        """What stands in the direct conversation with the bot."""
        channel = self._stage.workspace.im_between(self.id, self._stage.workspace.app.bot_user)
        return self.sees(channel.id) if channel else []

    async def wait_until(self, predicate: Callable[[], T], seconds: float = WAIT_SECONDS) -> T:
        """The predicate's first true value; TimeoutError when there is none in time."""
        async with asyncio.timeout(seconds):
            while True:
                version = self._stage.feed.version
                found = predicate()
                if found:
                    return found
                await self._stage.feed.after(version, 0.05)
