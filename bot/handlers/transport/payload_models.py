"""What a request of Slack's must look like, as far as anything here reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, ValidationError

MAX_DEPTH = 60
"""How deep lists and objects may lie in each other; Slack's own stay below twenty."""


def _validate_date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _validate_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has signs that no id has")
    return value


def _validate_metadata(value: str) -> str:
    """What `blocks.view.modal` wrote, or what others have in their views."""
    if value and not isinstance(json.loads(value), dict):
        raise ValueError("is no object")
    return value


Identifier = Annotated[StrictStr, Field(min_length=1, max_length=255), AfterValidator(_validate_printable)]
SlackId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A person's, a workspace's or a channel's id: they are logged."""

Text = Annotated[StrictStr, Field(max_length=100_000)]
IsoDate = Annotated[StrictStr, AfterValidator(_validate_date)]


class _Payload(BaseModel):
    """Slack adds fields whenever it likes; those that are read here are of the type they are read as."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _WithId(_Payload):
    id: SlackId


class _User(_WithId):
    team_id: SlackId | None = None


class _Option(_Payload):
    value: Text = ""


class _ElementState(_Payload):
    """What stands in one element: typed, or chosen."""

    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_date: IsoDate | None = None


class _Action(_ElementState):
    action_id: Identifier
    block_id: Identifier | None = None
    action_ts: Identifier | None = None


class _ViewState(_Payload):
    values: dict[str, dict[str, _ElementState]] = {}


class _Block(_Payload):
    type: Identifier
    block_id: Identifier | None = None


class _View(_WithId):
    type: Identifier
    callback_id: Annotated[StrictStr, Field(max_length=255)] = ""
    hash: Identifier | None = None
    private_metadata: Annotated[StrictStr, Field(max_length=3_000), AfterValidator(_validate_metadata)] = ""
    previous_view_id: Identifier | None = None
    blocks: list[_Block] = []
    state: _ViewState | None = None


class _Edited(_Payload):
    ts: Identifier


class _Message(_Payload):
    """A message, in a thread or not; who wrote it may be a program."""

    ts: Identifier
    thread_ts: Identifier | None = None
    user: SlackId | None = None
    team: SlackId | None = None
    user_team: SlackId | None = None
    text: Text | None = None
    subtype: Identifier | None = None
    edited: _Edited | None = None
    files: list[dict[str, Any]] | None = None


class _Container(_Payload):
    message_ts: Identifier | None = None
    thread_ts: Identifier | None = None


class _Interaction(_Payload):
    """A press, a submitted form, a shortcut, or what is typed in a field that suggests."""

    type: Identifier
    user: _User
    team: _WithId | None = None
    trigger_id: Identifier | None = None
    view: _View | None = None
    container: _Container | None = None
    channel: _WithId | None = None
    message: _Message | None = None
    response_url: Annotated[StrictStr, Field(max_length=3_000)] | None = None
    callback_id: Identifier | None = None
    action_id: Identifier | None = None
    value: Text | None = None
    actions: Annotated[list[_Action], Field(min_length=1)] | None = None


class _SlashCommand(_Payload):
    command: Identifier
    user_id: SlackId
    team_id: SlackId
    text: Text = ""
    trigger_id: Identifier
    response_url: Annotated[StrictStr, Field(max_length=3_000)] | None = None


class _MessageEvent(_Message):
    """A message told of: a new one stands there itself, a changed or deleted one in it."""

    channel: SlackId
    message: _Message | None = None
    previous_message: _Message | None = None
    deleted_ts: Identifier | None = None


class _HomeOpenedEvent(_Payload):
    user: SlackId


class _MemberJoinedEvent(_Payload):
    user: SlackId
    channel: SlackId


class _AnyEvent(_Payload):
    """Any event; Slack has some hundred kinds, of which few are read."""

    type: Identifier


class _EventCallback(_Payload):
    team_id: SlackId
    event: _AnyEvent


_EVENT_MODELS: Mapping[str, type[BaseModel]] = {
    "message": _MessageEvent,
    "app_home_opened": _HomeOpenedEvent,
    "member_joined_channel": _MemberJoinedEvent,
}
"""What is read of some events."""

_REQUIRED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "block_actions": ("actions", "trigger_id"),
    "block_suggestion": ("action_id",),
    "view_submission": ("view",),
    "view_closed": ("view",),
    "shortcut": ("callback_id", "trigger_id"),
    "message_action": ("callback_id", "trigger_id", "message", "channel"),
}
"""What each kind of interaction cannot be without."""


def is_valid(body: Mapping[str, Any]) -> bool:
    """Whether the request is one that Slack can have meant."""
    try:
        if body.get("type") in ("url_verification", "app_rate_limited"):
            return True
        if "command" in body:
            return bool(_SlashCommand.model_validate(body))
        if "event" in body:
            event_type = _EventCallback.model_validate(body).event.type
            return bool(_EVENT_MODELS.get(event_type, _AnyEvent).model_validate(body["event"]))
        return _has_required_fields(_Interaction.model_validate(body))
    except ValidationError:
        return False


def _has_required_fields(interaction: _Interaction) -> bool:
    missing = [
        name
        for name in _REQUIRED_FIELDS.get(interaction.type, ("view",))
        if getattr(interaction, name) is None
    ]
    # A form is known again by the hash it was shown with.
    return not missing and (
        interaction.type != "view_submission"
        or (interaction.view is not None and interaction.view.hash is not None)
    )


def is_within_depth(value: Any, max_depth: int = MAX_DEPTH) -> bool:
    """Whether nothing lies deeper in it than that."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return max_depth > 0 and all(is_within_depth(one, max_depth - 1) for one in inner)
