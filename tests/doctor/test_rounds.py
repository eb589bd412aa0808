"""Whether all is set up, as those who run the program are told before it goes live."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.clients.mail import MailClient
from bot.clients.slack_setup import SlackSetup
from bot.doctor import DoctorKit, Sign, examined
from bot.doctor.slack import SCOPES
from bot.store import Database
from bot.text import LANGUAGES, words
from sandbox.scenery import person
from sandbox.server import Sandbox
from tests.conftest import KEYS
from tests.delivery.conftest import BYGGLOV, ORO, SENDER, workspace
from tests.town import town

SILENT = "http://127.0.0.1:9"
"""Where nobody listens."""


@dataclass
class Practice:
    """A doctor, and the sandbox that is looked at."""

    kit: DoctorKit
    sandbox: Sandbox

    async def signs(self, **other: Any) -> dict[str, list[Sign]]:
        kit = replace(self.kit, **other)
        async with kit.slack:
            return {part: signs async for part, signs in examined(kit)}

    async def wrong(self, **other: Any) -> list[str]:
        """The keys of what is to be mended."""
        found = await self.signs(**other)
        return [sign.key for signs in found.values() for sign in signs if sign.state == "wrong"]

    async def keys(self, part: str, **other: Any) -> list[str]:
        return [sign.key for sign in (await self.signs(**other))[part]]

    def channel(self, name: str) -> Any:
        return self.sandbox.stage.workspace.channels[name]


def _in_slack() -> dict[str, Any]:
    told = workspace()
    told["app"]["scopes"] = sorted(SCOPES)
    known = {one["email"] for one in told["users"]}
    others = [one for one in town().municipality.officers if one.email not in known]
    told["users"] += [
        person(f"U0OTHER{n:03}", one.key, one.name, email=one.email) for n, one in enumerate(others)
    ]
    return told


@pytest.fixture
async def practice(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Practice]:
    async with Sandbox.running(workspace=_in_slack(), pace=None, mode="socket") as sandbox:
        app = sandbox.stage.workspace.app
        kit = DoctorKit(
            catalog=town(),
            database=sqlite_database,
            files_dir=tmp_path,
            slack=SlackSetup(app.bot_token, sandbox.api_url),
            mail=MailClient(f"smtp://127.0.0.1:{sandbox.smtp_port}", SENDER),
            public_url=SILENT,
            app_token=app.app_token,
            admin_token=app.admin_token,
        )
        yield Practice(kit, sandbox)


async def test_a_town_where_all_is_set_up_is_well(practice: Practice) -> None:
    assert await practice.wrong() == []
    assert "doctor.officers" in await practice.keys("officers")
    assert "doctor.channel.strict" in await practice.keys("channels")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_sign_is_worded(practice: Practice, language: str) -> None:
    practice.channel(BYGGLOV).retention_days = 90
    said = [sign.said(words(language)) for signs in (await practice.signs()).values() for sign in signs]
    assert all(said)
    assert any("90" in one for one in said)


async def test_scopes_that_the_app_was_not_given_are_named(practice: Practice) -> None:
    app = practice.sandbox.stage.workspace.app
    app.scopes = app.scopes - {"reactions:write"}
    signs = (await practice.signs())["slack"]
    missing = next(sign for sign in signs if sign.key == "doctor.scopes.missing")
    assert "reactions:write" in missing.said(words("sv"))


async def test_a_wrong_bot_token_is_told_and_the_rest_of_slack_left_out(practice: Practice) -> None:
    stranger = SlackSetup("xoxb-another", practice.sandbox.api_url)
    found = await practice.signs(slack=stranger)
    assert [sign.key for sign in found["slack"]] == ["doctor.token"]
    assert "channels" not in found
    assert [sign.key for sign in found["mail"]] == ["doctor.mail"]


async def test_slack_out_of_reach_is_told_once_and_the_rest_of_slack_left_out(practice: Practice) -> None:
    found = await practice.signs(slack=SlackSetup("xoxb-1", f"{SILENT}/api/"))
    assert [sign.key for sign in found["slack"]] == ["doctor.slack.down"]
    assert found.keys().isdisjoint({"channels", "officers"})


async def test_an_app_token_that_opens_no_socket_is_told(practice: Practice) -> None:
    assert await practice.wrong(app_token="xapp-another") == ["doctor.socket"]


async def test_without_socket_mode_the_way_in_is_http(practice: Practice) -> None:
    assert "doctor.http" in await practice.keys("slack", app_token="")


async def test_a_channel_the_bot_is_not_in_is_told_with_what_to_do(practice: Practice) -> None:
    practice.channel(BYGGLOV).members.remove(practice.sandbox.stage.workspace.app.bot_user)
    signs = (await practice.signs())["channels"]
    outside = next(sign for sign in signs if sign.key == "doctor.channel.outside")
    assert "/invite @Ärendebot" in outside.said(words("sv"))


async def test_a_channel_that_is_not_there_is_told(practice: Practice) -> None:
    practice.channel(BYGGLOV).name = "byggen"
    assert await practice.wrong() == ["doctor.channel.unknown"]


async def test_an_archived_channel_is_told(practice: Practice) -> None:
    practice.channel(BYGGLOV).is_archived = True
    assert await practice.wrong() == ["doctor.channel.archived"]


async def test_a_strict_services_open_channel_is_told(practice: Practice) -> None:
    practice.channel(ORO).is_private = False
    assert await practice.wrong() == ["doctor.channel.public"]


async def test_a_guest_in_a_strict_services_channel_is_told(practice: Practice) -> None:
    practice.channel(ORO).members.append("U0GUSTAVGA")
    assert await practice.wrong() == ["doctor.channel.guests"]


async def test_a_shared_channel_of_a_strict_service_is_told(practice: Practice) -> None:
    practice.channel(ORO).is_ext_shared = True
    assert await practice.wrong() == ["doctor.channel.guests"]


@pytest.mark.parametrize("days,key", [(90, "doctor.retention"), (None, "doctor.retention.ever")])
async def test_how_long_a_channel_keeps_what_is_written_is_told(
    practice: Practice, days: int | None, key: str
) -> None:
    practice.channel(BYGGLOV).retention_days = days
    practice.channel(ORO).retention_days = days
    assert (await practice.keys("channels")).count(key) == 2


async def test_where_nobody_may_ask_of_retention_it_is_told_once_where_to_look(practice: Practice) -> None:
    assert (await practice.keys("channels", admin_token="")).count("doctor.retention.nobody") == 1


async def test_a_token_that_may_not_ask_of_retention_is_told_and_is_no_fault(practice: Practice) -> None:
    assert "doctor.retention.unread" in await practice.keys("channels", admin_token="xoxp-another")
    assert await practice.wrong(admin_token="xoxp-another") == []


async def test_an_officer_whom_slack_does_not_know_is_named(practice: Practice) -> None:
    practice.sandbox.stage.workspace.users["U0ANNAANNA"].email = "anna@annan.example"
    signs = (await practice.signs())["officers"]
    assert [sign.key for sign in signs] == ["doctor.officers", "doctor.officer.unknown"]


async def test_an_officer_who_is_a_guest_is_named(practice: Practice) -> None:
    practice.sandbox.stage.workspace.users["U0OTHER000"].is_restricted = True
    assert await practice.wrong() == ["doctor.officer.guest"]


async def test_slacks_pace_is_waited_for_where_there_are_many_officers(practice: Practice) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    practice.sandbox.inject("users.lookupByEmail", "ratelimited", seconds=7)
    assert await practice.wrong(sleep=wait) == []
    assert waited == [7.0]


async def test_a_mail_server_that_does_not_answer_is_told(practice: Practice) -> None:
    assert await practice.wrong(mail=MailClient("smtp://127.0.0.1:9", SENDER)) == ["doctor.mail.down"]


async def test_nothing_is_sent_to_see_whether_mail_can_be(practice: Practice) -> None:
    await practice.signs()
    assert practice.sandbox.mails() == []


async def test_pages_that_someone_else_answers_are_told(practice: Practice) -> None:
    assert await practice.wrong(public_url=practice.sandbox.url) == ["doctor.pages.other"]


async def test_a_database_of_another_version_is_told_and_not_changed(
    practice: Practice, tmp_path: Path
) -> None:
    path = tmp_path / "old.db"
    path.touch()
    empty = Database(f"sqlite:///{path}", KEYS)
    assert await practice.wrong(database=empty) == ["doctor.database.behind"]
    empty.close()
    with sqlite3.connect(path) as old:
        assert old.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_a_database_that_is_not_there_is_not_made(practice: Practice, tmp_path: Path) -> None:
    none = Database(f"sqlite:///{tmp_path / 'none.db'}", KEYS)
    assert "doctor.database.none" in await practice.keys("store", database=none)
    none.close()
    assert not (tmp_path / "none.db").exists()


async def test_a_folder_that_may_not_be_written_in_is_told(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    assert await practice.wrong() == ["doctor.files.shut"]
