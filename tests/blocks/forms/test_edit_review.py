"""However much an officer changes in a case, the dialog with the changes can be saved."""

from __future__ import annotations

import pytest

from bot.blocks.block_kit.form_errors import MAX_ALERT_LENGTH
from bot.blocks.forms.cases import edit
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.editing import find_changes
from bot.domain.rules import MAX_REASON_LENGTH
from tests.blocks.rendered import assert_within_limits, read_text
from tests.blocks.sample_catalog import CATALOG, SV, make_case


@pytest.mark.parametrize("letter", ["a", "å", "👩", "&"])
@pytest.mark.parametrize("count", [1, 8, 80, 200])
def test_any_number_of_long_changes_fits_with_its_reason_and_an_alert(count: int, letter: str) -> None:
    label, answer = Text(sv=letter * 200, en=letter * 200), letter * 3_000
    fields = tuple(Field(key=f"f{n}", kind="long_text", label=label) for n in range(count))
    service = CATALOG.services["bygglov"]
    definition = Definition(service=service.key, name=service.name, fields=fields)
    before = {one.key: answer for one in fields}
    changes = find_changes(definition, before, dict.fromkeys(before, f"Ny {answer}"))
    view = edit.review_form(make_case(), service, edit.EditReview(definition, changes, True), {}, SV)
    refused = edit.with_alert(view, letter * MAX_ALERT_LENGTH, letter * MAX_REASON_LENGTH)
    for shown in (view, refused):
        assert_within_limits(shown)
        assert {"reason", "notify"} <= {block.get("block_id") for block in shown["blocks"]}
        assert ("120 till" in read_text(shown)) == (count == 200)
