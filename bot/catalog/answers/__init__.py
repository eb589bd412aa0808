"""Answers to the questions of a form: parsed from what came in, validated, and as they are stored."""
