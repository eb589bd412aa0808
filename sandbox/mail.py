"""The mail server: stores and shows all received mails."""

from __future__ import annotations

import asyncio
import email
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default as modern

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.clock import Clock
from sandbox.faults import MAIL, TO_MAIL, Faults, cut
from sandbox.feed import Feed
from sandbox.payload_schema import Json

TAKEN = "250 Message accepted for delivery"
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


@dataclass
class Mail:
    number: int
    at: float
    sender: str
    recipients: list[str]
    headers: list[tuple[str, str]]
    subject: str
    text: str
    html: str
    attachments: list[Json] = field(default_factory=list)
    size: int = 0

    def links(self) -> list[str]:
        return list(dict.fromkeys(LINK.findall(self.text)))

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def to_json(self) -> Json:
        return {
            "number": self.number,
            "at": self.at,
            "from": self.header("From") or self.sender,
            "to": self.recipients,
            "envelope_from": self.sender,
            "subject": self.subject,
            "headers": [list(pair) for pair in self.headers],
            "text": self.text,
            "html": self.html,
            "links": self.links(),
            "attachments": self.attachments,
            "size": self.size,
        }


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return body.get_content() if body is not None else ""


def parse(number: int, at: float, envelope: Envelope) -> Mail:
    raw = envelope.original_content or b""
    message = email.message_from_bytes(raw, policy=modern)
    return Mail(
        number,
        at,
        envelope.mail_from or "",
        list(envelope.rcpt_tos),
        [(key, str(value)) for key, value in message.items()],
        str(message.get("Subject", "")),
        _part(message, "plain"),
        _part(message, "html"),
        [
            {"name": part.get_filename() or "", "type": part.get_content_type(), "size": len(part.as_bytes())}
            for part in message.iter_attachments()
        ],
        len(raw),
    )


class Mailbox:
    """aiosmtpd's handler; `refused` maps a mailbox, or "@domain", to the code it is refused with."""

    def __init__(self, clock: Clock, feed: Feed, faults: Faults, refused: Iterable[str] = ()) -> None:
        self._clock, self._feed, self._faults = clock, feed, faults
        self.mails: deque[Mail] = deque(maxlen=1_000)
        self.refused: dict[str, int] = dict.fromkeys(refused, 550)
        self.port: int | None = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        code = self.refused.get(address.lower()) or self.refused.get("@" + address.lower().rpartition("@")[2])
        if code:
            return f"{code} {'5.1.1' if code >= 500 else '4.2.1'} Mailbox refused by the sandbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        strike = self._faults.next(MAIL, TO_MAIL)
        kind = strike.kind if strike else ""
        if strike and kind == "slow":
            await asyncio.sleep(strike.seconds)
        if kind not in ("status", "cut_before"):
            self._keep(envelope)
        if kind in ("cut_before", "cut_after"):
            cut({"transport": server.transport})
        return "451 4.3.0 Refused by the sandbox" if kind.startswith("status") else TAKEN

    def _keep(self, envelope: Envelope) -> None:
        number = self.mails[-1].number + 1 if self.mails else 1
        self.mails.append(parse(number, self._clock.now(), envelope))
        self._feed.changed()

    def protocol(self) -> SMTP:
        return SMTP(self, hostname="sandbox.local", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())
