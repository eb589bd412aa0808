"""The mail server, and the pages as applicants reach them."""

from __future__ import annotations

from bot.clients import own_pages
from bot.clients.errors import Permanent, Temporary
from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign, note, right, wrong


async def look_at_mail(kit: DoctorKit) -> list[Sign]:
    """Nothing is sent: the server is met, logged in to, and asked whether it takes our sender."""
    try:
        await kit.mail.check()
    except (Permanent, Temporary) as failed:
        known = {"mail_login": "doctor.mail.login", "mail_sender": "doctor.mail.sender"}
        return [wrong(known.get(failed.trouble, "doctor.mail.down"), sender=kit.mail.sender)]
    return [right("doctor.mail", sender=kit.mail.sender)]


async def look_at_pages(kit: DoctorKit) -> list[Sign]:
    """They are answered only while the program runs, so silence is worth knowing and no fault."""
    try:
        await own_pages.is_alive(kit.public_url)
    except Temporary:
        return [note("doctor.pages.down", url=kit.public_url)]
    except Permanent:
        return [wrong("doctor.pages.other", url=kit.public_url)]
    return [right("doctor.pages", url=kit.public_url)]
