"""What Slack sends of a message, as the person saw it while writing."""

from __future__ import annotations

import pytest

from bot.blocks.block_kit.mrkdwn import mentioned_ids, unescape


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("<https://lindsjo.example/plan>", "https://lindsjo.example/plan"),
        ("<https://lindsjo.example|planen>", "planen (https://lindsjo.example)"),
        ("<http://lindsjo.example|lindsjo.example>", "http://lindsjo.example"),
        ("<mailto:eva@ek.example|eva@ek.example>", "eva@ek.example"),
        ("<tel:0701234567|070-123 45 67>", "070-123 45 67"),
        ("<@U0ANNA> <@U0BO|bo> <@U0OTHER>", "@Anna Berg @bo @U0OTHER"),
        ("<#C0BYGG|bygglov> <!here> <!subteam^S1|@bygg>", "#bygglov @here @bygg"),
        ("*fet* _kursiv_", "*fet* _kursiv_"),
    ],
)
def test_slacks_signs_are_read(sent: str, written: str) -> None:
    assert unescape(sent, {"U0ANNA": "Anna Berg"}) == written


def test_who_is_mentioned_is_known() -> None:
    assert mentioned_ids("<@U0ANNA> <@U0BO|bo> <#C1> @channel") == ["U0ANNA", "U0BO"]
