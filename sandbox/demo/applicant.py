"""An applicant who reads their mail, signs in by its code, and answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.demo.browser import Browser, Form
from sandbox.mail import Mail
from sandbox.shared_state import SharedState

CODE = re.compile(r"\b\d{3} \d{3}\b")
MAIL_SECONDS = 8.0


async def answer(shared: SharedState, web: str, what: tuple[str, str]) -> None:
    """Whoever sent in the case of that number writes the text in it. NotAsOnThePage, or TimeoutError without mail.

    The mail may be from before the pages moved to where they are now.
    """
    number, text = what
    mail = await _mail(shared, lambda one: number in one.subject)
    async with Browser() as browser:
        link, newest = web + urlsplit(mail.links()[0]).path, shared.mailbox.mails[-1].number
        page = await browser.send(await browser.open(link), Form(link, "post"), {})
        code = await wait_for_code(shared, mail.recipients[0], newest)
        page = await browser.send(page, page.form("code"), {"code": code})
        await browser.send(page, page.form("text"), {"text": text})


async def wait_for_code(shared: SharedState, address: str, newest: int) -> str:
    """The code that comes to the address after the mail of the number `newest`. TimeoutError without one."""
    mail = await _mail(
        shared,
        lambda one: one.number > newest and address in one.recipients and bool(CODE.search(one.text)),
    )
    code = CODE.search(mail.text)
    return code[0] if code else ""


async def _mail(shared: SharedState, matches: Callable[[Mail], bool]) -> Mail:
    """The newest such mail, once there is one."""
    async with asyncio.timeout(MAIL_SECONDS):
        while True:
            version = shared.feed.version
            if found := [one for one in shared.mailbox.mails if matches(one)]:
                return found[-1]
            await shared.feed.after(version, 0.5)
