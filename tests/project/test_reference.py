"""docs/reference says what the program says of itself."""

from __future__ import annotations

import pytest

from tools import reference


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_that_of_this_version(name: str) -> None:
    written = (reference.FOLDER / name).read_text("utf-8")
    assert written == reference.page(name), "make reference writes it anew"
