"""The mail server, and the pages as applicants reach them."""

from __future__ import annotations

from bot.clients import own_pages
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem


async def check_mail(deps: DoctorDependencies) -> list[Finding]:
    """Nothing is sent: the server is met, logged in to, and asked whether it takes our sender."""
    try:
        await deps.mail.check()
    except (PermanentFailure, TemporaryFailure) as error:
        problem_keys = {"mail_login": "doctor.mail.login", "mail_sender": "doctor.mail.sender"}
        return [problem(problem_keys.get(error.trouble, "doctor.mail.down"), sender=deps.mail.sender)]
    return [ok("doctor.mail", sender=deps.mail.sender)]


async def check_pages(deps: DoctorDependencies) -> list[Finding]:
    """They are answered only while the program runs, so silence is worth knowing and no fault."""
    try:
        await own_pages.is_alive(deps.public_url)
    except TemporaryFailure:
        return [note("doctor.pages.down", url=deps.public_url)]
    except PermanentFailure:
        return [problem("doctor.pages.other", url=deps.public_url)]
    return [ok("doctor.pages", url=deps.public_url)]
