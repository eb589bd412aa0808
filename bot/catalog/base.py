"""The building blocks of the catalog's models: strict frozen models, keys, and texts in two languages."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.catalog.faults import FaultError, fault
from bot.text.mail_addresses import LookAlike, NotAnAddress, read_address

Language = Literal["sv", "en"]

KEY_PATTERN, _MAX_KEY = r"^[a-z][a-z0-9_-]*$", 60
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN, max_length=_MAX_KEY)]


def is_key(text: str) -> bool:
    """Whether the text may be a `Key`."""
    return len(text) <= _MAX_KEY and re.fullmatch(KEY_PATTERN, text) is not None


def to_key(text: str) -> str:
    """The text in lower case, its letters without marks (å is a), with _ for spaces. Not always a `Key`."""
    unmarked = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "_".join(unmarked.casefold().split())


class Model(BaseModel):
    """A part of the catalog: frozen, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


def also_allow(
    short: JsonSchemaValue, whole: JsonSchemaValue, handler: GetJsonSchemaHandler
) -> JsonSchemaValue:
    """The JSON Schema of a model that may be written in a short form too; `whole` is that of its mapping."""
    mapping = handler.resolve_ref_schema(whole)
    about: JsonSchemaValue = {key: mapping.pop(key) for key in ("title", "description") if key in mapping}
    both = {**about, "anyOf": [short, dict(mapping)]}
    mapping.clear()
    mapping.update(both)
    return whole


class Text(Model):
    """One text in both languages; written as a plain string, it is the same in both."""

    sv: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    """The text in Swedish."""
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    """The text in English."""

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: object) -> object:
        return {"sv": value, "en": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return also_allow({"type": "string", "minLength": 1}, handler(core_schema), handler)

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.sv


def _validate_email(address: str) -> str:
    try:
        return read_address(address)
    except LookAlike as error:
        raise FaultError(fault("fault.email_sign", sign=error.sign)) from None
    except NotAnAddress:
        raise FaultError(fault("fault.email")) from None


Email = Annotated[str, AfterValidator(_validate_email)]
