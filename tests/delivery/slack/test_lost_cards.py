"""After a restore: the cards in Slack of cases that nobody knows any more."""

from __future__ import annotations

from datetime import timedelta

from bot.clients.slack import Post, SlackClient
from bot.delivery.slack.lost_cards import find_lost_cards, mark_lost_cards
from bot.text import words
from tests.delivery.conftest import BYGGLOV_CHANNEL, ORO_CHANNEL, DeliveryHarness

LOST_CASE = "f" * 32


async def test_cards_of_lost_cases_are_found_and_say_so_and_others_are_left_alone(
    harness: DeliveryHarness,
) -> None:
    since = harness.clock() - timedelta(hours=1)
    await harness.town.submit()
    await harness.worker.drain(10)
    (known,) = harness.list_posts()
    async with SlackClient(harness.sandbox.app.bot_token, harness.sandbox.api_url) as slack:
        for channel, text in ((BYGGLOV_CHANNEL, "Nytt ärende 2026-000777"), (ORO_CHANNEL, "Nytt ärende")):
            post = Post(text=text, blocks=[], case_id=LOST_CASE, intent_id=text)
            await slack.post_message(channel, post)
        found = await find_lost_cards(slack, harness.database, since)
        assert [(one.channel, one.number) for one in found] == [("bygglov", "2026-000777"), ("oro", "")]
        assert await find_lost_cards(slack, harness.database, harness.clock() + timedelta(days=1)) == []
        for _ in range(2):
            await mark_lost_cards(slack, found, words("sv"))
    texts = [one["text"] for one in harness.list_posts()]
    assert texts[0] == known["text"] and "2026-000777 finns inte längre i Ärendebot" in texts[1]
