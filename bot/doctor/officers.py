"""The catalog's officers, as Slack knows them."""

from __future__ import annotations

from functools import partial

from bot.catalog.people import Officer
from bot.clients.errors import Permanent, Temporary
from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign, right, slack_is_down, wrong


async def look(kit: DoctorKit) -> list[Sign]:
    """One sign for all who are as they should be, and one for each who is not."""
    signs, found = [], 0
    for officer in kit.catalog.municipality.officers:
        sign = await _of(kit, officer)
        if sign is None:
            found += 1
        else:
            signs.append(sign)
        if sign is not None and sign.shuts_out:
            break
    return [*([right("doctor.officers", n=found)] if found else []), *signs]


async def _of(kit: DoctorKit, officer: Officer) -> Sign | None:
    try:
        user = await kit.patiently(partial(kit.slack.user_by_email, officer.email))
    except Temporary:
        return slack_is_down()
    except Permanent:
        user = None
    if user is None:
        return wrong("doctor.officer.unknown", name=officer.name)
    return wrong("doctor.officer.guest", name=officer.name) if user.is_guest_or_gone else None
