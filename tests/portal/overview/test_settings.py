"""An officer's settings on the officers' pages: the same as in Slack."""

from __future__ import annotations

from typing import Any

from bot.blocks.forms.settings import settings_form
from bot.domain.preference_form import SettingsForm
from bot.domain.preferences import Preferences
from bot.store.officers import preferences
from bot.text import words
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal

ADDRESS = "/handlaggare/installningar"


async def load(portal: Portal, officer: str) -> Preferences:
    return await portal.database.read(lambda tx: preferences.load(tx, officer))


def fields_on_page(page: Page) -> dict[str, list[str]]:
    """The fields of the form with the values that each may have, in their order."""
    fields: dict[str, list[str]] = {}
    for one in page.tree.xpath(f"//form[@action='{ADDRESS}']//*[@name]"):
        values = [str(value) for value in one.xpath("./option/@value")] or [str(one.get("value"))]
        fields.setdefault(str(one.get("name")), []).extend(values)
    return fields


def fields_in_slack(view: dict[str, Any]) -> dict[str, list[str]]:
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    return {one["block_id"]: [value["value"] for value in one["element"]["options"]] for one in inputs}


async def test_the_page_has_the_settings_that_slack_has(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    page = await anna.get(ADDRESS)
    in_slack = settings_form(SettingsForm(await load(portal, "anna")), {}, words("sv"))
    assert fields_on_page(page) == fields_in_slack(in_slack)
    assert list(fields_on_page(page)) == list(fields_in_slack(in_slack))


async def test_what_is_chosen_on_the_page_is_kept_and_said_once_in_the_language_chosen(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    assert ADDRESS in (await anna.get("/handlaggare")).tree.xpath("//nav//a/@href")
    filled = {"language": "en", "place_message": "morning", "place_overdue": "nowhere", "start": "mine"}
    page = await anna.send((await anna.get(ADDRESS)).form(ADDRESS).fill(**filled, day="on", quiet=[]))
    assert "Your settings are saved." in page.text
    assert await load(portal, "anna") == Preferences(
        "en", {"message": "morning", "overdue": "nowhere"}, "mine", is_quiet=False, wants_day=True
    )
    page = await anna.get(ADDRESS)
    assert "Your settings are saved." not in page.text
    assert page.tree.xpath("//select[@name='place_message']/option[@selected]/@value") == ["morning"]
    assert await load(portal, "bo") == Preferences(), "one's own only"


async def test_settings_leave_the_columns_as_they_are_and_start_with_no_view_that_is_no_more(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    before = Preferences(columns=("number", "applicants"))
    await portal.database.write(lambda tx: preferences.save(tx, "anna", before))
    page = await anna.send((await anna.get(ADDRESS)).form(ADDRESS).fill(start="view/" + "a" * 32))
    assert page.status == 409 and await load(portal, "anna") == before
    await anna.send((await anna.get(ADDRESS)).form(ADDRESS).fill(start="mine"))
    assert (await load(portal, "anna")).columns == before.columns
