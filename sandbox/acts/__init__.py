"""What a person can do, each only where Slack would let them, by the names the control API gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.acts import administering, channels, entering, messages, pressing
from sandbox.acts.scene import Scene
from sandbox.inputs import Unfit
from sandbox.shapes import Json

__all__ = ["ACTS", "Scene", "act"]

ACTS: Mapping[str, Callable[[Scene, Json], Awaitable[Json]]] = {
    **pressing.ACTS,
    **entering.ACTS,
    **messages.ACTS,
    **channels.ACTS,
    **administering.ACTS,
}


async def act(scene: Scene, name: str, payload: Any) -> Json:
    """Perform an action of the control API. Raises Unfit."""
    if name not in ACTS or not isinstance(payload, dict):
        raise Unfit(f"no such act: {name}")
    return await ACTS[name](scene, payload)
