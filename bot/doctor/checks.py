"""All checks in their order, each reported as soon as it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Literal

from bot.doctor import backups, channels, jobs, mail_and_pages, officers, scanner, slack, storage, store
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding

CheckArea = Literal[
    "store",
    "slack",
    "channels",
    "officers",
    "mail",
    "pages",
    "sign_in",
    "certificate",
    "scanner",
    "storage",
    "backup",
    "jobs",
]

CHECKS: Mapping[CheckArea, Callable[[DoctorDependencies], Awaitable[list[Finding]]]] = {
    "store": store.check_store,
    "slack": slack.check_slack,
    "channels": channels.check_channels,
    "officers": officers.check_officers,
    "mail": mail_and_pages.check_mail,
    "pages": mail_and_pages.check_pages,
    "certificate": mail_and_pages.check_certificate,
    "sign_in": mail_and_pages.check_sign_in,
    "scanner": scanner.check_scanner,
    "storage": storage.check_storage,
    "backup": backups.check_backups,
    "jobs": jobs.check_jobs,
}

SLACK_CHECKS: frozenset[CheckArea] = frozenset({"channels", "officers"})
"""Areas that cannot be checked where Slack rejects the token."""


async def run_checks(deps: DoctorDependencies) -> AsyncIterator[tuple[CheckArea, list[Finding]]]:
    """Each area with its findings. Those that need Slack are skipped where Slack rejects the token."""
    is_slack_blocked = False
    for area, check in CHECKS.items():
        if is_slack_blocked and area in SLACK_CHECKS:
            continue
        findings = await check(deps)
        is_slack_blocked = is_slack_blocked or any(finding.blocks_slack_checks for finding in findings)
        yield area, findings
