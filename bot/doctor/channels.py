"""Checks of the e-services' channels: existence, membership, privacy, and Slack's retention of messages."""

from __future__ import annotations

from functools import partial

from bot.catalog.services import EService, is_channel_id
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import Channel
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem, slack_down


async def check_channels(deps: DoctorDependencies) -> list[Finding]:
    """Findings on each channel, once even where e-services share it."""
    findings: list[Finding] = []
    by_name: dict[str, list[EService]] = {}
    for service in deps.catalog.services.values():
        name = deps.catalog.channel_of(service)
        if name is None:
            findings.append(problem("doctor.channel.none", service=service.key))
        else:
            by_name.setdefault(name, []).append(service)
    for name, services in by_name.items():
        findings += await _check_channel(deps, name, is_strict=any(service.strict for service in services))
    return findings if deps.admin_token else [*findings, note("doctor.retention.nobody")]


async def _check_channel(deps: DoctorDependencies, name: str, *, is_strict: bool) -> list[Finding]:
    try:
        is_id = is_channel_id(name)
        channel_id = name if is_id else await deps.with_retries(partial(deps.slack.find_channel, name))
        channel = await deps.with_retries(partial(deps.slack.fetch_channel, channel_id))
    except PermanentFailure as error:
        key = "scope" if error.trouble == "missing_scope" else "unknown"
        return [problem(f"doctor.channel.{key}", channel=name)]
    except TemporaryFailure:
        return [slack_down()]
    trouble = _posting_trouble(channel) or (await _privacy_trouble(deps, channel) if is_strict else "")
    if trouble:
        return [problem(trouble, channel=name)]
    return [
        ok("doctor.channel.strict" if is_strict else "doctor.channel", channel=name),
        *await _check_retention(deps, channel, name),
    ]


def _posting_trouble(channel: Channel) -> str:
    """Why nothing can be posted there; empty where it can."""
    if channel.is_archived:
        return "doctor.channel.archived"
    return "" if channel.is_member else "doctor.channel.outside"


async def _privacy_trouble(deps: DoctorDependencies, channel: Channel) -> str:
    """Why a strict e-service's cards are not posted there; empty where they are."""
    if channel.is_closed and await _has_only_members(deps, channel):
        return ""
    return "doctor.channel.guests" if channel.is_private else "doctor.channel.public"


async def _has_only_members(deps: DoctorDependencies, channel: Channel) -> bool:
    identity = await deps.with_retries(deps.slack.fetch_identity)
    for member in await deps.with_retries(partial(deps.slack.list_members, channel.id)):
        user = await deps.with_retries(partial(deps.slack.fetch_user, member))
        if not identity.may_read(user):
            return False
    return True


async def _check_retention(deps: DoctorDependencies, channel: Channel, name: str) -> list[Finding]:
    """Findings on how long Slack retains what officers write in threads."""
    if not deps.admin_token:
        return []
    try:
        retention = await deps.with_retries(partial(deps.slack.fetch_retention, channel.id, deps.admin_token))
    except (PermanentFailure, TemporaryFailure):
        return [note("doctor.retention.unread", channel=name)]
    if retention.days is None:
        return [note("doctor.retention.ever", channel=name)]
    return [ok("doctor.retention", channel=name, days=retention.days)]
