"""The mail server."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import aiohttp
import pytest

from sandbox.server import Sandbox


def letter(to: str = "eva@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Sandköpings kommun <noreply@sandkoping.example>"
    message["To"] = to
    message["Subject"] = "Nytt meddelande i ditt ärende"
    message["Message-ID"] = "<1@sandkoping.example>"
    message.set_content("Hej!\n\nLogga in: https://minasidor.example/a?k=1. Välkommen.\n")
    message.add_alternative("<p>Hej! <a href='https://minasidor.example/'>Logga in</a></p>", subtype="html")
    return message


async def send(sandbox: Sandbox, message: EmailMessage) -> None:
    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as server:
            server.send_message(message)

    await asyncio.to_thread(deliver)


async def test_what_arrives_is_kept_with_its_links_and_headers() -> None:
    async with Sandbox.running() as sandbox:
        await send(sandbox, letter())
        (mail,) = sandbox.state()["mails"]
        assert (mail["to"], mail["subject"]) == (["eva@example.org"], "Nytt meddelande i ditt ärende")
        assert mail["from"] == "Sandköpings kommun <noreply@sandkoping.example>"
        assert mail["links"] == ["https://minasidor.example/a?k=1"]
        assert mail["text"].startswith("Hej!")
        assert ["Message-ID", "<1@sandkoping.example>"] in mail["headers"]


async def test_a_mailbox_can_be_refused() -> None:
    async with Sandbox.running(refused_mailboxes=("borta@example.org",)) as sandbox:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await send(sandbox, letter("Borta@example.org"))
        assert refused.value.recipients["Borta@example.org"][0] == 550
        sandbox.shared.mailbox.refused["@full.example"] = 452
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await send(sandbox, letter("eva@full.example"))
        assert sandbox.mails() == []


async def test_a_mails_html_may_run_nothing() -> None:
    async with Sandbox.running() as sandbox, aiohttp.ClientSession() as http:
        await send(sandbox, letter())
        answer = await http.get(f"{sandbox.url}/_mails/1/html")
        assert "Logga in" in await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
