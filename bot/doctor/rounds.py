"""The round: each part looked at in turn, and told as soon as it is known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Literal

from bot.doctor import channels, officers, outside, slack, store
from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign

Part = Literal["store", "slack", "channels", "officers", "mail", "pages"]

PARTS: Mapping[Part, Callable[[DoctorKit], Awaitable[list[Sign]]]] = {
    "store": store.look,
    "slack": slack.look,
    "channels": channels.look,
    "officers": officers.look,
    "mail": outside.look_at_mail,
    "pages": outside.look_at_pages,
}

IN_SLACK: frozenset[Part] = frozenset({"channels", "officers"})
"""Parts that cannot be looked at where Slack does not let us in."""


async def examined(kit: DoctorKit) -> AsyncIterator[tuple[Part, list[Sign]]]:
    """Each part with what was seen of it. What needs Slack is left out where Slack does not let us in."""
    shut_out = False
    for part, look in PARTS.items():
        if shut_out and part in IN_SLACK:
            continue
        signs = await look(kit)
        shut_out = shut_out or any(sign.shuts_out for sign in signs)
        yield part, signs
