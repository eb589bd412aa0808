"""docs/handbok is held to the program: it names things as the screen does, and its links and pictures are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "docs" / "handbok"
PAGES = sorted(HANDBOOK.glob("*.md"))
PICTURES = HANDBOOK / "bilder"
APPLICANT = {
    "the_applicant": "sökanden",
    "The_applicant": "Sökanden",
    "applicant": "sökande",
    "Applicant": "Sökande",
}
MAX_PICTURE_BYTES = 120_000


def texts_on_screen() -> Iterator[re.Pattern[str]]:
    """Every Swedish text of the program, with anything for what is filled in; and the names of Slack's shortcuts."""
    for path in (ROOT / "bot" / "text" / "locale" / "sv").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                forms = message.string if isinstance(message.string, tuple) else (message.string,)
                yield from (_pattern(form) for form in forms if len(_fixed_text(form)) > 2)
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    yield from (re.compile(re.escape(one["name"])) for one in manifest["features"]["shortcuts"])


def _fixed_text(text: str) -> str:
    """What of the text is the same whatever is filled in."""
    return re.sub(r"\{(\w+)\}", lambda name: APPLICANT.get(name[1], ""), text)


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    filled = (
        re.escape(part if number % 2 == 0 else APPLICANT[part])
        if number % 2 == 0 or part in APPLICANT
        else ".+"
        for number, part in enumerate(parts)
    )
    return re.compile("".join(filled))


@pytest.fixture(scope="module")
def patterns() -> list[re.Pattern[str]]:
    return list(texts_on_screen())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_in_bold_stands_so_on_the_screen(page: Path, patterns: list[re.Pattern[str]]) -> None:
    bold = re.findall(r"\*\*(.+?)\*\*", page.read_text("utf-8"), re.DOTALL)
    assert [one for one in bold if not any(pattern.fullmatch(one) for pattern in patterns)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_pages_and_pictures_that_there_are(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (HANDBOOK / link.partition("#")[0]).is_file()] == []


def test_every_page_is_in_the_contents() -> None:
    linked = re.findall(r"\]\(([\w-]+\.md)\)", (HANDBOOK / "README.md").read_text("utf-8"))
    assert {page.name for page in PAGES} - set(linked) == {"README.md"}


def test_every_picture_is_shown_described_and_small() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    shown = re.findall(r"!\[(.{20,}?)\]\(bilder/([\w-]+\.webp)\)", text)
    assert sorted({name for _, name in shown}) == sorted(path.name for path in PICTURES.iterdir())
    assert [path.name for path in PICTURES.iterdir() if path.stat().st_size > MAX_PICTURE_BYTES] == []
