"""What an applicant is called in sentences: sökande, sökanden, sökandens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApplicantWord:
    """The word in the forms that sentences need, in lower case; `definite` and `genitive` are of one person."""

    indefinite: str
    definite: str
    genitive: str

    @property
    def facts(self) -> dict[str, str]:
        """The forms by the names that the texts have for them; with a capital letter they begin a sentence."""
        forms = {
            "applicant": self.indefinite,
            "the_applicant": self.definite,
            "the_applicants": self.genitive,
        }
        return forms | {_with_capital(name): _with_capital(form) for name, form in forms.items()}


def inflect(word: str, language: str, *, definite: str = "", genitive: str = "") -> ApplicantWord:
    """The word in its forms, of which irregular ones are given."""
    if language == "sv":
        definite = definite or _swedish_definite(word)
        return ApplicantWord(word, definite, genitive or _swedish_genitive(definite))
    definite = definite or f"the {word}"
    return ApplicantWord(word, definite, genitive or _english_genitive(definite))


def _swedish_definite(word: str) -> str:
    """Anmälaren, föräldern, eleven: of words for people, which are of the common gender."""
    return f"{word}n" if word.endswith((*"aeiouyåäö", "er", "el", "or")) else f"{word}en"


def _swedish_genitive(definite: str) -> str:
    return definite if definite.endswith(("s", "x", "z")) else f"{definite}s"


def _english_genitive(definite: str) -> str:
    return f"{definite}’" if definite.endswith("s") else f"{definite}’s"


def _with_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


DEFAULT_APPLICANT_WORDS = {"sv": inflect("sökande", "sv"), "en": inflect("applicant", "en")}
"""Where a sentence is about no case, or about cases of several e-services."""
