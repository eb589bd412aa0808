"""A drawing from the applicant, a plan in return, and a photo that is for colleagues alone."""

from __future__ import annotations

import re

from bot.store.verification import proof
from sandbox.person import upload
from tests.portal.browser import Page
from tests.scenarios.running_program import PDF, RunningProgram

PLAN, PHOTO = PDF + b"% plan", PDF + b"% photo"


def files_on(page: Page) -> list[str]:
    """The addresses of the files that a page leads to, each once."""
    return list(dict.fromkeys(link for link in page.links() if re.search("/fil/[^/]+$", link)))


async def test_files_go_both_ways_and_what_is_for_colleagues_stays_with_them(
    any_program: RunningProgram,
) -> None:
    program = any_program
    eva, anna = program.applicant(), program.officer("anna-berg")
    number = await eva.apply()
    await program.wait_for_card(number)
    await anna.press_on_card(number, "case:take")
    await anna.send_message(number, "Här är planen.", files=[upload("situationsplan.pdf", PLAN)])
    await program.advance_and_deliver(21)
    await anna.wait_for_view_text("1 fil ligger kvar bland dina filer i Slack.")
    await anna.close(all=True)

    page = await eva.follow_mail(await eva.wait_for_mail("Nytt meddelande"))
    (plan,) = files_on(page)
    assert (await eva.browser.get(plan)).answer.content == PLAN
    await eva.reply(page, "Här är ritningen.", uploads=("ritning.pdf",))

    card = program.card(number)
    ts = await anna.say(card["channel"], "", card["ts"], files=[upload("foto.pdf", PHOTO)])
    await anna.wait_until(
        lambda: [
            one
            for one in anna.thread(card["channel"], card["ts"])
            if one["ts"] == ts and one.get("reactions")
        ]
    )

    view = await program.load_case(number)
    assert sorted((line.file.name, line.by, line.part) for line in view.file_lines) == [
        ("foto.pdf", "officer:anna-berg", "notes"),
        ("ritning.pdf", "applicant", "messages"),
        ("situationsplan.pdf", "officer:anna-berg", "messages"),
    ]
    context = await anna.open_case_page(number)
    stored = [
        (await context.get(link)).answer.content
        for link in files_on(await context.get(f"/handlaggare/{number}"))
    ]
    assert sorted(stored) == sorted([PLAN, PDF, PHOTO])
    page = await eva.browser.get(page.url.partition("?")[0])
    given = [(await eva.browser.get(link)).answer.content for link in files_on(page)]
    assert sorted(given) == sorted([PLAN, PDF])
    photo = next(line.file for line in view.file_lines if line.part == "notes")
    assert (await eva.browser.get(f"{plan.rpartition('/')[0]}/{photo.id}")).status == 404
    assert "foto" not in page.text
    assert (await program.app.service.database.read(proof.verify)).ok
