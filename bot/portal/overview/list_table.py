"""The table of a list: its headings and rows."""

from __future__ import annotations

from typing import Any

from bot.catalog.services import words_for
from bot.domain.due_days import due_days, due_line, first_due
from bot.domain.lists.case_query import CaseQuery, ListColumn
from bot.domain.lists.list_columns import column_text, column_title, sort_of, wait_reason_text
from bot.domain.views import ListedCase
from bot.portal.page_context import PageContext
from bot.text import Words
from bot.text.working_days import local_day


def heading(column: ListColumn, query: CaseQuery, w: Words) -> dict[str, Any]:
    """A column's title, what its button sorts by, and how the list is sorted by it."""
    sort = sort_of(column)
    direction = ("descending" if query.is_descending else "ascending") if sort == query.sort else ""
    turned = {"descending": ":", "ascending": ":1", "": ""}[direction]
    return {
        "column": column,
        "title": column_title(column, w),
        "sort": f"{sort}{turned}" if sort else "",
        "direction": direction,
    }


def row(case: ListedCase, columns: tuple[ListColumn, ...], page: PageContext) -> dict[str, Any]:
    """A case's row: its cells by column, and what is to be noticed about it."""
    service = page.catalog.service(case.service)
    w = words_for(service, page.words)
    status = service.status(case.status) if service is not None else None
    return {
        "case": case,
        "status_kind": status.kind if status is not None else "in_progress",
        "cells": [(column, column_text(case, column, page.catalog, page.words)) for column in columns],
        "why": _reasons(case, columns, w),
        "unread": w("list.unread") if case.is_unread else "",
        "news": w("list.new") if case.news and not case.wait_reasons else "",
        "overdue": _overdue(case, page, w),
    }


def _reasons(case: ListedCase, columns: tuple[ListColumn, ...], w: Words) -> list[str]:
    """Why it waits; in every list that its applicant has asked for a decision.

    That a day has passed is left out where the column of the due day says it.
    """
    reasons = [reason for reason in case.wait_reasons if reason != "overdue" or "due" not in columns]
    if case.is_decision_requested and "requested" not in reasons:
        reasons.append("requested")
    return [wait_reason_text(reason, case, w) for reason in reasons]


def _overdue(case: ListedCase, page: PageContext, w: Words) -> str:
    """The sentence where a due day has passed."""
    today, kind = local_day(page.now), first_due(case)
    day = due_days(case)[kind] if kind is not None else None
    return due_line(kind, day, today, w) if kind is not None and day is not None and day < today else ""
