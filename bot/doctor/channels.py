"""The e-services' channels: there, the bot in them, closed enough, and how long they keep what is written."""

from __future__ import annotations

from functools import partial

from bot.catalog.services import EService, is_channel_id
from bot.clients.errors import Permanent, Temporary
from bot.clients.slack import Channel
from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign, note, right, slack_is_down, wrong


async def look(kit: DoctorKit) -> list[Sign]:
    """Each channel once, however many e-services share it."""
    signs: list[Sign] = []
    by_name: dict[str, list[EService]] = {}
    for service in kit.catalog.services.values():
        name = kit.catalog.channel_of(service)
        if name is None:
            signs.append(wrong("doctor.channel.none", service=service.key))
        else:
            by_name.setdefault(name, []).append(service)
    for name, services in by_name.items():
        signs += await _of_channel(kit, name, strict=any(service.strict for service in services))
    return signs if kit.admin_token else [*signs, note("doctor.retention.nobody")]


async def _of_channel(kit: DoctorKit, name: str, *, strict: bool) -> list[Sign]:
    try:
        by_id = is_channel_id(name)
        channel_id = name if by_id else await kit.patiently(partial(kit.slack.channel_named, name))
        channel = await kit.patiently(partial(kit.slack.channel, channel_id))
    except Permanent as failed:
        key = "scope" if failed.trouble == "missing_scope" else "unknown"
        return [wrong(f"doctor.channel.{key}", channel=name)]
    except Temporary:
        return [slack_is_down()]
    trouble = _shut(channel) or (await _open(kit, channel) if strict else "")
    if trouble:
        return [wrong(trouble, channel=name)]
    return [
        right("doctor.channel.strict" if strict else "doctor.channel", channel=name),
        *await _keeps(kit, channel, name),
    ]


def _shut(channel: Channel) -> str:
    """Why nothing can be posted there, if so."""
    if channel.is_archived:
        return "doctor.channel.archived"
    return "" if channel.is_member else "doctor.channel.outside"


async def _open(kit: DoctorKit, channel: Channel) -> str:
    """Why a strict e-service's cards are not posted there, if so."""
    if channel.is_closed and await _only_own(kit, channel):
        return ""
    return "doctor.channel.guests" if channel.is_private else "doctor.channel.public"


async def _only_own(kit: DoctorKit, channel: Channel) -> bool:
    we = await kit.patiently(kit.slack.who_am_i)
    for member in await kit.patiently(partial(kit.slack.members, channel.id)):
        user = await kit.patiently(partial(kit.slack.user, member))
        if not we.lets_read(user):
            return False
    return True


async def _keeps(kit: DoctorKit, channel: Channel, name: str) -> list[Sign]:
    """What officers write in threads stays in Slack until Slack disposes of it."""
    if not kit.admin_token:
        return []
    try:
        kept = await kit.patiently(partial(kit.slack.retention, channel.id, kit.admin_token))
    except (Permanent, Temporary):
        return [note("doctor.retention.unread", channel=name)]
    if kept.days is None:
        return [note("doctor.retention.ever", channel=name)]
    return [right("doctor.retention", channel=name, days=kept.days)]
