"""The bot is brought into a channel where it was missing."""

from __future__ import annotations

from bot.store import Tx
from bot.store.outbox import claims, parking
from sandbox.default_workspace import BOT
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, ELIN, SOCIAL_CHANNEL, SlackHarness


async def park_card(harness: SlackHarness, trouble: str, service: str = "bygglov") -> None:
    """A case's card was given up for the trouble."""
    await harness.submit(service)

    def park(tx: Tx) -> None:
        while (delivery := claims.claim(tx, harness.clock())) is not None:
            if delivery.destination.startswith("slack/"):
                claims.park(tx, delivery, trouble)
            else:
                claims.complete(tx, delivery)

    await harness.service.database.write(park)


async def join_channel(
    harness: SlackHarness, channel: str = BYGGLOV_CHANNEL, by: str = ANNA, who: str = BOT
) -> None:
    """Someone is invited to the channel."""
    await harness.person(by).do("invite", channel=channel, who=who)
    await harness.wait_for_events()


def leave_channel(harness: SlackHarness, channel: str = BYGGLOV_CHANNEL, who: str = BOT) -> None:
    harness.sandbox.shared.workspace.channels[channel].members.remove(who)


async def count_parked(harness: SlackHarness) -> int:
    return len(await harness.read(parking.list_parked))


async def is_due(harness: SlackHarness) -> bool:
    return await harness.read(lambda tx: claims.find_due(tx, harness.clock())) is not None


async def test_what_waited_for_the_channel_is_sent_again_when_the_bot_comes(
    any_harness: SlackHarness,
) -> None:
    leave_channel(any_harness)
    await park_card(any_harness, "not_in_channel")
    assert await count_parked(any_harness) == 1
    await join_channel(any_harness)
    assert (await count_parked(any_harness), await is_due(any_harness)) == (0, True)


async def test_a_channel_that_was_not_found_is_looked_for_when_it_may_be_again(harness: SlackHarness) -> None:
    leave_channel(harness)
    await park_card(harness, "channel_not_found")
    await join_channel(harness)
    assert (await count_parked(harness), await is_due(harness)) == (0, False)
    harness.clock.advance(seconds=62)
    assert await is_due(harness)


async def test_what_waits_for_another_channel_waits_on(harness: SlackHarness) -> None:
    leave_channel(harness, SOCIAL_CHANNEL)
    await park_card(harness, "not_in_channel")
    await join_channel(harness, SOCIAL_CHANNEL, ELIN)
    assert await count_parked(harness) == 1


async def test_a_colleague_who_comes_changes_nothing(harness: SlackHarness) -> None:
    leave_channel(harness, who=BJORN)
    await park_card(harness, "not_in_channel")
    await join_channel(harness, who=BJORN)
    assert await count_parked(harness) == 1
