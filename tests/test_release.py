"""What is released: dependencies that may be shipped with the program."""

from __future__ import annotations

import pytest

from tools.licences import is_fit, list_shipped


def test_everything_that_is_shipped_may_be() -> None:
    shipped = list(list_shipped())
    assert len(shipped) > 50
    assert [one for one in shipped if not is_fit(one.licence)] == []


@pytest.mark.parametrize(
    ("licence", "fit"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("", False),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND AGPL-3.0-only", False),
        ("GPL-2.0-or-later OR MPL-1.1", True),
        ("Proprietary", False),
    ],
)
def test_a_licence_that_is_unknown_or_asks_for_more_is_refused(licence: str, fit: bool) -> None:
    assert is_fit(licence) == fit
