"""An id that a machine sends is taken whole, or refused: it must not look like another one."""

from __future__ import annotations

import unicodedata

import pytest

from bot.text.typed_values import OddSign, find_odd_sign

ODD = {
    **{"x\u202e1": ("202E", 2), "x1\u200f": ("200F", 3), "x1\n": ("000A", 3), "x\x001": ("0000", 2)},
    **{"\ufeffx1": ("FEFF", 1), "x\u200b1": ("200B", 2), "x\u00ad1": ("00AD", 2), "x\u20601": ("2060", 2)},
    **{
        "x\U000e00411": ("E0041", 2),
        "x\u200d1": ("200D", 2),
        "x\ufe0f1": ("FE0F", 2),
        "x\u034f1": ("034F", 2),
    },
    **{
        "x\U000e01001": ("E0100", 2),
        "x\u3164": ("3164", 2),
        "x\u28001": ("2800", 2),
        "x\u00a01": ("00A0", 2),
    },
    **{
        "x\u20091": ("2009", 2),
        " x1": ("0020", 1),
        "x1 ": ("0020", 3),
        "x  1": ("0020", 3),
        "x1\t": ("0009", 3),
    },
    **{"a\u030a1": ("030A", 2), "x\ue0001": ("E000", 2), "x\u180e1": ("180E", 2), "x\u115f1": ("115F", 2)},
    **{"\u212b1": ("212B", 1), "x1\ud800": ("D800", 3), "x\u2028": ("2028", 2), "x\ufff91": ("FFF9", 2)},
}
"""Ids that look like another one; the sign that makes it so, and its position."""


@pytest.mark.parametrize(("odd", "where"), ODD.items())
def test_the_sign_that_makes_an_id_look_like_another_is_named(odd: str, where: tuple[str, int]) -> None:
    assert find_odd_sign(odd) == OddSign(f"U+{where[0]}", where[1])


@pytest.mark.parametrize("seen", ["", "KC-2026/4711", "Ärende 47:b", "√ø_1", "案件4711", "رقم1", "a b c"])
def test_an_id_may_have_every_sign_that_is_seen(seen: str) -> None:
    assert find_odd_sign(seen) is None


def test_every_control_and_format_character_is_odd() -> None:
    unseen = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Cf")]
    assert len(unseen) > 200
    assert [one for one in unseen if find_odd_sign(f"x{one}1") is None] == []
