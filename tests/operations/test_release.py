"""What is released: a wheel with all that the program reads, and dependencies that may be shipped with it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot import __version__
from tools.licences import REQUIREMENTS, is_fit, list_shipped
from tools.sbom import make_sbom

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_wheel_holds_each_file_of_the_program_and_nothing_else(tmp_path: Path) -> None:
    """Templates, locale, migrations, fonts and the sample catalog are read from where it is installed."""
    listed = subprocess.run(["git", "ls-files", "bot"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = set(listed.stdout.split("\n")) - {""}
    source = tmp_path / "source"
    for name in (*tracked, "pyproject.toml", "README.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(tmp_path),
    ]
    subprocess.run([*build, str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"arendebot-{__version__}-")
    with zipfile.ZipFile(wheel) as content:
        held = {name for name in content.namelist() if ".dist-info/" not in name}
    assert (tracked - held, held - tracked) == (set(), set())


@pytest.mark.long
def test_the_list_of_what_is_shipped_has_each_package_with_its_hashes_and_licence() -> None:
    made = make_sbom()
    listed = {(one["name"], one["version"]): one for one in made["components"]}
    pins = re.findall(r"^([\w.-]+)==([\w.+-]+)", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    assert set(listed) == set(pins) and made["metadata"]["component"]["version"] == __version__
    for one in listed.values():
        assert all(is_fit(licence["expression"]) for licence in one["licenses"]) and one["licenses"]
        assert any(link.get("hashes") for link in one["externalReferences"])


def test_everything_that_is_shipped_may_be() -> None:
    shipped = list(list_shipped())
    assert len(shipped) > 50
    assert [one for one in shipped if not is_fit(one.licence)] == []


@pytest.mark.parametrize(
    ("licence", "fit"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("", False),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND AGPL-3.0-only", False),
        ("GPL-2.0-or-later OR MPL-1.1", True),
        ("Proprietary", False),
    ],
)
def test_a_licence_that_is_unknown_or_asks_for_more_is_refused(licence: str, fit: bool) -> None:
    assert is_fit(licence) == fit
