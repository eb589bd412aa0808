"""Models of Slack's payloads, as far as they are read here. Each request is parsed once, where it is received."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictStr,
    ValidationError,
    model_validator,
)

from bot.blocks.view_ids import ViewIds, decode_view_ids

MAX_METADATA_LENGTH = 3_000
"""Characters that Slack accepts in private_metadata."""

MAX_BLOCKS, MAX_ELEMENTS, MAX_OPTIONS = 200, 50, 200
"""Blocks of a view, elements of a block and chosen options of an element: twice what Slack accepts."""


def _validate_date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _validate_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("has signs that no id has")
    return value


def _parse_metadata(value: Any) -> ViewIds:
    """The metadata that `block_kit.view.modal` wrote; empty for views of others."""
    if not isinstance(value, str) or len(value) > MAX_METADATA_LENGTH:
        raise ValueError("is no text of that length")
    return decode_view_ids(value)


Identifier = Annotated[StrictStr, Field(min_length=1, max_length=255), AfterValidator(_validate_printable)]
SlackId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""The id of a person, a workspace or a channel. Restricted, since ids are logged."""

Text = Annotated[StrictStr, Field(max_length=100_000)]
Url = Annotated[StrictStr, Field(max_length=3_000)]
IsoDate = Annotated[StrictStr, AfterValidator(_validate_date)]


class _Model(BaseModel):
    """A model that ignores unknown fields, which Slack may add, and is strict about those it has."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class _WithId(_Model):
    id: SlackId


class _User(_WithId):
    team_id: SlackId | None = None


class _Option(_Model):
    value: Text = ""


class _ElementState(_Model):
    """The state of one element: a typed or chosen value."""

    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: Annotated[list[_Option], Field(max_length=MAX_OPTIONS)] | None = None
    selected_date: IsoDate | None = None


class ActionPayload(_ElementState):
    """The element that was pressed, or chosen in."""

    action_id: Identifier
    block_id: Identifier | None = None

    @property
    def chosen_value(self) -> str:
        """The value of the chosen option, or of the button; empty for none."""
        return (self.selected_option.value if self.selected_option is not None else "") or self.value or ""


Actions = Annotated[list[ActionPayload], Field(min_length=1, max_length=MAX_ELEMENTS)]

_BlockState = Annotated[dict[str, _ElementState], Field(max_length=MAX_ELEMENTS)]


class _ViewState(_Model):
    values: Annotated[dict[str, _BlockState], Field(max_length=MAX_BLOCKS)] = {}


class _Block(_Model):
    type: Identifier
    block_id: Identifier | None = None


class ViewPayload(_Model):
    """A view with its state. `as_sent` is the whole view, for its form's reader and for showing it again.

    `metadata` is that which it was rendered with.
    """

    id: SlackId
    type: Identifier
    callback_id: Annotated[StrictStr, Field(max_length=255)] = ""
    hash: Identifier | None = None
    metadata: Annotated[ViewIds, PlainValidator(_parse_metadata)] = Field(ViewIds(), alias="private_metadata")
    previous_view_id: Identifier | None = None
    blocks: Annotated[list[_Block], Field(max_length=MAX_BLOCKS)] = []
    state: _ViewState | None = None
    as_sent: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _keep(cls, view: Any) -> Any:
        return {**view, "as_sent": view} if isinstance(view, dict) else view


class _Edited(_Model):
    ts: Identifier


class MessagePayload(_Model):
    """A message, in a thread or not, of a person or a program."""

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
    """Where an element stands. A message that only one person sees is ephemeral, and is not sent with the press."""

    message_ts: Identifier | None = None
    thread_ts: Identifier | None = None
    is_ephemeral: bool = False


class Interaction(_Model):
    """An action of a person on something that the bot has rendered."""

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
    actions: Actions | None = None


class BlockActions(Interaction):
    """A press on a button, or a choice."""

    type: Literal["block_actions"]
    trigger_id: Identifier
    actions: Actions


class BlockSuggestion(Interaction):
    """Text typed in a field with suggestions."""

    type: Literal["block_suggestion"]
    action_id: Identifier


class _ShownView(ViewPayload):
    """A view with its hash, which identifies one displayed version of a form."""

    hash: Identifier


class ViewSubmission(Interaction):
    """A submitted form."""

    type: Literal["view_submission"]
    view: _ShownView


class GlobalShortcut(Interaction):
    """A global shortcut."""

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
    """A closed view, or an interaction of an unknown type."""

    view: ViewPayload


class SlashCommand(_Model):
    """`/arende ta 123`: `text` is what follows the command."""

    command: Identifier
    user_id: SlackId
    team_id: SlackId
    text: Text = ""
    trigger_id: Identifier
    response_url: Url | None = None


class MessageEvent(MessagePayload):
    """An event about a message: a new one is the event itself, a changed or deleted one is nested in it."""

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
    """Any other event."""

    type: Identifier


EVENT_MODELS: Mapping[str, type[_Model]] = {
    "message": MessageEvent,
    "app_home_opened": HomeOpenedEvent,
    "member_joined_channel": MemberJoinedEvent,
}
"""The models of events that are read, by type."""


def _parse_event(event: Any) -> _Model:
    other = OtherEvent.model_validate(event)
    return EVENT_MODELS[other.type].model_validate(event) if other.type in EVENT_MODELS else other


class EventCallback(_Model):
    """An event in the workspace."""

    team_id: SlackId
    event: Annotated[
        MessageEvent | HomeOpenedEvent | MemberJoinedEvent | OtherEvent, BeforeValidator(_parse_event)
    ]


class Handshake(_Model):
    """A request that Bolt answers itself: a URL verification, or a notice that events are rate limited."""

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
    """Parse a request's body. Raises pydantic's ValidationError for what Slack does not send."""
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
    """Parse a message from Slack's API; None where it is not as expected."""
    try:
        return MessagePayload.model_validate(message)
    except ValidationError:
        return None
