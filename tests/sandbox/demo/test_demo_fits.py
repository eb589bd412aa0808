"""The demo fits the sample catalog, and the README its pictures."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.catalog import load
from bot.catalog.answers.validation import validate_answers
from bot.catalog.answers.values import FileRef
from bot.catalog.definition import create_definition
from bot.intake.open_eplatform.document import parse_document
from bot.intake.open_eplatform.xml_tree import parse_file
from sandbox.default_workspace import BOT
from sandbox.demo.plan import API_TOKEN, CATALOG, ROOT
from sandbox.demo.samples import DOCUMENTS, Sample, samples, workspace
from sandbox.payload_schema import Json

DAY = date(2026, 11, 23)
TOWN = load(CATALOG)
WORKSPACE = workspace()
SAMPLES = samples(DAY)


def channels() -> dict[str, Json]:
    return {channel["name"]: channel for channel in WORKSPACE["channels"]}


def test_every_officer_has_a_slack_user_with_that_address() -> None:
    users = {user.get("email") for user in WORKSPACE["users"]}
    assert {officer.email for officer in TOWN.municipality.officers} <= users


def test_every_channel_exists_and_the_bot_is_in_it() -> None:
    for service in TOWN.services.values():
        assert BOT in channels()[service.channel.lstrip("#")]["members"], service.channel


def test_strict_channels_are_private_and_without_guests() -> None:
    guests = {user["id"] for user in WORKSPACE["users"] if user.get("is_restricted") or user.get("team_id")}
    strict = [
        channels()[service.channel.lstrip("#")]
        for service in TOWN.services.values()
        if service.privacy == "strict"
    ]
    assert [channel["name"] for channel in strict] == ["oro-barn"]
    for channel in strict:
        assert channel["is_private"]
        assert not guests.intersection(channel["members"])


def test_the_workspace_also_has_someone_who_may_nothing() -> None:
    assert any(user.get("is_restricted") for user in WORKSPACE["users"])


def test_every_e_service_gets_a_case() -> None:
    by_platform = {service.key for service in TOWN.services.values() if service.record == "open_eplatform"}
    assert {sample.service for sample in SAMPLES} | by_platform == set(TOWN.services)


def test_there_are_about_twenty_five_cases_and_five_come_late() -> None:
    assert 24 <= len(SAMPLES) + len(list(DOCUMENTS.glob("*.xml"))) <= 27
    assert sum(sample.late for sample in SAMPLES) == 5


def test_every_way_in_is_used() -> None:
    assert {sample.door for sample in SAMPLES} == {"form", "api"}
    assert any(sample.anonymous for sample in SAMPLES)
    assert any(sample.protected for sample in SAMPLES)
    assert any(len(sample.people) > 1 for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_a_sample_case_is_answered_rightly(sample: Sample) -> None:
    raw: dict[str, Any] = dict(sample.answers)
    for field, held in sample.files.items():
        raw[field] = [FileRef(str(n), one.name, len(one.content), one.kind) for n, one in enumerate(held)]
    checked = validate_answers(create_definition(TOWN.services[sample.service]), raw, "sv", today=DAY)
    assert not checked.problems
    assert set(checked.by_field()) == set(raw), "an answer to a question that is not asked"


def test_what_comes_by_the_api_may_come_that_way() -> None:
    by_token = {source.token_sha256: source for source in TOWN.municipality.sources}
    source = by_token[hashlib.sha256(API_TOKEN.encode()).hexdigest()]
    assert {sample.service for sample in SAMPLES if sample.door == "api"} <= set(source.services)


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.xml")), ids=lambda path: path.name)
async def test_the_platforms_documents_are_of_e_services_of_ours(path: Path) -> None:
    root = await asyncio.to_thread(parse_file, path, max_file=1_000_000)
    assert TOWN.find_service_by_family("open_eplatform", parse_document(root).family) is not None


def test_the_readmes_pictures_are_there_small_and_described() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"docs/pictures/([\w.]+)", readme)
    described = re.findall(r'!\[(.{20,})\]\(docs/pictures|src="docs/pictures/[^>]*alt="(.{20,}?)"', readme)
    assert sorted(named) == sorted(path.name for path in (ROOT / "docs" / "pictures").iterdir())
    assert len(described) == len(named)
    assert all((ROOT / "docs" / "pictures" / name).stat().st_size < 300_000 for name in named)
