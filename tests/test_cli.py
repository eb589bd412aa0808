"""The command line as a person at a terminal meets it: what it prints, and how it ends."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import BAD_CALL, WRONG
from bot.settings import LIKE
from tests.conftest import SAMPLE
from tests.intake.documents import case, encoded, question, value

ROOT = Path(__file__).parent.parent
Ended = subprocess.CompletedProcess[str]
Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, migrated_sqlite: Path) -> Run:
    """Runs `python -m bot`, a process of its own, over a store of its own."""
    (tmp_path / "case.db").write_bytes(migrated_sqlite.read_bytes())
    outside = {name: value for name, value in os.environ.items() if name.lower() not in LIKE}
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'case.db'}",
        "FILES_DIR": str(tmp_path / "files"),
        "CATALOG": str(SAMPLE),
        "SECRET_KEY": "k" * 40,
        "PYTHONPATH": str(ROOT),
    }

    def run(*words: str, **more: str) -> Ended:
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env={**outside, **settings, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def document(tmp_path: Path) -> str:
    """A case from Open ePlatform, as a file."""
    path = tmp_path / "1001.xml"
    path.write_bytes(encoded(case(question(1, "Vad gäller det?", value("En fråga")))))
    return str(path)


def test_an_import_of_something_that_is_no_case_ends_badly_and_is_listed(
    run: Run, document: str, tmp_path: Path
) -> None:
    (tmp_path / "odd.xml").write_text("<Annat/>")
    ended = run("import", document, str(tmp_path / "odd.xml"))
    listed = run("import", "--failed")
    assert ended.returncode == listed.returncode == WRONG
    assert ended.stdout.startswith("1 ärenden öppnade, 0 fanns redan, 1 gick inte att öppna.")
    assert "odd.xml: Filen är inte ett ärende" in listed.stdout


def test_an_import_that_opens_everything_ends_well_and_leaves_nothing_in_the_list(
    run: Run, document: str
) -> None:
    ended, listed = run("import", document), run("import", "--failed")
    assert ended.returncode == listed.returncode == 0
    assert listed.stdout.strip() == "Inget väntar på att rättas."


def test_a_whole_log_is_proved_and_it_is_told_what_it_was_compared_with(run: Run) -> None:
    alone = run("log", "verify")
    run("log", "checkpoint")
    compared = run("log", "verify")
    assert alone.returncode == compared.returncode == 0
    assert "0 ärenden och 0 händelser granskade, 0 fel." in compared.stdout
    assert "Det finns ingen kontrollpunkt" in alone.stdout
    assert "Historiken är jämförd med kontrollpunkten" in compared.stdout


def test_a_log_that_was_tampered_with_ends_badly_and_names_the_case(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    with sqlite3.connect(tmp_path / "case.db") as database:
        database.execute("UPDATE \"case\" SET status = 'avslutat'")
    ended = run("log", "verify")
    assert ended.returncode == WRONG
    assert "-000001: " in ended.stdout


def test_what_a_person_can_mend_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "municipality.yaml").write_text("namn: Lindsjö\n")
    setting = run("log", "verify", SECRET_KEY="kort")
    catalog = run("catalog", "check", str(tmp_path / "catalog"))
    assert setting.returncode == BAD_CALL
    assert setting.stderr.startswith("SECRET_KEY is too short; it looks like")
    assert catalog.returncode == WRONG
    assert "municipality.yaml:1" in catalog.stderr
    assert "Traceback" not in setting.stderr + catalog.stderr
