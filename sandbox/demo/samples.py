"""Lindsjö: its workspace, and the sample cases: who applies for what, and by which way it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml

from sandbox.default_workspace import app_from_manifest
from sandbox.demo.papers import Paper, paper
from sandbox.demo.plan import CATALOG, ROOT
from sandbox.from_catalog import workspace_of
from sandbox.payload_schema import Json

LINDSJO = Path(__file__).resolve().parents[1] / "lindsjo"
DOCUMENTS = LINDSJO / "open_eplatform"


def workspace(catalog: Path = CATALOG) -> Json:
    """The workspace: people and channels by the catalog, and the app by its own manifest."""
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    return workspace_of(catalog, app_from_manifest(manifest))


def today() -> date:
    """The day it is in Lindsjö."""
    return datetime.now(ZoneInfo("Europe/Stockholm")).date()


@dataclass(frozen=True)
class Sample:
    """One case. `late` ones come when somebody may be watching."""

    key: str
    service: str
    door: Literal["form", "api"] = "form"
    language: str = "sv"
    people: tuple[Json, ...] = ()
    anonymous: bool = False
    protected: bool = False
    answers: Json = field(default_factory=dict)
    files: Mapping[str, tuple[Paper, ...]] = field(default_factory=dict)
    late: bool = False


def samples(day: date) -> list[Sample]:
    """In the order in which they come. Dates in the file are counted from today."""
    data = yaml.safe_load((LINDSJO / "cases.yaml").read_text("utf-8"))
    return [_sample(key, given, day) for key, given in data.items()]


def _sample(key: str, given: Json, day: date) -> Sample:
    answers = {name: _dated(value, day) for name, value in given.pop("answers").items()}
    files = {
        name: tuple(paper(file, text) for file, text in held.items())
        for name, held in given.pop("files", {}).items()
    }
    people = tuple(given.pop("people", ()))
    return Sample(key=key, answers=answers, files=files, people=people, **given)


def _dated(value: Any, day: date) -> Any:
    if isinstance(value, dict) and set(value) == {"days"}:
        return (day + timedelta(days=value["days"])).isoformat()
    return value
