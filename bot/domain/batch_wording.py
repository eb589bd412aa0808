"""The state of a batch in words."""

from __future__ import annotations

from bot.domain.batches import BatchProgress
from bot.text import Words


def batch_sentence(batch: BatchProgress, words: Words) -> str:
    """The batch's state: "Färgmarkera: 200 av 500 ärenden är klara."."""
    facts = {
        "what": words(f"batches.{batch.action.kind}"),
        "n": batch.done,
        "all": words.number(batch.total),
    }
    sentence = "batches.exported" if batch.has_file else f"batches.is.{batch.state}"
    sentences = [words(sentence, **facts)]
    if batch.skipped:
        sentences.append(words("batches.skipped", n=batch.skipped))
    return " ".join(sentences)
