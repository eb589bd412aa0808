"""What is offered while one types a name, where there are five thousand officers."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import urlencode

from bench.presses import answered, press, session
from bench.processes import CATALOG
from bench.searching import FIRST_NAMES, LAST_NAMES
from bench.visible import ANSWERS
from bot.blocks.forms.fields import MAX_OPTIONS
from sandbox.default_workspace import TEAM
from sandbox.from_catalog import slack_id

OFFICERS = 5_000
OFFICER = "  - {{key: bench-{n}, name: {name}, email: bench-{n}@lindsjo.example, unit: Bänken}}\n"
MEMBERS = "members: [asa-nordstrom, jose-fernandez, fatima-al-hassan"
"""The group that has the e-service's cases."""
USER = slack_id("U", "asa-nordstrom")
TYPED = (
    "",
    "a",
    "an",
    "anna",
    "anna b",
    "berg",
    "åke",
    "ström",
    "handläggare",
    "lindqvist 4",
    "4999",
    "ö",
    "xyz",
)
TIMES = 20
_triggers = itertools.count(1)


def catalog(folder: Path) -> Path:
    """The sample's catalog with so many officers more, who may have the same cases."""
    shutil.copytree(CATALOG, folder)
    file, dice = folder / "municipality.yaml", random.Random(7)
    firsts, lasts = FIRST_NAMES.split(), LAST_NAMES.split()
    officers = "".join(
        OFFICER.format(n=n, name=f"{dice.choice(firsts)} {dice.choice(lasts)} {n}") for n in range(OFFICERS)
    )
    members = ", ".join(f"bench-{n}" for n in range(OFFICERS))
    municipality = file.read_text().replace("\nofficers:\n", f"\nofficers:\n{officers}")
    file.write_text(municipality.replace(f"{MEMBERS}]", f"{MEMBERS}, {members}]"))
    return folder


async def case(url: str, database: Path) -> str:
    """The id of a case whose officers are to be changed, and to which many can be."""
    sent = {
        "service": "felanmalan-gata-park",
        "external_id": "bench-many",
        "people": [{"name": "Siv Prov", "email": "siv@prov.example"}],
        "answers": ANSWERS,
    }
    headers = {"Authorization": "Bearer demo-token-lindsjo"}
    async with (
        session() as http,
        http.post(f"{url}/api/v1/cases", json=sent, headers=headers) as answer,
    ):
        assert answer.status == 201, await answer.text()
        with sqlite3.connect(database) as connection:
            case_id = str(connection.execute('SELECT id FROM "case"').fetchone()[0])
        data = json.loads(await answered(http, url, body(case_id, "berg")))
        assert sum(len(group["options"]) for group in data["option_groups"]) == MAX_OPTIONS
        return case_id


def body(case_id: str, typed: str) -> bytes:
    """What Slack sends at a keystroke in the dialog."""
    number = next(_triggers)
    view = {
        "id": "V0BENCH",
        "type": "modal",
        "callback_id": "case:officers:submit",
        "private_metadata": json.dumps({"case": case_id, "seq": 1}),
        "blocks": [],
        "hash": "1.a",
        "state": {"values": {}},
    }
    payload = {
        "type": "block_suggestion",
        "user": {"id": USER, "username": "bench", "name": "bench", "team_id": TEAM},
        "api_app_id": "A0BENCH",
        "token": "verification",
        "container": {"type": "view", "view_id": "V0BENCH"},
        "trigger_id": f"{number}.2.bench",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "view": view,
        "action_id": "holders",
        "block_id": "holders",
        "value": typed,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def send_serially(url: str, case_id: str) -> list[float]:
    """Seconds for each keystroke's answer, one after another."""
    async with session() as http:
        return [await press(http, url, body(case_id, typed)) for _ in range(TIMES) for typed in TYPED]
