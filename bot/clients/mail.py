"""Sending of mail over SMTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import formatdate
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.text.mail_addresses import NotAnAddress, envelope

TIMEOUT_SECONDS = 20
"""How long a command to the mail server may take."""

MAX_IDLE_SECONDS = 20.0
"""Seconds that an unused connection is kept for the next mail of a burst."""

CHECK_AFTER_SECONDS = 3.0
"""Seconds of idleness after which a connection is checked before a mail is sent over it."""

DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_SERVER_RETRY_SECONDS = 60.0
POLICY = CRLF.clone(cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. `message_id` is without angle brackets, and the same each time the mail is sent."""

    to: str
    sender_name: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server's address: `smtp` (no TLS), `smtps` (TLS from the start) or `smtp+starttls` (STARTTLS required)."""

    kind: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Parse `kind://user:password@host:port`. Raises ValueError, whose text does not hold the URL."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not _has_valid_port(parts):
            raise ValueError("is not smtp://, smtps:// or smtp+starttls:// with a host")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme], user, password)


def _has_valid_port(parts: SplitResult) -> bool:
    """Whether the port is valid; the error that urllib raises would repeat a part of the URL, perhaps the password."""
    try:
        return parts.port != 0
    except ValueError:
        return False


class MailClient:
    """Sends mail, over connections that are reused within a burst."""

    def __init__(self, url: str, sender: str) -> None:
        self._server = MailServer.from_url(url)
        self.sender = sender
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    async def send(self, mail: Mail) -> None:
        """Send the mail. PermanentFailure when this mail or mailbox is refused, TemporaryFailure for all else."""
        message, to = _build_message(mail, self.sender), _normalize_address(mail.to)
        policy = POLICY if to.isascii() else POLICY.clone(utf8=True)
        options = [] if to.isascii() else ["SMTPUTF8"]
        try:
            smtp = await self._connect()
            try:
                body = message.as_bytes(policy=policy)
                await smtp.sendmail(_normalize_address(self.sender), [to], body, mail_options=options)
            except BaseException:
                smtp.close()
                raise
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _to_failure(error) from None
        self._idle.append((time.monotonic(), smtp))

    async def check(self) -> None:
        """Connect, log in and name the sender, without sending. Raises TemporaryFailure when the server refuses."""
        try:
            smtp = await self._connect()
            try:
                await smtp.mail(_normalize_address(self.sender))
                await smtp.rset()
            finally:
                await _quit(smtp)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _to_failure(error) from None

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            await _quit(self._idle.pop()[1])

    async def _connect(self) -> aiosmtplib.SMTP:
        while self._idle:
            idle_since, smtp = self._idle.pop()
            if await _is_alive(smtp, time.monotonic() - idle_since):
                return smtp
            await _quit(smtp)
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.kind == "smtps",
            start_tls=server.kind == "smtp+starttls",
            timeout=TIMEOUT_SECONDS,
        )
        await smtp.connect()
        return smtp


async def _is_alive(smtp: aiosmtplib.SMTP, idle_seconds: float) -> bool:
    if not smtp.is_connected or idle_seconds > MAX_IDLE_SECONDS:
        return False
    if idle_seconds < CHECK_AFTER_SECONDS:
        return True
    try:
        await smtp.noop()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    try:
        if smtp.is_connected:
            await smtp.quit()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()


def _build_message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(sender, mail.sender_name)
    message["To"] = _address(mail.to)
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Date"] = formatdate(localtime=True)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # last, since set_content removes such headers
    return message


def _address(address: str, name: str = "") -> Address:
    mailbox, _, domain = _normalize_address(address).rpartition("@")
    return Address(display_name=name, username=mailbox, domain=domain)


def _normalize_address(address: str) -> str:
    try:
        return envelope(address)
    except NotAnAddress:
        raise PermanentFailure("mail_address") from None


_SERVER_TROUBLES = {
    aiosmtplib.SMTPSenderRefused: "mail_sender",
    aiosmtplib.SMTPAuthenticationError: "mail_login",
}
"""Troubles with the program's own address or login: they concern all mails, which wait until somebody mends it."""


def _to_failure(error: Exception) -> PermanentFailure | TemporaryFailure:
    """The failure for an error of the library, without its text, which may hold the address."""
    if (trouble := _SERVER_TROUBLES.get(type(error))) is not None:
        return TemporaryFailure(trouble, retry_after=_SERVER_RETRY_SECONDS, is_outage=True)
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            gone = all(one.code >= 500 for one in error.recipients)
            return PermanentFailure("mailbox_refused") if gone else TemporaryFailure("mailbox_busy")
        case aiosmtplib.SMTPDataError():
            return PermanentFailure("mail_refused") if error.code >= 500 else TemporaryFailure("mailbox_busy")
        case aiosmtplib.SMTPNotSupported():
            return PermanentFailure("mail_address")
    return TemporaryFailure("mail_down", is_outage=True)
