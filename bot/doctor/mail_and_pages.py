"""Checks of the mail server, of the pages at their public address, and of officers' sign-in there."""

from __future__ import annotations

from datetime import timedelta

from bot.clients import own_pages
from bot.clients.certificate import find_certificate_end
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem

CERTIFICATE_SOON = timedelta(days=14)
"""How long before its end a certificate is to be renewed: those that are renewed by themselves have long been."""


async def check_mail(deps: DoctorDependencies) -> list[Finding]:
    """Connect, log in and name the sender. Nothing is sent."""
    try:
        await deps.mail.check()
    except (PermanentFailure, TemporaryFailure) as error:
        problem_keys = {"mail_login": "doctor.mail.login", "mail_sender": "doctor.mail.sender"}
        return [problem(problem_keys.get(error.trouble, "doctor.mail.down"), sender=deps.mail.sender)]
    return [ok("doctor.mail", sender=deps.mail.sender)]


async def check_pages(deps: DoctorDependencies) -> list[Finding]:
    """Request the pages. No response is a problem where the program answers on its own machine; else it may be down."""
    try:
        await own_pages.is_alive(deps.public_url)
    except TemporaryFailure:
        if await is_running(deps):
            return [problem("doctor.pages.silent", url=deps.public_url)]
        return [note("doctor.pages.down", url=deps.public_url)]
    except PermanentFailure:
        return [problem("doctor.pages.other", url=deps.public_url)]
    return [ok("doctor.pages", url=deps.public_url)]


async def check_certificate(deps: DoctorDependencies) -> list[Finding]:
    """How long the certificate of the public address holds; nothing where it has none or nothing answers."""
    try:
        ends_at = await find_certificate_end(deps.public_url)
    except TemporaryFailure:
        return []  # `check_pages` tells it
    except PermanentFailure:
        return [problem("doctor.certificate.invalid", url=deps.public_url)]
    if ends_at is None:
        return []
    severity = problem if ends_at - deps.now() < CERTIFICATE_SOON else ok
    key = "doctor.certificate.soon" if severity is problem else "doctor.certificate"
    return [severity(key, at=ends_at)]


async def is_running(deps: DoctorDependencies) -> bool:
    """Whether the program responds at its local address."""
    try:
        return await own_pages.is_alive(deps.local_url)
    except (TemporaryFailure, PermanentFailure):
        return False


async def check_sign_in(deps: DoctorDependencies) -> list[Finding]:
    """Fetch what the OpenID Connect provider says of itself. Nothing where officers sign in from Slack only."""
    if deps.openid is None:
        return []
    issuer = deps.openid.registration.issuer
    try:
        await deps.openid.load_metadata()
    except TemporaryFailure:
        return [problem("doctor.openid.down", issuer=issuer)]
    except PermanentFailure as error:
        key = "doctor.openid.issuer" if error.trouble == "metadata_issuer" else "doctor.openid.other"
        return [problem(key, issuer=issuer)]
    return [ok("doctor.openid", issuer=issuer)]
