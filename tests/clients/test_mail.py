"""The mail server's answers, as what they mean for a delivery."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.mail import Mail, MailClient, MailServer

MAIL = Mail(
    to="eva@ek.example",
    sender_name="Lindsjö kommun",
    subject="Vi har tagit emot ditt ärende 2026-000123",
    text="Du hittar ditt kvitto på Mina sidor.\n",
    html="<p>Du hittar ditt kvitto på Mina sidor.</p>",
    language="sv",
    message_id="abc@lindsjo.example",
)
SENDER = "arenden@lindsjo.example"


@dataclass
class RecordingSmtpServer:
    """A mail server with its own will: `answers` maps a step to what it says there."""

    answers: dict[str, str] = field(default_factory=dict)
    got: list[Any] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        wording = self.answers.get("RCPT", "250 OK")
        if wording.startswith("250"):
            envelope.rcpt_tos.append(address)
        return wording

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        wording = self.answers.get("DATA", "250 OK")
        if wording.startswith("250"):
            self.got.append((envelope.rcpt_tos[0], envelope.original_content))
        return wording

    def protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="post.example", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())

    def opened(self) -> Any:
        return email.message_from_bytes(self.got[-1][1], policy=default)


@pytest.fixture
async def smtp_server() -> AsyncIterator[RecordingSmtpServer]:
    smtp_server = RecordingSmtpServer()
    server = await asyncio.get_running_loop().create_server(smtp_server.protocol, "127.0.0.1", 0)
    smtp_server.port = server.sockets[0].getsockname()[1]
    yield smtp_server
    server.close()


@pytest.fixture
async def client(smtp_server: RecordingSmtpServer) -> AsyncIterator[MailClient]:
    client = MailClient(f"smtp://127.0.0.1:{smtp_server.port}", SENDER)
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("step", "wording", "kind", "trouble"),
    [
        ("RCPT", "550 no such mailbox", PermanentFailure, "mailbox_refused"),
        ("RCPT", "452 full", TemporaryFailure, "mailbox_busy"),
        ("DATA", "554 looks like spam", PermanentFailure, "mail_refused"),
        ("DATA", "451 later", TemporaryFailure, "mailbox_busy"),
        ("MAIL", "550 who are you", TemporaryFailure, "mail_sender"),
        ("MAIL", "421 going down", TemporaryFailure, "mail_sender"),
    ],
)
async def test_what_each_refusal_means(
    smtp_server: RecordingSmtpServer,
    client: MailClient,
    step: str,
    wording: str,
    kind: type[Exception],
    trouble: str,
) -> None:
    smtp_server.answers = {step: wording}
    with pytest.raises(kind) as caught:
        await client.send(MAIL)
    assert str(caught.value) == trouble


async def test_a_server_that_is_away_is_temporary() -> None:
    with pytest.raises(TemporaryFailure, match="mail_down"):
        await MailClient("smtp://127.0.0.1:9", SENDER).send(MAIL)


async def test_starttls_is_not_given_up_where_the_server_has_none(smtp_server: RecordingSmtpServer) -> None:
    with pytest.raises(TemporaryFailure):
        await MailClient(f"smtp+starttls://127.0.0.1:{smtp_server.port}", SENDER).send(MAIL)
    assert smtp_server.got == []


async def test_a_burst_goes_over_one_connection(smtp_server: RecordingSmtpServer, client: MailClient) -> None:
    for _ in range(5):
        await client.send(MAIL)
    assert (len(smtp_server.got), smtp_server.connections) == (5, 1)


async def test_a_mail_goes_well_after_one_that_was_refused(
    smtp_server: RecordingSmtpServer, client: MailClient
) -> None:
    smtp_server.answers = {"RCPT": "550 no"}
    with pytest.raises(PermanentFailure):
        await client.send(MAIL)
    smtp_server.answers = {}
    await client.send(MAIL)
    assert len(smtp_server.got) == 1


async def test_a_mail_has_the_same_words_as_text_and_as_html(
    smtp_server: RecordingSmtpServer, client: MailClient
) -> None:
    await client.send(MAIL)
    message = smtp_server.opened()
    assert "kvitto på Mina" in message.get_body(("plain",)).get_content()
    assert "kvitto på Mina" in message.get_body(("html",)).get_content()


async def test_swedish_letters_arrive_over_seven_bits(
    smtp_server: RecordingSmtpServer, client: MailClient
) -> None:
    await client.send(MAIL)
    assert (smtp_server.got[0][1].isascii(), smtp_server.opened()["Subject"]) == (True, MAIL.subject)


@pytest.mark.parametrize("address", ["eva", "eva@", "@ek.example", "eva@ek.example\r\nBcc: alla@x.example"])
async def test_an_address_that_is_none_is_permanent(client: MailClient, address: str) -> None:
    with pytest.raises(PermanentFailure, match="mail_address"):
        await client.send(replace(MAIL, to=address))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("eva@ekström.example", "eva@xn--ekstrm-0xa.example"),
        ("eva@straße.example", "eva@xn--strae-oqa.example"),
        ("åsa@ek.example", "åsa@ek.example"),
    ],
)
async def test_swedish_letters_in_an_address(
    smtp_server: RecordingSmtpServer, client: MailClient, written: str, sent: str
) -> None:
    await client.send(replace(MAIL, to=written))
    assert smtp_server.got[0][0] == sent


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://post", MailServer("smtp", "post", 25, None, None)),
        ("smtps://u:p%40ss@post", MailServer("smtps", "post", 465, "u", "p@ss")),
        ("smtp+starttls://u:p@post:2525", MailServer("smtp+starttls", "post", 2525, "u", "p")),
    ],
)
def test_a_server_s_address(url: str, server: MailServer) -> None:
    assert MailServer.from_url(url) == server


def test_a_bad_server_address_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValueError, match="is not smtp") as caught:
        MailServer.from_url("http://user:hemligt@post")
    assert "hemligt" not in str(caught.value)
