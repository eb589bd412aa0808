"""Whoever writes an e-service sees at once what officers and applicants will see of it, without starting anything."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.catalog import Catalog, create_definition, validate_answers
from bot.preview.app import HOST, Preview
from bot.preview.example import example_answers
from bot.preview.slack_text import mrkdwn
from tests.conftest import SAMPLE

TODAY = date(2026, 11, 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample town's catalog, to be changed."""
    return shutil.copytree(SAMPLE, tmp_path / "catalog")


@pytest.fixture
def preview(folder: Path, tmp_path: Path) -> Iterator[Preview]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    preview = Preview(folder, "bygglov", scratch)
    yield preview
    preview.database.close()


@pytest_asyncio.fixture
async def browser(preview: Preview) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(preview.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}:8010") as client:
        yield client


def sheets(page: httpx.Response, kind: str) -> list[str]:
    """The text of the card or modal in Swedish and in English."""
    found = re.findall(
        f'<section lang="(?:sv|en)" class="sheet {kind}">(.*?)</section>', page.text, re.DOTALL
    )
    return [" ".join(unescape(re.sub("<[^>]+>", " ", one)).split()) for one in found]


async def test_an_e_service_is_drawn_with_an_example_in_both_languages_again_and_again(
    browser: httpx.AsyncClient,
) -> None:
    await browser.get("/")
    page = await browser.get("/")
    assert page.status_code == 200
    (swedish_card, english_card), (swedish, english) = sheets(page, "card"), sheets(page, "modal")
    assert "Ansökan om bygglov" in swedish_card and "Ta ärendet" in swedish_card
    assert "Application for a building permit" in english_card and "Submitted" in english_card
    assert "Eva Exempel" not in swedish_card  # as in Slack
    assert "Verktyg" in swedish and "Tools" in english
    assert page.text.count('<div class="sheet mail') == 10  # five mails in each language


async def test_the_form_is_the_applicants_own_filled_in_with_the_example(browser: httpx.AsyncClient) -> None:
    for language, sentence in (
        ("sv", "Ett exempel på ett längre svar"),
        ("en", "An example of a longer answer"),
    ):
        form = await browser.get(f"/formular/{language}")
        assert form.status_code == 200
        assert f'<html lang="{language}"' in form.text
        assert 'value="Eva Exempel"' in form.text and sentence in form.text
        assert 'role="alert"' not in form.text  # nothing about a form that has expired
        assert "frame-ancestors 'self'" in form.headers["content-security-policy"]


async def test_a_fault_is_shown_in_the_page_until_it_is_mended(
    browser: httpx.AsyncClient, folder: Path
) -> None:
    path = folder / "services" / "bygglov.yaml"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("privacy: standard", "privacy: <b>hemlig</b>"), encoding="utf-8")
    faulty = await browser.get("/")
    assert faulty.status_code == 422 and sheets(faulty, "card") == []
    assert "privacy: måste vara standard eller strict" in faulty.text
    path.write_text(right.replace("sv: Ansökan om bygglov", "sv: Lov <i>att</i> bygga"), encoding="utf-8")
    mended = await browser.get("/")
    assert "Lov <i>att</i> bygga" in sheets(mended, "card")[0] and "<i>att" not in mended.text


async def test_every_e_service_of_the_sample_town_can_be_previewed(
    browser: httpx.AsyncClient, preview: Preview, catalog: Catalog
) -> None:
    for key, service in catalog.services.items():
        preview.key = key
        page = await browser.get("/")
        assert page.status_code == 200 and len(sheets(page, "card")) == len(sheets(page, "modal")) == 2, key
        form = await browser.get("/formular/sv")
        assert form.status_code == (200 if service.is_published else 404), key


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_example_answers_all_but_files_and_what_has_a_pattern_of_its_own(
    catalog: Catalog, language: str
) -> None:
    for service in catalog.services.values():
        answers = example_answers(service, language, TODAY)
        found = validate_answers(create_definition(service), answers, language, today=TODAY)
        own = {field.key for field in service.fields if field.kind == "file" or field.pattern}
        assert [one for one in found.problems if one.field not in own] == [], service.key


async def test_an_e_service_that_is_not_there_is_told_with_those_that_are(
    browser: httpx.AsyncClient, preview: Preview
) -> None:
    preview.key = "bygglovet"
    page = await browser.get("/")
    assert (
        page.status_code == 404
        and "Det finns ingen e-tjänst bygglovet" in page.text
        and "forskola" in page.text
    )


async def test_another_site_whose_name_leads_here_is_shown_nothing(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/", headers={"host": "evil.example"})).status_code == 400


def test_slack_text_is_drawn_as_slack_does_and_nothing_in_it_runs() -> None:
    assert mrkdwn("*Status*\nA &lt;b&gt;") == "<strong>Status</strong><br>A &lt;b&gt;"
    assert mrkdwn('<https://x.example|Läs "mer"> <script>') == "<u>Läs &quot;mer&quot;</u> <u>script</u>"
