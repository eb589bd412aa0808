"""What looks like a personnummer."""

from __future__ import annotations

import pytest

from bot.text.personnummer import contains_personnummer


@pytest.mark.parametrize(
    "text",
    [
        "19850709-9805",
        "Ring 850709-9805 i morgon",
        "198507099805",
        "8507099805",
        "850709+9805",
        "850709 9805",
        "850709\u20139805",
        "samordningsnummer 850769-9802",
        "850709-1234",
        "utan månad 150088-2392",
        "1500882392",
        "utan dag 701060-2394",
        "(19 850709-9805)",
        "850709\u20119805",
        "850709\ufe639805",
        "850709\u00a09805",
        "8507\u200b099805",
        "٨٥٠٧٠٩-٩٨٠٥",
        "1985-07-09-9805",
        "1985-07-09 9805",
        "1985/07/09-9805",
        "1985.07.09 – 9805",
        "85-07-09-9805",
        "19850709/9805",
        "850709.9805",
        "19850709_9805",
        "850709--9805",
        "Född 850709-\n9805",
        "En lång rad. " * 500 + "850709\u00a0\u2013\u00a09805",
    ],
)
def test_a_personnummer_is_seen_however_it_is_written(text: str) -> None:
    assert contains_personnummer(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-000123",
        "Bygglov 2026-000123 och 2026-000124",
        "556036-0793",
        "070-123 45 67",
        "0701234567",
        "Björken 4:12, 140 kvm",
        "8507099806",
        "851309-9805",
        "850009-9805",
        "850700-9805",
        "2026-11-22 14:03",
        "2026-11-23 1405",
        "bild_2026-11-23-1405.jpg",
        "08-12 14-1234",
        "12.345,67 kr",
        "Faktura 2026.11.23/1405",
        "850709.9806",
        "Diarienummer 12345678901234",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not contains_personnummer(text)
