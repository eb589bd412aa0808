"""The context of a person's action: what they can reach, and the result that they see."""

from __future__ import annotations

from sandbox.inputs import Offered, Unfit
from sandbox.outbound.dispatch import Dispatch, Outcome
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import Channel, Message, User, View
from sandbox.town.forms import view_json


class ActionContext:
    """Finds what an action refers to. Raises Unfit where the person cannot reach it."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared
        self.workspace = shared.workspace
        self.dispatch = Dispatch(shared)
        self.offered: dict[tuple[str, str, str], Offered] = {}

    def user(self, payload: Json) -> User:
        user = self.workspace.users.get(str(payload.get("user")))
        if user is None or user.deleted or user.is_bot:
            raise Unfit("no such person")
        return user

    def administrator(self, payload: Json) -> User:
        user = self.user(payload)
        if not user.is_admin:
            raise Unfit("only administrators")
        return user

    def channel(self, user: User, payload: Json) -> Channel:
        channel = self.workspace.channels.get(str(payload.get("channel")))
        if channel is None or user.id not in channel.members:
            raise Unfit(f"{user.id} is not in {payload.get('channel')}")
        return channel

    def message(self, user: User, payload: Json) -> Message:
        channel = self.channel(user, payload)
        message = self.workspace.find(channel.id, str(payload.get("ts")))
        if message is None or message.tombstone or message.ephemeral_to not in (None, user.id):
            raise Unfit("no such message")
        return message

    def view(self, user: User, payload: Json) -> View:
        """The topmost view, or App Home; views below it cannot be reached."""
        stack = self.workspace.stacks.get(user.id) or []
        home = self.workspace.homes.get(user.id)
        view_id = payload.get("view_id") or (stack[-1].id if stack else None)
        view = next(
            (view for view in (stack[-1] if stack else None, home) if view and view.id == view_id), None
        )
        if view is None:
            raise Unfit("no such view is on top")
        return view

    def place(self, user: User, payload: Json) -> Message | View:
        return self.message(user, payload) if payload.get("ts") else self.view(user, payload)

    def offers(self, place: Message | View, block_id: str, action_id: str) -> Offered:
        where = place.id if isinstance(place, View) else place.ts
        while len(self.offered) > 500:
            self.offered.pop(next(iter(self.offered)))
        return self.offered.setdefault((where, block_id, action_id), {})

    def shown(self, user: User, outcome: Outcome | None = None) -> Json:
        """The response of the control API."""
        outcome = outcome or Outcome(0.0)
        stack = self.workspace.stacks.get(user.id) or []
        self.shared.changed()
        return {
            "ok": outcome.error is None,
            "ack_ms": outcome.ms,
            "error": outcome.error,
            "errors": outcome.errors,
            "options": outcome.options,
            "groups": outcome.groups,
            "warnings": outcome.warnings,
            "view": view_json(stack[-1], self.workspace) if stack else None,
        }
