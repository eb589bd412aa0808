"""What was said in the sandbox, after a stop."""

from __future__ import annotations

import asyncio
import copy
import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from sandbox import saving
from sandbox.app import create
from sandbox.default_workspace import default_workspace
from sandbox.payload_schema import Json
from sandbox.person import Person, upload
from sandbox.server import Sandbox
from sandbox.shared_state import Config, SharedState
from tests.conftest import PATIENCE
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, client_of, section

DAVID = "U0DAVIDLUN"


def fresh(description: Json | None = None) -> SharedState:
    shared: SharedState = create(Config(workspace=description or default_workspace())).state.shared
    return shared


def send_mail(port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@sandkoping.example", "b@post.example", "Hej på dig"
    mail.set_content("En rad med å")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail)


@pytest.fixture
async def saved(tmp_path: Path) -> Path:
    """A card with an answer in its thread, a line for one only, a Home, a direct message and a mail."""
    path = tmp_path / "workspace.json"
    async with Sandbox.running() as sandbox:
        client = client_of(sandbox)
        card = await client.chat_postMessage(channel=CHANNEL, text="Nytt", blocks=[section("2026-000001")])
        await client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="Bara du ser det här")
        await client.views_publish(user_id=ANNA, view={"type": "home", "blocks": [section("Att göra")]})
        await client.chat_postMessage(channel=ANNA, text="Du har fått ett meddelande")
        await sandbox.person(ANNA).say(CHANNEL, "Jag ringer", thread_ts=card["ts"])
        await sandbox.person(BJORN).say(CHANNEL, "", files=[upload("plan.pdf", b"%PDF-1.7")])
        await asyncio.to_thread(send_mail, sandbox.smtp_port)
        saving.write(sandbox.shared, path)
    return path


@pytest.fixture
async def back(saved: Path) -> SharedState:
    shared = fresh()
    saving.bring_back(shared, saving.load(saved))
    return shared


async def test_a_card_and_its_thread_are_there_after_a_stop(back: SharedState) -> None:
    card = next(iter(back.workspace.channels[CHANNEL].messages.values()))
    assert card.blocks[0]["text"]["text"] == "2026-000001"
    assert [message["text"] for message in Person(back, ANNA).thread(CHANNEL, card.ts)] == ["Jag ringer"]


async def test_what_only_one_person_saw_is_still_only_theirs(back: SharedState) -> None:
    assert [one["text"] for one in Person(back, ANNA).ephemerals()] == ["Bara du ser det här"]
    assert Person(back, "U0BJORNEK1").ephemerals() == []


async def test_a_home_and_a_direct_message_are_there_after_a_stop(back: SharedState) -> None:
    anna = Person(back, ANNA)
    assert anna.home is not None
    assert [message["text"] for message in anna.dm()] == ["Du har fått ett meddelande"]


async def test_mail_is_there_after_a_stop_and_the_next_has_a_number_of_its_own(saved: Path) -> None:
    async with Sandbox.running() as sandbox:
        saving.bring_back(sandbox.shared, saving.load(saved))
        await asyncio.to_thread(send_mail, sandbox.smtp_port)
        assert [(mail.number, mail.subject) for mail in sandbox.mails()] == [
            (1, "Hej på dig"),
            (2, "Hej på dig"),
        ]


async def test_no_name_of_a_message_is_given_twice(saved: Path) -> None:
    """Even when the clock was moved on before the stop."""
    result = saving.load(saved)
    result["now"] += 3_600
    shared = fresh()
    saving.bring_back(shared, result)
    assert float(shared.workspace.next_ts()) >= result["now"]


async def test_someone_who_has_come_since_is_in_the_channels_the_description_says(saved: Path) -> None:
    description = copy.deepcopy(default_workspace())
    description["users"].append({"id": "U0NYSTARTA", "name": "ny", "real_name": "Ny Startad"})
    description["channels"][0]["members"].append("U0NYSTARTA")
    shared = fresh(description)
    saving.bring_back(shared, saving.load(saved))
    assert "U0NYSTARTA" in shared.workspace.channels[CHANNEL].members


async def test_someone_who_left_a_channel_stays_out_of_it(saved: Path) -> None:
    result = saving.load(saved)
    channel = next(one for one in result["channels"] if one["id"] == CHANNEL)
    channel["members"].remove(ANNA)
    shared = fresh()
    saving.bring_back(shared, result)
    assert ANNA not in shared.workspace.channels[CHANNEL].members


def test_a_file_of_another_version_is_told_apart(saved: Path) -> None:
    saved.write_text(json.dumps({"version": 0}), "utf-8")
    with pytest.raises(saving.Unreadable):
        saving.load(saved)


def test_a_file_that_was_cut_off_is_told_apart(saved: Path) -> None:
    saved.write_text(saved.read_text("utf-8")[:100], "utf-8")
    with pytest.raises(saving.Unreadable):
        saving.load(saved)


async def test_what_changes_is_written_without_being_asked(tmp_path: Path) -> None:
    path = tmp_path / "workspace.json"
    async with Sandbox.running() as sandbox:
        keeping = asyncio.create_task(saving.keep(sandbox.shared, path))
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="Nytt ärende")
        async with asyncio.timeout(PATIENCE):
            while not path.exists() or "Nytt ärende" not in path.read_text("utf-8"):  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.02)
        keeping.cancel()
    assert "Nytt ärende" in path.read_text("utf-8")


def test_files_come_back_with_what_is_in_them(saved: Path, back: SharedState) -> None:
    (file,) = back.workspace.files.values()
    assert (file.name, file.data, file.deleted) == ("plan.pdf", b"%PDF-1.7", False)
    assert Person(back, BJORN).sees(CHANNEL)[-1]["files"][0]["id"] == file.id
    assert "JVBERi" not in saved.read_text("utf-8")
