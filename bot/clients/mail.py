"""The mail server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import formatdate
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from bot.clients.errors import Permanent, Temporary
from bot.text.mail_addresses import NotAnAddress, envelope

SECONDS = 20
"""How long a command to the mail server may take."""

IDLE = 20.0
"""Seconds that an unused connection is kept for the next mail of a burst."""

FRESH = 3.0
"""Seconds after which a connection is asked whether it still lives before a mail goes through it."""

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_SERVER_SECONDS = 60.0
POLICY = CRLF.clone(cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. `message_id` is without angle brackets and the same each time it is sent."""

    to: str
    sender_name: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes: `smtp` (nothing), `smtps` (TLS from the start) or `smtp+starttls` (TLS or nothing)."""

    kind: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> Server:
        """From `kind://user:password@host:port`; ValueError, which does not repeat the URL, for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or not _has_fair_port(parts):
            raise ValueError("is not smtp://, smtps:// or smtp+starttls:// with a host")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], user, password)


def _has_fair_port(parts: SplitResult) -> bool:
    """The library's own words for a bad port repeat a part of the URL, which can be one of the password."""
    try:
        return parts.port != 0
    except ValueError:
        return False


class MailClient:
    """Sends mail, and keeps its connections for a while so that a burst needs few."""

    def __init__(self, url: str, sender: str) -> None:
        self._server = Server.of(url)
        self.sender = sender
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    async def send(self, mail: Mail) -> None:
        """Hand the mail to the server. Permanent when this mail or mailbox is refused, Temporary for all else."""
        message, to = _message(mail, self.sender), _envelope(mail.to)
        letters = POLICY if to.isascii() else POLICY.clone(utf8=True)
        options = [] if to.isascii() else ["SMTPUTF8"]
        try:
            smtp = await self._connected()
            try:
                body = message.as_bytes(policy=letters)
                await smtp.sendmail(_envelope(self.sender), [to], body, mail_options=options)
            except BaseException:
                smtp.close()
                raise
        except (aiosmtplib.SMTPException, OSError) as failed:
            raise _meaning(failed) from None
        self._idle.append((time.monotonic(), smtp))

    async def check(self) -> None:
        """Connect, log in, and name the sender, without sending anything. Temporary when the server will not."""
        try:
            smtp = await self._connected()
            try:
                await smtp.mail(_envelope(self.sender))
                await smtp.rset()
            finally:
                await _leave(smtp)
        except (aiosmtplib.SMTPException, OSError) as failed:
            raise _meaning(failed) from None

    async def close(self) -> None:
        """Leave the server."""
        while self._idle:
            await _leave(self._idle.pop()[1])

    async def _connected(self) -> aiosmtplib.SMTP:
        while self._idle:
            since, smtp = self._idle.pop()
            if await _lives(smtp, time.monotonic() - since):
                return smtp
            await _leave(smtp)
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.kind == "smtps",
            start_tls=server.kind == "smtp+starttls",
            timeout=SECONDS,
        )
        await smtp.connect()
        return smtp


async def _lives(smtp: aiosmtplib.SMTP, idle: float) -> bool:
    if not smtp.is_connected or idle > IDLE:
        return False
    if idle < FRESH:
        return True
    try:
        await smtp.noop()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _leave(smtp: aiosmtplib.SMTP) -> None:
    try:
        if smtp.is_connected:
            await smtp.quit()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(sender, mail.sender_name)
    message["To"] = _address(mail.to)
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Date"] = formatdate(localtime=True)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # last, for setting the content takes such headers away
    return message


def _address(address: str, name: str = "") -> Address:
    mailbox, _, domain = _envelope(address).rpartition("@")
    return Address(display_name=name, username=mailbox, domain=domain)


def _envelope(address: str) -> str:
    try:
        return envelope(address)
    except NotAnAddress:
        raise Permanent("mail_address") from None


_SERVER_REFUSES = {
    aiosmtplib.SMTPSenderRefused: "mail_sender",
    aiosmtplib.SMTPAuthenticationError: "mail_login",
}
"""What is wrong with the program's own address or login is no mail's fault: all wait until it is mended."""


def _meaning(failed: Exception) -> Permanent | Temporary:
    """What a failure means. Its text may hold the address, and goes no further."""
    if (trouble := _SERVER_REFUSES.get(type(failed))) is not None:
        return Temporary(trouble, retry_after=_SERVER_SECONDS, wide=True)
    match failed:
        case aiosmtplib.SMTPRecipientsRefused():
            gone = all(one.code >= 500 for one in failed.recipients)
            return Permanent("mailbox_refused") if gone else Temporary("mailbox_busy")
        case aiosmtplib.SMTPDataError():
            return Permanent("mail_refused") if failed.code >= 500 else Temporary("mailbox_busy")
        case aiosmtplib.SMTPNotSupported():
            return Permanent("mail_address")
    return Temporary("mail_down", wide=True)
