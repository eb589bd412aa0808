"""What a person asked for, in Slack: who they are, and what they pressed, chose, typed or submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks.values import CaseInList, CaseRef, InvalidValue, MenuChoice, decode_case
from bot.domain.views import ListPosition
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
"""Stands for the view of what was done in none."""


@dataclass(frozen=True, slots=True)
class SlackRequest:
    """What was asked. What its kind does not have is empty.

    `team_id` is the workspace the person belongs to, as the request says. `value` is that of the button, or of the
    option that was chosen; `text` what was typed after a command, or in the field that suggests. `idempotency_key` is
    what its repeat is known by.
    """

    user_id: str
    team_id: str
    idempotency_key: str = ""
    trigger_id: str = ""
    response_url: str = ""
    thread_ts: str = ""
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
    def form(self) -> Mapping[str, Any]:
        """The view as Slack sent it, to be read by the form that drew it."""
        return self.view.as_sent

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The ids the view was drawn with."""
        return self.view.metadata

    @property
    def action_argument(self) -> str:
        """What the last part of the action's id says: `mine` of `home:tab:mine`."""
        return self.action_id.rpartition(":")[2]

    @property
    def target(self) -> CaseRef | CaseInList | MenuChoice:
        """The case the button is about. InvalidValue."""
        return decode_case(self.value)

    @property
    def list_position(self) -> ListPosition | None:
        """Where in which list the case stands whose button was pressed. InvalidValue."""
        target = self.target
        return target.position if isinstance(target, CaseInList) else None

    @property
    def case_id(self) -> str:
        """The case it is about as far as it says so itself, by its view or its button; empty where it does not."""
        if "case" in self.metadata:
            return str(self.metadata["case"])
        try:
            return self.target.case_id
        except InvalidValue:
            return ""

    @property
    def is_in_app_home(self) -> bool:
        """Whether it was done in App Home, above which modals open but into which nothing else is drawn."""
        return self.view.type == "home"

    @property
    def is_from_app_home(self) -> bool:
        """Whether it was done in App Home, or in a modal that was opened from there."""
        return self.is_in_app_home or bool(self.metadata.get("home"))


def request_of(payload: Payload) -> SlackRequest:
    """What was asked, of what Slack sent."""
    match payload:
        case SlashCommand():
            return SlackRequest(
                user_id=payload.user_id,
                team_id=payload.team_id,
                idempotency_key=f"slack:{payload.trigger_id}",
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
    return SlackRequest(
        user_id=payload.user.id,
        team_id=payload.user.team_id or (payload.team.id if payload.team is not None else ""),
        idempotency_key=_make_idempotency_key(payload),
        trigger_id=payload.trigger_id or "",
        response_url=payload.response_url or "",
        thread_ts=(payload.container.thread_ts or "") if payload.container is not None else "",
        view=payload.view or NO_VIEW,
        is_submission=isinstance(payload, ViewSubmission),
        action_id=action.action_id if action is not None else payload.action_id or "",
        value=action.chosen_value if action is not None else "",
        text=payload.value or "",
        message=payload.message,
        channel_id=payload.channel.id if payload.channel is not None else "",
    )


def _make_idempotency_key(payload: Interaction) -> str:
    """A form is submitted once as it was shown; every other interaction has a trigger of its own."""
    if isinstance(payload, ViewSubmission):
        return f"slack:{payload.view.id}:{payload.view.hash}"
    return f"slack:{payload.trigger_id}" if payload.trigger_id else ""
