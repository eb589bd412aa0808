"""The part of an e-service that is frozen with a case: the questions in the words in which they were asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256

from bot.catalog.base import Model, Text
from bot.catalog.fields import Field
from bot.catalog.services import EService


class Definition(Model):
    """The questions of a case. Stored by its digest, once for all cases with the same questions."""

    service: str
    name: Text
    fields: tuple[Field, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical JSON: sorted, and without defaults, so that a new setting does not change old digests."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: str) -> Definition:
        return cls.model_validate(json.loads(stored))

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)

    def visible_fields(self, answers: Mapping[str, object]) -> tuple[Field, ...]:
        """The fields to show, given the answers so far; the answer of a hidden field shows no other."""
        visible: list[Field] = []
        visible_answers: dict[str, object] = {}
        for field in self.fields:
            if field.shown_if is None or field.shown_if.holds(visible_answers):
                visible.append(field)
                visible_answers[field.key] = answers.get(field.key)
        return tuple(visible)


def create_definition(service: EService) -> Definition:
    return Definition(service=service.key, name=service.name, fields=service.fields)
