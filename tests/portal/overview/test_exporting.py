"""An officer exports cases from the overview, and gets a file that only they can download."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from bot.catalog.definition import create_definition
from bot.domain.assignment import TakeCase
from bot.domain.lists.batches import TakeCases
from bot.domain.protection import SetProtection
from bot.domain.submission import Answers, SubmitCase
from bot.jobs.dependencies import JobDependencies
from bot.jobs.sweeping import remove_exported_files
from bot.store.log import readings
from bot.text.working_days import local_day
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

Export = Callable[..., Awaitable[Page]]


async def export(portal: Portal, officer: Browser, **choices: str) -> Page:
    """Export all cases of a list, and come to the page with the finished file."""
    return await finish(portal, officer, await prepare(officer, **choices))


async def finish(portal: Portal, officer: Browser, page: Page) -> Page:
    page = await officer.send(page.form("/bekrafta"))
    while await portal.deps.batches.run_next():
        pass
    return await officer.get(page.url)


async def prepare(officer: Browser, action: str = "exportera", **choices: str | list[str]) -> Page:
    page = await officer.get("/handlaggare?lista=all")
    page = await officer.send(page.form("/val").fill(do="alla:"))
    page = await officer.send(page.form("/val").fill(do=f"gor:{action}"))
    return await officer.send(page.form(f"/{action}").fill(**choices))


async def download(officer: Browser, page: Page) -> bytes:
    response = await officer.client.post(
        page.form("/fil").action,
        data=dict(page.form("/fil").values),
        headers={"sec-fetch-site": "same-origin"},
    )
    assert response.status_code == 200, response.status_code
    assert response.headers["content-disposition"].startswith("attachment")
    return response.content


def read_sheet(content: bytes, name: str) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(content))[name].iter_rows(values_only=True))


async def test_the_lists_cases_are_in_the_file_in_its_order_with_its_columns(
    portal: Portal, anna: Browser
) -> None:
    content = await download(anna, await export(portal, anna))
    header, *rows = read_sheet(content, "Ärenden")
    assert header[:3] == ("Ärendenummer", "E-tjänst", "Status")
    assert [row[0] for row in rows] == ["2026-000003", "2026-000002", "2026-000001"]
    assert isinstance(rows[0][header.index("Inkom")], datetime)
    about = dict(read_sheet(content, "Om exporten"))
    assert about["Antal ärenden"] == 3 and about["Av"] == "Anna Berg"
    assert about["Urval"] == "Alla ärenden"


async def test_a_letter_that_was_registered_later_came_on_a_day_without_a_time(
    portal: Portal, anna: Browser
) -> None:
    form = create_definition(portal.service.catalog.services["altan"])
    arrived = local_day(portal.clock()) - timedelta(days=7)
    command = SubmitCase(
        service="altan",
        answers=Answers(definition=form.digest, values={"vad": "En altan"}),
        people=(),
        origin="letter",
        arrived_on=arrived,
    )
    await portal.service.open_case(command, portal.officer("anna"), form)
    content = await download(anna, await export(portal, anna, format="csv"))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert arrived.isoformat() in [row["Inkom"] for row in rows]


async def test_answers_are_columns_with_values_of_their_kinds(portal: Portal, anna: Browser) -> None:
    content = await download(anna, await export(portal, anna, answers="1"))
    header, first, *_ = read_sheet(content, "Ärenden")
    row = dict(zip(header, first, strict=True))
    view = await portal.view_case((await portal.list_cases())[0].id)
    assert row["Vad vill du bygga?"] == view.answers["vad"]
    assert "Berätta mer" in header and dict(read_sheet(content, "Om exporten"))["Svar från"]


async def test_a_csv_file_has_the_same_rows(portal: Portal, anna: Browser) -> None:
    content = await download(anna, await export(portal, anna, format="csv"))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[0] for row in rows] == ["Ärendenummer", "2026-000003", "2026-000002", "2026-000001"]


async def test_a_link_from_slack_leads_its_officer_to_the_file(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await export(portal, anna)
    listed = await anna.get("/handlaggare/andringar")
    assert any("Exportera till Excel/CSV: filen" in one for one in listed.tree.xpath("//li/a/text()"))
    (way_back,) = listed.tree.xpath("//p[@class='back']/a/@href")
    assert "/lista/" in way_back
    assert listed.tree.xpath("//nav//a[@aria-current]/text()") == ["Ärenden"]
    batch_id = page.url.rpartition("/")[2].partition("?")[0]
    browser, opened = await enters(portal, batch_id)
    assert opened.status == 200 and (await download(browser, opened))[:2] == b"PK"
    _, others = await enters(portal, batch_id, "bo")
    assert others.status == 404


async def test_a_link_works_once_and_the_page_gives_another(portal: Portal, anna: Browser) -> None:
    page = await export(portal, anna)
    await download(anna, page)
    again = await anna.send(page.form("/fil"))
    assert again.status == 409 and "redan hämtats" in again.text
    assert "Bara du kan hämta den, så många gånger du behöver till" in page.text
    assert (await download(anna, again))[:2] == b"PK"


async def test_of_two_presses_at_once_one_gets_the_file(portal: Portal, anna: Browser) -> None:
    form = (await export(portal, anna)).form("/fil")
    values, same_origin = dict(form.values), {"sec-fetch-site": "same-origin"}
    post = partial(anna.client.post, form.action, data=values, headers=same_origin, follow_redirects=True)
    answers = await asyncio.gather(*(post() for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]


async def test_only_its_officer_gets_the_file(portal: Portal, anna: Browser, case_ids: list[str]) -> None:
    page = await export(portal, anna)
    other, _ = await enters(portal, case_ids[0], "bo")
    assert (await other.get(page.url)).status == 404
    form = page.form("/fil")
    for browser, expected in ((other, 404), (portal.browser(), 401)):
        answer = await browser.client.post(
            form.action, data=dict(form.values), headers={"sec-fetch-site": "same-origin"}
        )
        assert answer.status_code == expected


async def test_a_protected_case_is_left_out_and_counted(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await protect(portal, case_ids[1])
    page = await prepare(anna)
    assert "skyddade personuppgifter" in page.text
    content = await download(anna, await export(portal, anna))
    assert [row[0] for row in read_sheet(content, "Ärenden")][1:] == ["2026-000003", "2026-000001"]
    left_out = dict(read_sheet(content, "Om exporten"))["1 ärende är inte med"]
    assert "skyddade personuppgifter" in left_out


async def protect(portal: Portal, case_id: str) -> None:
    await portal.service.perform(
        SetProtection(case_id=case_id, protected=True, reason="Sekretess"), portal.officer("anna")
    )


async def test_a_case_that_is_protected_after_the_export_keeps_the_file_from_everyone(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await export(portal, anna)
    await protect(portal, case_ids[1])
    refused = await anna.send(page.form("/fil"))
    assert refused.status == 403 and "inte längre får exportera" in refused.text


async def test_each_exported_case_has_a_reading(portal: Portal, anna: Browser, case_ids: list[str]) -> None:
    await export(portal, anna, answers="1")
    for case_id in case_ids:
        found = await portal.database.read(partial(readings.list_for_case, case_id=case_id))
        assert [part for _, by, part in found if by == "officer:anna"].count("exported_answers") == 1


async def test_the_cases_of_a_change_are_exported_with_their_outcomes_and_the_reasons(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.service.perform(TakeCase(case_id=case_ids[1]), portal.officer("bo"))
    action, anna_berg = TakeCases(), portal.officer("anna")
    await portal.deps.batches.begin(anna_berg, action, case_ids, batch_id="a" * 32)
    await portal.deps.batches.run_next()
    page = await anna.get(f"/handlaggare/andringar/{'a' * 32}")
    every = await anna.send(page.form("/exportera"))
    await portal.deps.batches.run_next()
    header, *rows = read_sheet(await download(anna, await anna.get(every.url)), "Ärenden")
    outcomes = {row[0]: row[header.index("Utfall")] for row in rows}
    assert outcomes == {
        "2026-000001": "Klart",
        "2026-000002": "Hoppades över",
        "2026-000003": "Klart",
    }
    page = await anna.send(page.form("/exportera"), "skipped")
    await portal.deps.batches.run_next()
    content = await download(anna, await anna.get(page.url))
    header, *rows = read_sheet(content, "Ärenden")
    assert [row[0] for row in rows] == ["2026-000002"]
    assert "Bo" in str(rows[0][header.index("Varför")])
    assert dict(read_sheet(content, "Om exporten"))["Urval"] == "Hoppades över: Ta ärenden"


async def test_after_24_hours_the_file_and_its_row_are_gone(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await export(portal, anna)
    (file,) = (portal.deps.files.root / "exports" / "finished").iterdir()
    portal.clock.advance(hours=25)
    await sweep(portal)
    assert not file.exists()
    officer, _ = await enters(portal, case_ids[0])
    gone = await officer.get(page.url)
    assert "Filen är borttagen" in gone.text and not gone.tree.xpath("//form[contains(@action, '/fil')]")


async def sweep(portal: Portal) -> None:
    files: Any = portal.deps.files
    await remove_exported_files(JobDependencies(portal.service, files, files.root, None))  # type: ignore[arg-type]


async def test_summaries_of_a_list_come_in_one_file_with_what_is_chosen(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await protect(portal, case_ids[1])
    page = await prepare(anna, "akter", language="en")
    assert "2 av 3 ärenden kommer med i filen." in page.text and "skyddade personuppgifter" in page.text
    page = await finish(portal, anna, page)
    with ZipFile(io.BytesIO(await download(anna, page))) as archive:
        assert archive.namelist() == [
            "Summary 2026-000003.pdf",
            "Summary 2026-000001.pdf",
            "About the export.txt",
        ]
        about = archive.read("About the export.txt").decode()
    assert "messages" in about and "notes" not in about
    again = await anna.send(page.form("/fil"))
    assert again.status == 409


async def test_a_file_of_summaries_without_any_part_is_not_made_and_what_was_chosen_is_kept(
    portal: Portal, anna: Browser
) -> None:
    parts: dict[str, list[str]] = {f"part_{part}": [] for part in ("answers", "messages", "files")}
    page = await prepare(anna, "akter", content="case_file", **parts)
    assert page.status == 422 and "Välj minst en del." in page.text
    form = page.form("/akter")
    assert (form.value("content"), form.value("part_answers")) == ("case_file", "")


async def test_a_file_of_more_case_files_than_a_night_makes_is_refused_before_it_is_begun(
    portal: Portal, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.domain.lists.batch_forms.export_forms.MAX_CASE_FILES", 2)
    page = await prepare(anna, "akter")
    assert page.status == 422 and "Högst 2 ärenden ryms i en fil." in page.text
