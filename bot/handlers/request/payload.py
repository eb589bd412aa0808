"""What Slack sends, as far as anything here reads it: parsed once, at the door, and handed on as it was parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    model_validator,
)

MAX_METADATA_LENGTH = 3_000
"""Characters that Slack takes in private_metadata."""


def _validate_date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _validate_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has signs that no id has")
    return value


def _parse_metadata(value: Any) -> dict[str, Any]:
    """What `block_kit.view.modal` wrote, or what others have in their views."""
    if not isinstance(value, str) or len(value) > MAX_METADATA_LENGTH:
        raise ValueError("is no text of that length")
    metadata = json.loads(value) if value else {}
    if not isinstance(metadata, dict):
        raise ValueError("is no object")
    return metadata


Identifier = Annotated[StrictStr, Field(min_length=1, max_length=255), AfterValidator(_validate_printable)]
SlackId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A person's, a workspace's or a channel's id: they are logged."""

Text = Annotated[StrictStr, Field(max_length=100_000)]
Url = Annotated[StrictStr, Field(max_length=3_000)]
IsoDate = Annotated[StrictStr, AfterValidator(_validate_date)]


class _Model(BaseModel):
    """Slack adds fields whenever it likes; those that are read here are of the type they are read as."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class _WithId(_Model):
    id: SlackId


class _User(_WithId):
    team_id: SlackId | None = None


class _Option(_Model):
    value: Text = ""


class _ElementState(_Model):
    """What stands in one element: typed, or chosen."""

    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_date: IsoDate | None = None


class ActionPayload(_ElementState):
    """What was pressed, or chosen."""

    action_id: Identifier
    block_id: Identifier | None = None

    @property
    def chosen_value(self) -> str:
        """The value of the option that was chosen, or of the button; empty for none."""
        return (self.selected_option.value if self.selected_option is not None else "") or self.value or ""


class _ViewState(_Model):
    values: dict[str, dict[str, _ElementState]] = {}


class _Block(_Model):
    type: Identifier
    block_id: Identifier | None = None


class ViewPayload(_Model):
    """A view with what stands in it. `as_sent` is all of it, to be read by its form and drawn again.

    `metadata` are the ids it was drawn with.
    """

    id: SlackId
    type: Identifier
    callback_id: Annotated[StrictStr, Field(max_length=255)] = ""
    hash: Identifier | None = None
    metadata: Annotated[dict[str, Any], BeforeValidator(_parse_metadata)] = Field(
        {}, alias="private_metadata"
    )
    previous_view_id: Identifier | None = None
    blocks: list[_Block] = []
    state: _ViewState | None = None
    as_sent: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _keep(cls, view: Any) -> Any:
        return {**view, "as_sent": view} if isinstance(view, dict) else view


class _Edited(_Model):
    ts: Identifier


class MessagePayload(_Model):
    """A message, in a thread or not; who wrote it may be a program."""

    ts: Identifier
    thread_ts: Identifier | None = None
    user: SlackId | None = None
    bot_id: Identifier | None = None
    team: SlackId | None = None
    user_team: SlackId | None = None
    text: Text | None = None
    subtype: Identifier | None = None
    edited: _Edited | None = None
    files: list[dict[str, Any]] | None = None


class _Container(_Model):
    message_ts: Identifier | None = None
    thread_ts: Identifier | None = None


class Interaction(_Model):
    """Something that a person did with what the bot has drawn."""

    type: Identifier
    user: _User
    team: _WithId | None = None
    trigger_id: Identifier | None = None
    view: ViewPayload | None = None
    container: _Container | None = None
    channel: _WithId | None = None
    message: MessagePayload | None = None
    response_url: Url | None = None
    callback_id: Identifier | None = None
    action_id: Identifier | None = None
    value: Text | None = None
    actions: Annotated[list[ActionPayload], Field(min_length=1)] | None = None


class BlockActions(Interaction):
    """A button pressed, or something chosen."""

    type: Literal["block_actions"]
    trigger_id: Identifier
    actions: Annotated[list[ActionPayload], Field(min_length=1)]


class BlockSuggestion(Interaction):
    """What is typed in a field that suggests."""

    type: Literal["block_suggestion"]
    action_id: Identifier


class _ShownView(ViewPayload):
    """A form is known again by the hash it was shown with."""

    hash: Identifier


class ViewSubmission(Interaction):
    """A form submitted."""

    type: Literal["view_submission"]
    view: _ShownView


class GlobalShortcut(Interaction):
    """A shortcut from anywhere."""

    type: Literal["shortcut"]
    callback_id: Identifier
    trigger_id: Identifier


class MessageShortcut(Interaction):
    """A shortcut on a message."""

    type: Literal["message_action"]
    callback_id: Identifier
    trigger_id: Identifier
    message: MessagePayload
    channel: _WithId


class OtherInteraction(Interaction):
    """A view closed, or what Slack may think of."""

    view: ViewPayload


class SlashCommand(_Model):
    """`/arende ta 123`: `text` is what stands after the command."""

    command: Identifier
    user_id: SlackId
    team_id: SlackId
    text: Text = ""
    trigger_id: Identifier
    response_url: Url | None = None


class MessageEvent(MessagePayload):
    """A message told of: a new one stands there itself, a changed or deleted one in it."""

    channel: SlackId
    message: MessagePayload | None = None
    previous_message: MessagePayload | None = None
    deleted_ts: Identifier | None = None


class HomeOpenedEvent(_Model):
    """One of the app's tabs was opened: `home`, or `messages`."""

    user: SlackId
    tab: Identifier | None = None


class MemberJoinedEvent(_Model):
    user: SlackId
    channel: SlackId


class OtherEvent(_Model):
    """Any event; Slack has some hundred kinds, of which few are read."""

    type: Identifier


EVENT_MODELS: Mapping[str, type[_Model]] = {
    "message": MessageEvent,
    "app_home_opened": HomeOpenedEvent,
    "member_joined_channel": MemberJoinedEvent,
}
"""What is read of some events."""


def _parse_event(event: Any) -> _Model:
    other = OtherEvent.model_validate(event)
    return EVENT_MODELS[other.type].model_validate(event) if other.type in EVENT_MODELS else other


class EventCallback(_Model):
    """Something that happened in the workspace."""

    team_id: SlackId
    event: Annotated[
        MessageEvent | HomeOpenedEvent | MemberJoinedEvent | OtherEvent, BeforeValidator(_parse_event)
    ]


class Handshake(_Model):
    """What Bolt answers by itself: whether the address is ours, or that Slack has held events back."""

    type: Literal["url_verification", "app_rate_limited"]


Payload = SlashCommand | EventCallback | Interaction | Handshake

INTERACTION_MODELS: Mapping[str, type[Interaction]] = {
    "block_actions": BlockActions,
    "block_suggestion": BlockSuggestion,
    "view_submission": ViewSubmission,
    "shortcut": GlobalShortcut,
    "message_action": MessageShortcut,
}


def parse_payload(body: Mapping[str, Any]) -> Payload:
    """What was sent, as what it is. pydantic's ValidationError where Slack cannot have meant it."""
    kind = body.get("type")
    if kind in ("url_verification", "app_rate_limited"):
        return Handshake.model_validate(body)
    if "command" in body:
        return SlashCommand.model_validate(body)
    if "event" in body:
        return EventCallback.model_validate(body)
    model = INTERACTION_MODELS.get(kind) if isinstance(kind, str) else None
    return (model or OtherInteraction).model_validate(body)


def parse_message(message: Mapping[str, Any]) -> MessagePayload | None:
    """A message as Slack's API gives it; None for one that is none of those that are read here."""
    try:
        return MessagePayload.model_validate(message)
    except ValidationError:
        return None
