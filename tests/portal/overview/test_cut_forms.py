"""A form of the officers' pages that comes without its fields takes nothing away: it is refused, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.colour import ColourCase
from bot.domain.preferences import Preferences
from bot.domain.protection import SetProtection
from bot.store.officers import flags, preferences
from tests.portal.browser import Browser, Form
from tests.portal.conftest import Portal
from tests.portal.overview.test_many_at_once import choose

CUT = "Formuläret kom inte fram helt"
CHOSEN = Preferences("sv", {"message": "morning"}, "mine", columns=("number", "applicants"), is_quiet=False)


def cut(form: Form, *kept: str) -> Form:
    """The form with its key and the fields that are kept, and nothing else."""
    form.values = [one for one in form.values if one[0] in ("key", "do", *kept)]
    return form


async def load_all(portal: Portal, case_id: str) -> list[Any]:
    """What such a form could take away."""
    officer = portal.officer("anna")
    return [
        (await portal.view_case(case_id)).case,
        await portal.people(case_id),
        await portal.database.read(lambda tx: preferences.load(tx, "anna")),
        await portal.database.read(lambda tx: flags.find_for_case(tx, officer.key, case_id)),
    ]


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("installningar", ()),
        ("{case}/farg", ("was",)),
        ("{case}/flagga", ()),
        ("{case}/skydd", ("reason",)),
        ("{case}/handlaggare", ("reason",)),
        ("{case}/kontakt/1", ("om-name", "reason", "version", "person")),
        ("{case}/ombud", ("om-name", "reason")),
        ("franvaro", ("vem", "first", "last")),
    ],
)
async def test_a_form_without_its_fields_is_refused_and_takes_nothing_away(
    portal: Portal, anna: Browser, case_ids: list[str], page: str, kept: tuple[str, ...]
) -> None:
    case_id, number = case_ids[0], (await portal.view_case(case_ids[0])).case.number
    await portal.service.perform(
        ColourCase(case_id=case_id, colour="red", expected=""), portal.officer("anna")
    )
    await portal.service.perform(
        SetProtection(case_id=case_id, protected=True, reason="Hot"), portal.officer("anna")
    )
    address = f"/handlaggare/{page.format(case=number)}"
    asked = await anna.get(f"/handlaggare/{number}")
    await anna.send(asked.form("/anledning").fill(reason="Handlägger"))
    flagging = (await anna.get(f"/handlaggare/{number}/flagga")).form("/flagga")
    await anna.send(flagging.fill(note="Ring Eva", remind_on=""))
    await portal.database.write(lambda tx: preferences.save(tx, "anna", CHOSEN))
    before = await load_all(portal, case_id)
    form = (await anna.get(address)).form(address.removeprefix("/handlaggare"))
    filled = form.fill(**{"reason": "Rättat", "om_name": "Lo Lind"} if kept else {})
    refused = await anna.send(cut(filled, *kept))
    assert (refused.status, CUT in refused.text) == (400, True), refused.text
    assert await load_all(portal, case_id) == before


async def test_columns_and_actions_on_many_cases_need_their_fields_too(
    portal: Portal, anna: Browser, case_ids: list[str]
) -> None:
    await portal.database.write(lambda tx: preferences.save(tx, "anna", CHOSEN))
    picked = (await anna.get("/handlaggare?lista=all")).form("/val")
    assert (await anna.send(cut(picked), "kolumner:visa")).status == 400
    assert await portal.database.read(lambda tx: preferences.load(tx, "anna")) == CHOSEN
    for action in ("farg", "flagga"):
        form = (await choose(anna, case_ids[:2], action)).form(f"/{action}")
        assert (await anna.send(cut(form, "chosen"))).status == 400, action
