"""A request of a person in Slack: who they are, and what they pressed, chose, typed or submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks.values import EACH_BLOCK, CaseInList, CaseRef, InvalidValue, MenuChoice, decode_case
from bot.blocks.view_ids import ViewIds
from bot.domain.views import ListPosition
from bot.handlers.request.idempotency_key import make_idempotency_key
from bot.handlers.request.payload import (
    EventCallback,
    HomeOpenedEvent,
    Interaction,
    MessagePayload,
    Payload,
    SlashCommand,
    ViewPayload,
    ViewSubmission,
)

NO_VIEW = ViewPayload.model_validate({"id": "none", "type": "none"})
"""The view of requests that were not made in one."""

DIRECT_CHANNEL = "D"
"""The first letter of the id of a conversation between one person and the bot."""


@dataclass(frozen=True, slots=True)
class SlackRequest:
    """A request, whatever its kind; fields that its kind lacks are empty.

    `team_id` is the person's workspace according to the request. `value` is that of the button or the chosen option,
    `text` what was typed after a command, or in a field with suggestions. `is_in_private_message`: it was made in a
    message that only the person sees; `keeps_question`: in one whose other buttons are to be pressed too.
    `idempotency_key` is the same for a repeat.
    """

    user_id: str
    team_id: str
    idempotency_key: str = ""
    trigger_id: str = ""
    response_url: str = ""
    thread_ts: str = ""
    is_in_private_message: bool = False
    keeps_question: bool = False
    view: ViewPayload = NO_VIEW
    is_submission: bool = False
    action_id: str = ""
    value: str = ""
    command: str = ""
    text: str = ""
    message: MessagePayload | None = None
    channel_id: str = ""
    opened_tab: str = ""

    @property
    def is_in_view(self) -> bool:
        return self.view is not NO_VIEW

    @property
    def is_on_card(self) -> bool:
        """Whether it was made in a message of a channel, which is redrawn when its case changes.

        Private messages, lines of threads and those of the person's conversation with the bot are not.
        """
        is_direct = self.channel_id.startswith(DIRECT_CHANNEL)
        return self.message is not None and not (self.is_in_private_message or self.thread_ts or is_direct)

    @property
    def form(self) -> Mapping[str, Any]:
        """The view as Slack sent it, for the reader of its form."""
        return self.view.as_sent

    @property
    def metadata(self) -> ViewIds:
        """The metadata that the view was rendered with."""
        return self.view.metadata

    @property
    def action_argument(self) -> str:
        """The last part of the action's id: `mine` of `home:tab:mine`."""
        return self.action_id.rpartition(":")[2]

    @property
    def target(self) -> CaseRef | CaseInList | MenuChoice:
        """The case of the button. Raises InvalidValue."""
        return decode_case(self.value)

    @property
    def list_position(self) -> ListPosition | None:
        """The place in its list of the case whose button was pressed. Raises InvalidValue."""
        target = self.target
        return target.position if isinstance(target, CaseInList) else None

    @property
    def case_id(self) -> str:
        """The id of the case in the view's metadata or the button's value; empty where there is none."""
        if "case" in self.metadata:
            return str(self.metadata["case"])
        try:
            return self.target.case_id
        except InvalidValue:
            return ""

    @property
    def is_in_app_home(self) -> bool:
        """Whether it was made in App Home, where responses can only be modals."""
        return self.view.type == "home"

    @property
    def is_from_app_home(self) -> bool:
        """Whether it was made in App Home, or in a modal that was opened from there."""
        return self.is_in_app_home or bool(self.metadata.get("home"))


def request_of(payload: Payload) -> SlackRequest:
    """The request of a payload."""
    match payload:
        case SlashCommand():
            return SlackRequest(
                user_id=payload.user_id,
                team_id=payload.team_id,
                idempotency_key=make_idempotency_key(payload),
                trigger_id=payload.trigger_id,
                response_url=payload.response_url or "",
                command=payload.command,
                text=payload.text,
            )
        case Interaction():
            return _request_of_interaction(payload)
        case EventCallback(event=HomeOpenedEvent() as event):
            return SlackRequest(event.user, payload.team_id, opened_tab=event.tab or "")
        case _:
            raise TypeError(f"nobody asks for anything by a {type(payload).__name__}")


def _request_of_interaction(payload: Interaction) -> SlackRequest:
    action = payload.actions[0] if payload.actions else None
    container = payload.container
    return SlackRequest(
        user_id=payload.user.id,
        team_id=payload.user.team_id or (payload.team.id if payload.team is not None else ""),
        idempotency_key=make_idempotency_key(payload),
        trigger_id=payload.trigger_id or "",
        response_url=payload.response_url or "",
        thread_ts=(container.thread_ts or "") if container is not None else "",
        is_in_private_message=container is not None and container.is_ephemeral,
        keeps_question=action is not None and (action.block_id or "").startswith(EACH_BLOCK),
        view=payload.view or NO_VIEW,
        is_submission=isinstance(payload, ViewSubmission),
        action_id=action.action_id if action is not None else payload.action_id or "",
        value=action.chosen_value if action is not None else "",
        text=payload.value or "",
        message=payload.message,
        channel_id=payload.channel.id if payload.channel is not None else "",
    )
