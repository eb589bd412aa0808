"""What a method is: its handler, pace, scopes and arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.payload_schema import Fault, Json
from sandbox.shared_state import ApiError, SharedState
from sandbox.town.entities import Channel
from sandbox.town.workspace import Workspace


@dataclass(frozen=True)
class Call:
    shared: SharedState
    args: Json

    @property
    def workspace(self) -> Workspace:
        return self.shared.workspace


def as_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ApiError("invalid_arguments")
    return str(value)


def as_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "0": False, "false": False}
    if str(value).lower() not in words:
        raise ApiError("invalid_arguments")
    return words[str(value).lower()]


def as_whole(value: object) -> int:
    try:
        return int(as_text(value))
    except ValueError:
        raise ApiError("invalid_limit") from None


def as_json(value: object) -> object:
    """Objects arrive as JSON in a JSON body, and as a string of JSON in a form."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError("invalid_json") from None


READERS: Mapping[str, Callable[[object], object]] = {
    "text": as_text,
    "flag": as_flag,
    "whole": as_whole,
    "json": as_json,
}


@dataclass(frozen=True)
class Method:
    """`args` is written "name!" (must) "name" (may) "name:flag"; one of `scopes` is enough."""

    handler: Callable[[Call], Json]
    tier: str
    scopes: tuple[str, ...] = ()
    args: str = ""
    token: str = "bot"
    by_channel: bool = False
    must: frozenset[str] = field(init=False)
    readers: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        # slack_sdk sends its client's team_id with every call.
        words = [word.partition(":") for word in ["team_id", *self.args.split()]]
        object.__setattr__(self, "must", frozenset(name[:-1] for name, _, _ in words if name.endswith("!")))
        object.__setattr__(self, "readers", {name.rstrip("!"): kind or "text" for name, _, kind in words})

    def read(self, raw: Json) -> Json:
        """The arguments in their own types; anything Slack has no name for is refused."""
        unknown = sorted(set(raw) - set(self.readers))
        if unknown:
            raise refused_arguments([f"invalid additional argument: {name}" for name in unknown])
        missing = sorted(self.must - set(raw))
        if missing:
            raise refused_arguments([f"missing required field: {name}" for name in missing])
        return {name: READERS[self.readers[name]](value) for name, value in raw.items() if value is not None}


def refused_arguments(messages: list[str]) -> ApiError:
    return ApiError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {text}" for text in messages]}
    )


def refuse_faults(faults: list[Fault], code: str) -> None:
    """Slack's answer to a payload with faults: the error, and each fault with its pointer."""
    if faults:
        own = next((fault.code for fault in faults if fault.code), None)
        messages = [str(fault) for fault in faults]
        raise ApiError(
            own or code,
            errors=messages,
            response_metadata={"messages": [f"[ERROR] {message}" for message in messages]},
        )


def page(call: Call, items: list[Json], most: int = 1000, usual: int = 100) -> tuple[list[Json], Json]:
    """A slice of a list, and the cursor to the next."""
    limit = call.args.get("limit", usual)
    if not 1 <= limit <= most:
        raise ApiError("invalid_limit")
    cursor = call.args.get("cursor", "")
    if cursor and not cursor.removeprefix("next:").isdigit():
        raise ApiError("invalid_cursor")
    start = int(cursor.removeprefix("next:")) if cursor else 0
    more = start + limit < len(items)
    return items[start : start + limit], {"next_cursor": f"next:{start + limit}" if more else ""}


def seen_channel(call: Call) -> Channel:
    """The conversation, if the bot can know of it: private ones only as a member."""
    channel = call.workspace.channels.get(call.args["channel"])
    if channel is None or (channel.is_private and call.workspace.app.bot_user not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def joined_channel(call: Call) -> Channel:
    channel = seen_channel(call)
    if call.workspace.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    return channel
