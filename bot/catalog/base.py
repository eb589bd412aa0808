"""The building blocks of the catalog's models: strict frozen models, keys, and texts in two languages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from bot.text.mail_addresses import NotAnAddress, read_address

Language = Literal["sv", "en"]

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]


class Model(BaseModel):
    """A part of the catalog: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class Text(Model):
    """One text in both languages; written as a plain string, it is the same in both."""

    sv: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: object) -> object:
        return {"sv": value, "en": value} if isinstance(value, str) else value

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.sv


def _validate_email(address: str) -> str:
    try:
        return read_address(address)
    except NotAnAddress as error:
        raise ValueError(f"is not an e-mail address: {error}") from None


Email = Annotated[str, AfterValidator(_validate_email)]
