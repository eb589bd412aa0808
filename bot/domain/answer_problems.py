"""What is wrong with an answer, in words: the same on the pages, in Slack and in the API."""

from __future__ import annotations

from decimal import Decimal

from bot.catalog.answers.validation import FieldProblem
from bot.catalog.definition import Definition
from bot.catalog.fields import is_sentence
from bot.text import Words


def problem_text(problem: FieldProblem, definition: Definition, words: Words) -> str:
    """Why the answer is invalid; for an unanswered question, the question itself is in the sentence."""
    field = definition.field(problem.field)
    if problem.key != "answer.required" or field is None:
        return words(problem.key, **_facts(problem, words))
    label = field.label.in_(words.language)
    if field.kind in ("choice", "choices", "yes_no"):
        return words("answer.missing.choice", question=label)
    if field.kind == "file":
        return words("answer.missing.file", question=label)
    if label.endswith("?"):
        return words("answer.missing.question", question=label)
    return words(problem.key, label=label)


def _is_quoted(label: str) -> bool:
    """Whether a label is quoted within a sentence: where it is a question, or a sentence of its own."""
    return label.endswith("?") or is_sentence(label)


def _facts(problem: FieldProblem, words: Words) -> dict[str, object]:
    """The facts formatted for a sentence: questions in quotes, numbers as written."""
    facts = {
        name: words.number(fact) if name in ("min", "max") and isinstance(fact, int) else fact
        for name, fact in problem.facts.items()
    }
    if isinstance(few := facts.get("few"), str):
        facts["few"] = few.replace(",", ".").replace(".", words.number(Decimal("0.5"))[1])
    questions = {name: str(facts[name]) for name in ("label", "other") if _is_quoted(str(facts.get(name)))}
    return facts | {name: words("text.quoted", text=question) for name, question in questions.items()}
