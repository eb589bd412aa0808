"""The forms that make files of many cases: a table, or summaries and case files."""

from __future__ import annotations

from bot.domain.lists.batch_forms.chosen_cases import describe_chosen_query
from bot.domain.lists.batch_forms.form_fields import FieldOption, FormField
from bot.domain.lists.batch_forms.form_reading import FormContext, FormReading
from bot.domain.lists.batches import (
    MAX_CASE_FILES,
    BatchAction,
    ExportCaseFiles,
    ExportCases,
)
from bot.domain.summary import DEFAULT_PARTS, SUMMARY_PARTS, SummaryPart
from bot.text import LANGUAGES, Words


def export_fields(context: FormContext) -> tuple[FormField, ...]:
    """The fields; answers as columns are offered for cases of one e-service."""
    w, service = context.words, context.catalog.service(context.chosen.single_service)
    formats = (FieldOption("xlsx", w("page.export.xlsx")), FieldOption("csv", w("page.export.csv")))
    file_format = FormField(
        "format", "radio", w("page.export.format"), is_required=True, options=formats, initial="xlsx"
    )
    if service is None:
        return (file_format,)
    help = w("page.export.answers.help", service=service.name.in_(w.language))
    return file_format, FormField("answers", "check", w("page.export.answers"), help)


def read_export(reading: FormReading) -> BatchAction:
    """The action, with the columns of the list."""
    context, query = reading.context, reading.context.chosen.query
    return ExportCases(
        file_format="csv" if reading["format"] == "csv" else "xlsx",
        columns=query.columns,
        answers_of=context.chosen.single_service if reading["answers"] == "1" else "",
        query=describe_chosen_query(context.chosen, context.catalog, context.words),
        language=context.words.language,
    )


def export_values(action: ExportCases) -> dict[str, str]:
    """What the form was filled in with."""
    return {"format": action.file_format, "answers": "1" if action.answers_of else ""}


def case_file_fields(context: FormContext) -> tuple[FormField, ...]:
    """The fields of summaries and case files."""
    w = context.words
    contents = (
        FieldOption("summary", w("casefiles.summary")),
        FieldOption("case_file", w("casefiles.case_file"), w("casefiles.case_file.help")),
    )
    languages = tuple(FieldOption(one, w(f"language.{one}")) for one in LANGUAGES)
    return (
        FormField(
            "content", "radio", w("casefiles.content"), is_required=True, options=contents, initial="summary"
        ),
        *(_part_field(part, w) for part in SUMMARY_PARTS),
        FormField(
            "language",
            "menu",
            w("casefiles.language"),
            is_required=True,
            options=languages,
            initial=context.words.language,
        ),
    )


def read_case_files(reading: FormReading) -> BatchAction:
    """The action; a problem where the cases are too many, or nothing is to be in the file."""
    context = reading.context
    if context.chosen.number > MAX_CASE_FILES:
        reading.add_problem("content", "casefiles.toomany", n=MAX_CASE_FILES)
    parts = tuple(part for part in SUMMARY_PARTS if reading[f"part_{part}"] == "1")
    if not parts:
        reading.add_problem("part_answers", "casefiles.nothing")
    return ExportCaseFiles(
        content="case_file" if reading["content"] == "case_file" else "summary",
        parts=parts,
        query=describe_chosen_query(context.chosen, context.catalog, context.words),
        language="en" if reading["language"] == "en" else "sv",
    )


def case_file_values(action: ExportCaseFiles) -> dict[str, str]:
    """What the form was filled in with."""
    parts = {f"part_{part}": "1" for part in action.parts}
    return {"content": action.content, "language": action.language} | parts


def _part_field(part: SummaryPart, w: Words) -> FormField:
    label = w("casefiles.part", part=w(f"summary.part.{part}"))
    return FormField(f"part_{part}", "check", label, initial="1" if part in DEFAULT_PARTS else None)
