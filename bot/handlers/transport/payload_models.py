"""What a request of Slack's must look like, as far as anything here reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, ValidationError

MOST_DEEP = 60
"""How deep lists and objects may lie in each other; Slack's own stay below twenty."""


def _day(given: str) -> str:
    date.fromisoformat(given)
    return given


def _printable(given: str) -> str:
    if not given.isprintable():
        raise ValueError("has signs that no id has")
    return given


def _ids(given: str) -> str:
    """What `blocks.view.modal` wrote, or what others have in their views."""
    if given and not isinstance(json.loads(given), dict):
        raise ValueError("is no object")
    return given


Id = Annotated[StrictStr, Field(min_length=1, max_length=255), AfterValidator(_printable)]
Account = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A person's, a workspace's or a channel's id: they are logged."""

Text = Annotated[StrictStr, Field(max_length=100_000)]
Day = Annotated[StrictStr, AfterValidator(_day)]


class _Shape(BaseModel):
    """Slack adds fields whenever it likes; those that are read here are of the type they are read as."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Named(_Shape):
    id: Account


class _User(_Named):
    team_id: Account | None = None


class _Option(_Shape):
    value: Text = ""


class _Entry(_Shape):
    """What stands in one element: typed, or chosen."""

    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_date: Day | None = None


class _Action(_Entry):
    action_id: Id
    block_id: Id | None = None
    action_ts: Id | None = None


class _State(_Shape):
    values: dict[str, dict[str, _Entry]] = {}


class _Block(_Shape):
    type: Id
    block_id: Id | None = None


class _View(_Named):
    type: Id
    callback_id: Annotated[StrictStr, Field(max_length=255)] = ""
    hash: Id | None = None
    private_metadata: Annotated[StrictStr, Field(max_length=3_000), AfterValidator(_ids)] = ""
    previous_view_id: Id | None = None
    blocks: list[_Block] = []
    state: _State | None = None


class _Edited(_Shape):
    ts: Id


class _Message(_Shape):
    """A message, in a thread or not; who wrote it may be a program."""

    ts: Id
    thread_ts: Id | None = None
    user: Account | None = None
    team: Account | None = None
    user_team: Account | None = None
    text: Text | None = None
    subtype: Id | None = None
    edited: _Edited | None = None
    files: list[dict[str, Any]] | None = None


class _Container(_Shape):
    message_ts: Id | None = None
    thread_ts: Id | None = None


class _Interaction(_Shape):
    """A press, a submitted form, a shortcut, or what is typed in a field that suggests."""

    type: Id
    user: _User
    team: _Named | None = None
    trigger_id: Id | None = None
    view: _View | None = None
    container: _Container | None = None
    channel: _Named | None = None
    message: _Message | None = None
    response_url: Annotated[StrictStr, Field(max_length=3_000)] | None = None
    callback_id: Id | None = None
    action_id: Id | None = None
    value: Text | None = None
    actions: Annotated[list[_Action], Field(min_length=1)] | None = None


class _Command(_Shape):
    command: Id
    user_id: Account
    team_id: Account
    text: Text = ""
    trigger_id: Id
    response_url: Annotated[StrictStr, Field(max_length=3_000)] | None = None


class _Said(_Message):
    """A message told of: a new one stands there itself, a changed or deleted one in it."""

    channel: Account
    message: _Message | None = None
    previous_message: _Message | None = None
    deleted_ts: Id | None = None


class _HomeOpened(_Shape):
    user: Account


class _Joined(_Shape):
    user: Account
    channel: Account


class _Told(_Shape):
    """Any event; Slack has some hundred kinds, of which few are read."""

    type: Id


class _Event(_Shape):
    team_id: Account
    event: _Told


_EVENTS: Mapping[str, type[BaseModel]] = {
    "message": _Said,
    "app_home_opened": _HomeOpened,
    "member_joined_channel": _Joined,
}
"""What is read of some events."""

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "block_actions": ("actions", "trigger_id"),
    "block_suggestion": ("action_id",),
    "view_submission": ("view",),
    "view_closed": ("view",),
    "shortcut": ("callback_id", "trigger_id"),
    "message_action": ("callback_id", "trigger_id", "message", "channel"),
}
"""What each kind of interaction cannot be without."""


def fits(body: Mapping[str, Any]) -> bool:
    """Whether the request is one that Slack can have meant."""
    try:
        if body.get("type") in ("url_verification", "app_rate_limited"):
            return True
        if "command" in body:
            return bool(_Command.model_validate(body))
        if "event" in body:
            told = _Event.model_validate(body).event.type
            return bool(_EVENTS.get(told, _Told).model_validate(body["event"]))
        return _is_whole(_Interaction.model_validate(body))
    except ValidationError:
        return False


def _is_whole(told: _Interaction) -> bool:
    lacking = [name for name in _NEEDS.get(told.type, ("view",)) if getattr(told, name) is None]
    # A form is known again by the hash it was shown with.
    return not lacking and (
        told.type != "view_submission" or (told.view is not None and told.view.hash is not None)
    )


def is_shallow(value: Any, most: int = MOST_DEEP) -> bool:
    """Whether nothing lies deeper in it than that."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return most > 0 and all(is_shallow(one, most - 1) for one in inner)
