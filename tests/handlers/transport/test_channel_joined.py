"""The bot is brought into a channel where it was missing."""

from __future__ import annotations

from bot.store import Tx
from bot.store.outbox import claims, deliveries
from sandbox.scenery import BOT
from tests.handlers.office import ANNA, BJORN, BYGGLOV, ELIN, SOCIAL, Office


async def waits(office: Office, trouble: str, service: str = "bygglov") -> None:
    """A case's card was given up for the trouble."""
    await office.submits(service)

    def park(tx: Tx) -> None:
        while (delivery := claims.claim(tx, office.clock())) is not None:
            if delivery.destination.startswith("slack/"):
                claims.park(tx, delivery, trouble)
            else:
                claims.done(tx, delivery)

    await office.service.database.write(park)


async def comes(office: Office, channel: str = BYGGLOV, by: str = ANNA, who: str = BOT) -> None:
    """Someone is invited to the channel."""
    await office.person(by).do("invite", channel=channel, who=who)
    await office.heard()


def leaves(office: Office, channel: str = BYGGLOV, who: str = BOT) -> None:
    office.sandbox.stage.workspace.channels[channel].members.remove(who)


async def parked(office: Office) -> int:
    return len(await office.read(deliveries.parked))


async def is_due(office: Office) -> bool:
    return bool(await office.read(lambda tx: claims.is_due(tx, office.clock())))


async def test_what_waited_for_the_channel_is_sent_again_when_the_bot_comes(any_office: Office) -> None:
    leaves(any_office)
    await waits(any_office, "not_in_channel")
    assert await parked(any_office) == 1
    await comes(any_office)
    assert (await parked(any_office), await is_due(any_office)) == (0, True)


async def test_a_channel_that_was_not_found_is_looked_for_when_it_may_be_again(office: Office) -> None:
    leaves(office)
    await waits(office, "channel_not_found")
    await comes(office)
    assert (await parked(office), await is_due(office)) == (0, False)
    office.clock.pass_(seconds=62)
    assert await is_due(office)


async def test_what_waits_for_another_channel_waits_on(office: Office) -> None:
    leaves(office, SOCIAL)
    await waits(office, "not_in_channel")
    await comes(office, SOCIAL, ELIN)
    assert await parked(office) == 1


async def test_a_colleague_who_comes_changes_nothing(office: Office) -> None:
    leaves(office, who=BJORN)
    await waits(office, "not_in_channel")
    await comes(office, who=BJORN)
    assert await parked(office) == 1
