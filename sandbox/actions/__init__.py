"""What a person can do, each only where Slack would let them, by the names the control API gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.actions import administration, channels, interactions, messages, modals
from sandbox.actions.action_context import ActionContext
from sandbox.inputs import Unfit
from sandbox.payload_schema import Json

__all__ = ["ACTIONS", "ActionContext", "act"]

ACTIONS: Mapping[str, Callable[[ActionContext, Json], Awaitable[Json]]] = {
    **interactions.ACTIONS,
    **modals.ACTIONS,
    **messages.ACTIONS,
    **channels.ACTIONS,
    **administration.ACTIONS,
}


async def act(context: ActionContext, name: str, payload: Any) -> Json:
    """Perform an action of the control API. Raises Unfit."""
    if name not in ACTIONS or not isinstance(payload, dict):
        raise Unfit(f"no such act: {name}")
    return await ACTIONS[name](context, payload)
