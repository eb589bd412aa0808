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

from bot.clients.errors import Permanent, Temporary
from bot.clients.mail import Mail, MailClient, Server

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
class PostOffice:
    """A mail server with its own will: `answers` maps a step to what it says there."""

    answers: dict[str, str] = field(default_factory=dict)
    got: list[Any] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        said = self.answers.get("RCPT", "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = self.answers.get("DATA", "250 OK")
        if said.startswith("250"):
            self.got.append((envelope.rcpt_tos[0], envelope.original_content))
        return said

    def protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="post.example", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())

    def opened(self) -> Any:
        return email.message_from_bytes(self.got[-1][1], policy=default)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(office.protocol, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()


@pytest.fixture
async def client(office: PostOffice) -> AsyncIterator[MailClient]:
    client = MailClient(f"smtp://127.0.0.1:{office.port}", SENDER)
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("step", "said", "kind", "trouble"),
    [
        ("RCPT", "550 no such mailbox", Permanent, "mailbox_refused"),
        ("RCPT", "452 full", Temporary, "mailbox_busy"),
        ("DATA", "554 looks like spam", Permanent, "mail_refused"),
        ("DATA", "451 later", Temporary, "mailbox_busy"),
        ("MAIL", "550 who are you", Temporary, "mail_sender"),
        ("MAIL", "421 going down", Temporary, "mail_sender"),
    ],
)
async def test_what_each_refusal_means(
    office: PostOffice, client: MailClient, step: str, said: str, kind: type[Exception], trouble: str
) -> None:
    office.answers = {step: said}
    with pytest.raises(kind) as caught:
        await client.send(MAIL)
    assert str(caught.value) == trouble


async def test_a_server_that_is_away_is_temporary() -> None:
    with pytest.raises(Temporary, match="mail_down"):
        await MailClient("smtp://127.0.0.1:9", SENDER).send(MAIL)


async def test_starttls_is_not_given_up_where_the_server_has_none(office: PostOffice) -> None:
    with pytest.raises(Temporary):
        await MailClient(f"smtp+starttls://127.0.0.1:{office.port}", SENDER).send(MAIL)
    assert office.got == []


async def test_a_burst_goes_over_one_connection(office: PostOffice, client: MailClient) -> None:
    for _ in range(5):
        await client.send(MAIL)
    assert (len(office.got), office.connections) == (5, 1)


async def test_a_mail_goes_well_after_one_that_was_refused(office: PostOffice, client: MailClient) -> None:
    office.answers = {"RCPT": "550 no"}
    with pytest.raises(Permanent):
        await client.send(MAIL)
    office.answers = {}
    await client.send(MAIL)
    assert len(office.got) == 1


async def test_a_mail_has_the_same_words_as_text_and_as_html(office: PostOffice, client: MailClient) -> None:
    await client.send(MAIL)
    message = office.opened()
    assert "kvitto på Mina" in message.get_body(("plain",)).get_content()
    assert "kvitto på Mina" in message.get_body(("html",)).get_content()


async def test_swedish_letters_arrive_over_seven_bits(office: PostOffice, client: MailClient) -> None:
    await client.send(MAIL)
    assert (office.got[0][1].isascii(), office.opened()["Subject"]) == (True, MAIL.subject)


@pytest.mark.parametrize("address", ["eva", "eva@", "@ek.example", "eva@ek.example\r\nBcc: alla@x.example"])
async def test_an_address_that_is_none_is_permanent(client: MailClient, address: str) -> None:
    with pytest.raises(Permanent, match="mail_address"):
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
    office: PostOffice, client: MailClient, written: str, sent: str
) -> None:
    await client.send(replace(MAIL, to=written))
    assert office.got[0][0] == sent


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://post", Server("smtp", "post", 25, None, None)),
        ("smtps://u:p%40ss@post", Server("smtps", "post", 465, "u", "p@ss")),
        ("smtp+starttls://u:p@post:2525", Server("smtp+starttls", "post", 2525, "u", "p")),
    ],
)
def test_a_server_s_address(url: str, server: Server) -> None:
    assert Server.of(url) == server


def test_a_bad_server_address_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValueError, match="is not smtp") as caught:
        Server.of("http://user:hemligt@post")
    assert "hemligt" not in str(caught.value)
